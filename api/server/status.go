package server

import (
	"errors"
	"net/http"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag/source"
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

// describe serves the description of the interface, which is read when somebody
// first asks for it.
func (s *Server) describe(w http.ResponseWriter, _ *http.Request) error {
	text, err := s.openAPI()
	if err != nil {
		return err
	}
	s.write(w, http.StatusOK, api.TypeJSON, text)
	return nil
}

// openAPI turns the description of the interface from YAML into JSON.
func openAPI() ([]byte, error) {
	report := source.Parse("openapi", string(api.OpenAPI()))
	if err := report.Fault(); err != nil {
		return nil, fault.New(fault.Internal, "unreadable_description", "reading openapi.yaml: %w", err)
	}
	return report.Document.Root.Value().Bytes(), nil
}
