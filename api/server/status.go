package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"gopkg.in/yaml.v3"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

func (s *Server) nodeRoutes() []route {
	return []route{
		{http.MethodGet, api.RouteNodes, s.nodes},
		{http.MethodGet, api.RouteStatus, s.status},
		{http.MethodGet, api.RouteHealth, s.health},
		{http.MethodGet, api.RouteReady, s.ready},
		{http.MethodGet, api.RouteOpenAPI, s.describe},
	}
}

func (s *Server) nodes(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.Nodes(r.Context())
	if err != nil {
		return err
	}
	if list == nil {
		list = []api.Node{}
	}
	return s.answer(w, http.StatusOK, api.NodeList{Nodes: list})
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) error {
	return s.answer(w, http.StatusOK, s.Node.Self())
}

func (s *Server) compatStatus(w http.ResponseWriter, _ *http.Request) error {
	return s.answer(w, http.StatusOK, s.Node.Status())
}

// health says that the process lives.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	return s.answer(w, http.StatusOK, api.Health{Status: "ok"})
}

// ready says whether the node can serve calls. Whatever keeps it from that, it
// is not available.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	err := s.Node.Ready(r.Context())
	if err == nil {
		return s.answer(w, http.StatusOK, api.Health{Status: "ready"})
	}
	if errors.Is(err, fault.Unavailable) {
		return err
	}
	return fault.New(fault.Unavailable, "not_ready", "%s", fault.From(err).Detail)
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) error {
	s.write(w, http.StatusOK, api.TypeJSON, s.openAPI)
	return nil
}

// openAPI turns the description of the interface from YAML into JSON.
func openAPI(source []byte) ([]byte, error) {
	var document any
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, fmt.Errorf("reading openapi.yaml: %w", err)
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("coding openapi.yaml as JSON: %w", err)
	}
	return text, nil
}
