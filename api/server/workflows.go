package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

func (s *Server) workflowRoutes() []route {
	return []route{
		{http.MethodGet, api.RouteWorkflows, s.listWorkflows},
		{http.MethodPost, api.RouteWorkflows, s.createWorkflow},
		{http.MethodGet, api.RouteWorkflow, s.getWorkflow},
		{http.MethodPut, api.RouteWorkflow, s.putWorkflow},
		{http.MethodDelete, api.RouteWorkflow, s.deleteWorkflow},
		{http.MethodPost, api.RouteWorkflowExecutions, s.startWorkflow},
		{http.MethodPost, api.RouteTestState, s.testState},
	}
}

func (s *Server) listWorkflows(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	list, err := s.Store.Workflows(r.Context(), functions.DefaultNamespace)
	if err != nil {
		return err
	}
	out := api.WorkflowList{Workflows: make([]api.Workflow, 0, len(list))}
	for _, flow := range list {
		out.Workflows = append(out.Workflows, wireWorkflow(flow))
	}
	return s.answer(w, http.StatusOK, out)
}

func (s *Server) createWorkflow(w http.ResponseWriter, r *http.Request) error {
	v, err := s.readRequired(w, r, limitControl, false)
	if err != nil {
		return err
	}
	in, err := decodeWorkflow(v)
	if err != nil {
		return err
	}
	flow, err := s.compile(in)
	if err != nil {
		return err
	}
	if err := s.Store.CreateWorkflow(r.Context(), flow); err != nil {
		return err
	}
	return s.answerWorkflow(w, http.StatusCreated, flow)
}

func (s *Server) getWorkflow(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	flow, err := s.Store.Workflow(r.Context(), functions.DefaultNamespace, name)
	if err != nil {
		return err
	}
	return s.answerWorkflow(w, http.StatusOK, flow)
}

func (s *Server) putWorkflow(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	v, err := s.readRequired(w, r, limitControl, false)
	if err != nil {
		return err
	}
	in, err := decodeWorkflow(v)
	if err != nil {
		return err
	}
	if in.Name, err = nameOf("workflow", name, in.Name); err != nil {
		return err
	}
	flow, err := s.compile(in)
	if err != nil {
		return err
	}
	version, err := s.workflowVersion(r.Context(), name)
	if err != nil {
		return err
	}
	if err := precondition(r, version); err != nil {
		return err
	}
	status := http.StatusOK
	if version == "" {
		status = http.StatusCreated
		err = s.Store.CreateWorkflow(r.Context(), flow)
	} else {
		err = s.Store.UpdateWorkflow(r.Context(), flow)
	}
	if err != nil {
		return err
	}
	return s.answerWorkflow(w, status, flow)
}

func (s *Server) deleteWorkflow(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	params, err := query(r, api.QueryFunctions)
	if err != nil {
		return err
	}
	with := params[api.QueryFunctions]
	if with != "" && with != "true" && with != "false" {
		return badParameter("%s must be true or false", api.QueryFunctions)
	}
	ctx := r.Context()
	flow, err := s.Store.Workflow(ctx, functions.DefaultNamespace, name)
	if err != nil {
		return err
	}
	if err := precondition(r, flow.Version); err != nil {
		return err
	}
	if err := s.Store.DeleteWorkflow(ctx, functions.DefaultNamespace, name); err != nil {
		return err
	}
	if with == "true" {
		if err := s.deleteUnused(ctx, flow.Functions); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteUnused deletes the functions of a workflow that is gone, but for those
// that another one calls.
func (s *Server) deleteUnused(ctx context.Context, names []string) error {
	others, err := s.Store.Workflows(ctx, functions.DefaultNamespace)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, other := range others {
		for _, name := range other.Functions {
			used[functions.Fold(name)] = true
		}
	}
	for _, name := range names {
		if used[functions.Fold(name)] {
			continue
		}
		if err := s.Store.DeleteFunction(ctx, functions.DefaultNamespace, name); err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// compile checks a workflow and makes its record.
func (s *Server) compile(in *api.Workflow) (*store.Workflow, error) {
	if err := functions.ValidName(in.Name); err != nil {
		e := fault.From(err)
		return nil, e.WithFields(fault.Field{Pointer: "/name", Code: e.Code, Detail: e.Detail})
	}
	level := in.Type
	if level == "" {
		level = string(engine.Standard)
	}
	graph, language, err := s.graph(in.Language, in.Definition, engine.Variant{Express: level == string(engine.Express)})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(language + "\x00" + level + "\x00" + in.Definition))
	return &store.Workflow{
		Namespace: functions.DefaultNamespace, Name: in.Name, Language: language, Definition: in.Definition, Type: level,
		Version: hex.EncodeToString(sum[:8]), Functions: dag.Functions(graph), Created: time.Now().UTC().Truncate(time.Millisecond),
	}, nil
}

// graph compiles a definition. Whatever is wrong with it, the request around it
// was understood.
func (s *Server) graph(language, definition string, v engine.Variant) (*dag.Graph, string, error) {
	if definition == "" {
		return nil, "", fault.New(fault.Invalid, "invalid_definition", "the definition is empty").
			WithFields(fault.Field{Pointer: "/definition", Code: "required", Detail: "definition is empty"})
	}
	graph, found, err := s.Compile(language, definition, v)
	if err != nil && errors.Is(err, fault.Invalid) && api.StatusOf(err) != http.StatusUnprocessableEntity {
		e := fault.From(err)
		err = fault.New(fault.Invalid, "invalid_definition", "%s", e.Detail).WithFields(e.Fields...).WithHint("%s", e.Hint)
	}
	return graph, found, err
}

// workflowVersion returns the version of a workflow, "" when there is none.
func (s *Server) workflowVersion(ctx context.Context, name string) (string, error) {
	flow, err := s.Store.Workflow(ctx, functions.DefaultNamespace, name)
	switch {
	case err == nil:
		return flow.Version, nil
	case errors.Is(err, fault.NotFound):
		return "", nil
	default:
		return "", err
	}
}

func (s *Server) answerWorkflow(w http.ResponseWriter, status int, flow *store.Workflow) error {
	w.Header().Set(api.HeaderETag, etag(flow.Version))
	if status == http.StatusCreated {
		w.Header().Set("Location", api.Path(api.RouteWorkflow, flow.Name))
	}
	return s.answer(w, status, wireWorkflow(flow))
}

func wireWorkflow(w *store.Workflow) api.Workflow {
	return api.Workflow{
		Name: w.Name, Language: w.Language, Definition: w.Definition, Type: w.Type,
		Version: w.Version, Functions: w.Functions, Created: w.Created,
	}
}
