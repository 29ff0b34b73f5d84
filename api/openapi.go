package api

import _ "embed"

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the description of the interface, in YAML. It must not be
// changed.
func OpenAPI() []byte { return openAPI }

// Health is the answer of GET /healthz and GET /readyz.
type Health struct {
	Status string `json:"status"`
}
