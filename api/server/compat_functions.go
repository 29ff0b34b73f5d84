package server

import (
	"errors"
	"net/http"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/fault"
)

func (s *Server) compatRoutes() []route {
	return []route{
		{http.MethodPost, api.CompatCreate, s.compatPut(s.create)},
		{http.MethodPost, api.CompatUpdate, s.compatPut(s.Store.UpdateFunction)},
		{http.MethodPost, api.CompatDelete, s.compatDelete},
		{http.MethodPost, api.CompatInvoke, s.compatInvoke},
		{http.MethodGet, api.CompatPoll, s.compatPoll},
		{http.MethodPost, api.CompatPrewarm, s.compatPrewarm},
		{http.MethodGet, api.CompatFunction, s.compatFunctions},
		{http.MethodGet, api.CompatFunctions, s.compatFunctions},
		{http.MethodGet, api.CompatStatus, s.compatStatus},
		{http.MethodPost, api.CompatWorkflowCreate, s.compatWorkflowCreate},
		{http.MethodPost, api.CompatWorkflowInvoke, s.compatWorkflowInvoke},
		{http.MethodGet, api.CompatWorkflowList, s.compatWorkflows},
		{http.MethodPost, api.CompatWorkflowDelete, s.compatWorkflowDelete},
	}
}

// compatPut makes the handler of POST /create and POST /update of what writes
// the function.
func (s *Server) compatPut(put putFunction) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, err := s.register(w, r, put)
		var e *fault.Error
		if errors.As(err, &e) && unknownRuntime(e) {
			s.failAs(w, r, err, http.StatusNotFound, "Invalid runtime.")
			return nil
		}
		if err != nil {
			return err
		}
		return s.answer(w, http.StatusOK, api.CreatedResponse{Created: name})
	}
}

// register puts a function whose code comes along.
func (s *Server) register(w http.ResponseWriter, r *http.Request, put putFunction) (string, error) {
	v, err := s.readRequired(w, r, limitCreate, true)
	if err != nil {
		return "", err
	}
	f, code, err := decodeCreate(v)
	if err != nil {
		return "", err
	}
	var data []byte
	if code != "" {
		if data, err = archive(code); err != nil {
			return "", err
		}
		f.Package = pack.Digest(data)
	}
	if err := s.check(f); err != nil {
		return "", compatPointers(err)
	}
	if data != nil {
		if err := s.keep(r.Context(), f.Package, data); err != nil {
			return "", err
		}
	}
	return f.Name, put(r.Context(), f)
}

func unknownRuntime(e *fault.Error) bool {
	for _, f := range e.Fields {
		if f.Code == "unknown_runtime" {
			return true
		}
	}
	return e.Code == "unknown_runtime"
}

// compatPointers turns the pointers of a function's faults into those of the
// body of POST /create.
func compatPointers(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	names := map[string]string{
		"/name": "/Name", "/runtime": "/Runtime", "/handler": "/Handler", "/memoryMB": "/MemoryMB", "/cpu": "/CPUDemand",
		"/maxConcurrency": "/MaxConcurrency", "/image": "/CustomImage", "/package": "/TarFunctionCode",
	}
	fields := make([]fault.Field, len(e.Fields))
	for i, f := range e.Fields {
		if name := names[f.Pointer]; name != "" {
			f.Pointer = name
		} else if len(f.Pointer) > len("/signature") && f.Pointer[:len("/signature")] == "/signature" {
			f.Pointer = "/S" + f.Pointer[2:]
		}
		fields[i] = f
	}
	return e.WithFields(fields...)
}

func (s *Server) compatDelete(w http.ResponseWriter, r *http.Request) error {
	name, err := s.bodyName(w, r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteFunction(r.Context(), functions.DefaultNamespace, name); err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, api.DeletedResponse{Deleted: name})
}

// bodyName reads a body that only names something.
func (s *Server) bodyName(w http.ResponseWriter, r *http.Request) (string, error) {
	v, err := s.readRequired(w, r, limitControl, true)
	if err != nil {
		return "", err
	}
	return decodeName(v)
}

func (s *Server) compatFunctions(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Store.Functions(r.Context(), functions.DefaultNamespace)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(list))
	for _, f := range list {
		names = append(names, f.Name)
	}
	return s.answer(w, http.StatusOK, names)
}

func (s *Server) compatPrewarm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.readRequired(w, r, limitControl, true)
	if err != nil {
		return err
	}
	in, err := decodeCompatPrewarm(v)
	if err != nil {
		return err
	}
	return s.warm(w, r, in.Function, int(in.Instances), in.ForceImagePull)
}
