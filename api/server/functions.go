package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

func (s *Server) functionRoutes() []route {
	return []route{
		{http.MethodGet, api.RouteFunctions, s.listFunctions},
		{http.MethodPost, api.RouteFunctions, s.createFunction},
		{http.MethodGet, api.RouteFunction, s.getFunction},
		{http.MethodPut, api.RouteFunction, s.putFunction},
		{http.MethodDelete, api.RouteFunction, s.deleteFunction},
		{http.MethodPost, api.RouteInvocations, s.invoke},
		{http.MethodPost, api.RoutePrewarm, s.prewarm},
		{http.MethodHead, api.RoutePackage, s.hasPackage},
		{http.MethodPut, api.RoutePackage, s.putPackage},
	}
}

func (s *Server) listFunctions(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	list, err := s.Store.Functions(r.Context(), functions.DefaultNamespace)
	if err != nil {
		return err
	}
	out := api.FunctionList{Functions: make([]api.Function, 0, len(list))}
	for _, f := range list {
		out.Functions = append(out.Functions, wireFunction(f))
	}
	return s.answer(w, http.StatusOK, out)
}

func (s *Server) createFunction(w http.ResponseWriter, r *http.Request) error {
	v, err := s.readRequired(w, r, limitControl, false)
	if err != nil {
		return err
	}
	f, err := decodeFunction(v)
	if err != nil {
		return err
	}
	if err := s.check(f); err != nil {
		return err
	}
	if err := s.create(r.Context(), f); err != nil {
		return err
	}
	return s.answerFunction(w, http.StatusCreated, f)
}

func (s *Server) getFunction(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	f, err := s.Store.Function(r.Context(), functions.DefaultNamespace, name)
	if err != nil {
		return err
	}
	return s.answerFunction(w, http.StatusOK, f)
}

func (s *Server) putFunction(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	v, err := s.readRequired(w, r, limitControl, false)
	if err != nil {
		return err
	}
	f, err := decodeFunction(v)
	if err != nil {
		return err
	}
	if f.Name, err = nameOf("function", name, f.Name); err != nil {
		return err
	}
	if err := s.check(f); err != nil {
		return err
	}
	ctx := r.Context()
	version, err := s.functionVersion(ctx, name)
	if err != nil {
		return err
	}
	if err := precondition(r, version); err != nil {
		return err
	}
	status := http.StatusOK
	if version == "" {
		status = http.StatusCreated
		err = s.create(ctx, f)
	} else {
		err = s.Store.UpdateFunction(ctx, f)
	}
	if err != nil {
		return err
	}
	return s.answerFunction(w, status, f)
}

func (s *Server) deleteFunction(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	if r.Header.Get("If-Match") != "" {
		version, err := s.functionVersion(r.Context(), name)
		if err != nil {
			return err
		}
		if err := precondition(r, version); err != nil {
			return err
		}
	}
	if err := s.Store.DeleteFunction(r.Context(), functions.DefaultNamespace, name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) prewarm(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	v, err := s.readRequired(w, r, limitControl, false)
	if err != nil {
		return err
	}
	instances, refresh, err := decodePrewarm(v)
	if err != nil {
		return err
	}
	return s.warm(w, r, name, instances, refresh)
}

// warm starts instances and says how many.
func (s *Server) warm(w http.ResponseWriter, r *http.Request, name string, instances int, refresh bool) error {
	f, err := s.Store.Function(r.Context(), functions.DefaultNamespace, name)
	if err != nil {
		return err
	}
	n, err := s.Pool.Prewarm(r.Context(), f, instances, refresh)
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, api.PrewarmResponse{Prewarmed: int64(n)})
}

// check tells why a function cannot be registered on this node, and gives it
// its version.
func (s *Server) check(f *functions.Function) error {
	if err := f.Validate(); err != nil {
		return err
	}
	if f.Package == "" && f.Image == "" {
		return fault.New(fault.Invalid, "required", "a function of runtime %s needs code", f.Runtime).
			WithHint("upload its package first, and name it").
			WithFields(fault.Field{Pointer: "/package", Code: "required", Detail: "package is missing"})
	}
	if err := s.Pool.Check(f); err != nil {
		return err
	}
	f.Created = time.Now().UTC().Truncate(time.Millisecond)
	f.Version = f.Digest()
	return nil
}

// create registers a function within the quota. It counts before it writes:
// creations at the same moment may exceed the quota by their number.
func (s *Server) create(ctx context.Context, f *functions.Function) error {
	list, err := s.Store.Functions(ctx, f.Namespace)
	if err != nil {
		return err
	}
	if len(list) >= s.Quota {
		return fault.New(fault.Denied, "quota_exceeded", "there are %d functions, and no more are allowed", len(list)).
			WithHint("delete one that nobody needs")
	}
	return s.Store.CreateFunction(ctx, f)
}

// functionVersion returns the version of a function, "" when there is none.
func (s *Server) functionVersion(ctx context.Context, name string) (string, error) {
	f, err := s.Store.Function(ctx, functions.DefaultNamespace, name)
	switch {
	case err == nil:
		return f.Version, nil
	case errors.Is(err, fault.NotFound):
		return "", nil
	default:
		return "", err
	}
}

func (s *Server) answerFunction(w http.ResponseWriter, status int, f *functions.Function) error {
	w.Header().Set(api.HeaderETag, etag(f.Version))
	if status == http.StatusCreated {
		w.Header().Set("Location", api.Path(api.RouteFunction, f.Name))
	}
	return s.answer(w, status, wireFunction(f))
}

// nameOf returns the name in the path, which the one in a body must not differ
// from but in case; then the spelling of the body counts.
func nameOf(what, path, body string) (string, error) {
	if body == "" {
		return path, nil
	}
	if functions.Fold(body) != functions.Fold(path) {
		return "", fault.New(fault.Invalid, "invalid_name", "the name in the body is not that of the %s in the path", what).
			WithFields(fault.Field{Pointer: "/name", Code: "invalid_name", Detail: "must be the name in the path, or be left out"})
	}
	return body, nil
}

func wireFunction(f *functions.Function) api.Function {
	out := api.Function{
		Name: f.Name, Runtime: f.Runtime, Handler: f.Handler, MemoryMB: f.MemoryMB, CPU: f.CPU,
		MaxConcurrency: f.MaxConcurrency, Image: f.Image, Env: f.Env, Signature: f.Signature,
		Package: f.Package, Version: f.Version, Created: f.Created,
	}
	if f.Timeout > 0 {
		out.Timeout = f.Timeout.String()
	}
	return out
}

// putFunction writes a function: Store.CreateFunction or Store.UpdateFunction.
type putFunction func(ctx context.Context, f *functions.Function) error
