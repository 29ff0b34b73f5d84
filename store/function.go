package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// functionRecord is how a function lies in the store: its own fields on top,
// as existing clients read them.
type functionRecord struct {
	Schema int `json:"Schema"`
	*functions.Function
}

// FunctionListener is told of every change of a function: before is nil when
// it is new, now is nil when it is gone. It must return soon, must not write
// to the store, and must modify neither.
type FunctionListener func(before, now *functions.Function)

// updateTries is how often a change is tried again because another one came in
// between.
const updateTries = 10

func functionKey(namespace, name string) (string, error) {
	return namespaced(functionRoot, namespace, name, wordRegistry)
}

func decodeFunction(key string, value []byte) (functionRecord, error) {
	var r functionRecord
	if err := decode("function", value, &r); err != nil {
		return r, err
	}
	if r.Function == nil {
		return r, corrupt("function", "it is empty")
	}
	if r.Namespace == "" {
		r.Namespace = functions.DefaultNamespace
	}
	if own, err := functionKey(r.Namespace, r.Name); err != nil || own != key {
		return r, corrupt("function", "it names itself %.80q in %.80q, which is another key", r.Name, r.Namespace)
	}
	return r, nil
}

// prepared returns the key, the record and the function as it will be read.
// Neither the namespace nor the version may be missing there.
func prepared(f *functions.Function) (key string, stored *functions.Function, err error) {
	c := *f
	if c.Namespace == "" {
		c.Namespace = functions.DefaultNamespace
	}
	if c.Version == "" {
		c.Version = c.Digest()
	}
	if c.Created.IsZero() {
		c.Created = time.Now().UTC()
	}
	key, err = functionKey(c.Namespace, c.Name)
	return key, &c, err
}

// CreateFunction registers a function. A missing Namespace, Version or Created
// is filled in. fault.Exists when the name is taken in the namespace,
// fault.Invalid "unknown_package" when its package is not in the store. When
// it returns, this node serves the function, and the others do a moment later.
func (s *Store) CreateFunction(ctx context.Context, f *functions.Function) error {
	key, stored, err := prepared(f)
	if err != nil {
		return err
	}
	committed, err := s.putFunction(ctx, key, stored, Absent(key))
	if err != nil || committed {
		return err
	}
	return fault.New(fault.Exists, "function_exists", "there is already a function %s", stored.Name).
		WithHint("update it, or choose another name")
}

// UpdateFunction replaces a registered function and keeps its Created; errors
// are as of CreateFunction, but fault.NotFound when there is none.
func (s *Store) UpdateFunction(ctx context.Context, f *functions.Function) error {
	key, stored, err := prepared(f)
	if err != nil {
		return err
	}
	for range updateTries {
		kv, ok, err := s.get(ctx, key)
		if err != nil {
			return err
		}
		if !ok {
			return noFunction(f.Name)
		}
		old, err := decodeFunction(key, kv.Value)
		if err == nil {
			stored.Created = old.Created
		} else if code(err) == "newer_schema" {
			return err
		}
		if committed, err := s.putFunction(ctx, key, stored, Modified(key, kv.Modified)); err != nil || committed {
			return err
		}
	}
	return contended("function", f.Name)
}

// putFunction writes the record under a condition, and in the same transaction
// its package's manifest as it is: that changes the manifest's revision, so
// that a sweep which saw the package without a user does not remove it.
func (s *Store) putFunction(ctx context.Context, key string, f *functions.Function, cond Cond) (bool, error) {
	value, err := encode("function", functionRecord{Schema: schemaVersion, Function: f})
	if err != nil {
		return false, err
	}
	conds, ops := []Cond{cond}, []Op{Put(key, value)}
	if f.Package != "" {
		manifest, err := s.completeManifest(ctx, f.Package)
		if errors.Is(err, fault.NotFound) {
			return false, fault.New(fault.Invalid, "unknown_package", "the package %s of function %s is not in the store", f.Package, f.Name).
				WithHint("upload the package first")
		} else if err != nil {
			return false, err
		}
		conds = append(conds, Present(manifest.Key))
		ops = append(ops, Put(manifest.Key, manifest.Value))
	}
	committed, rev, err := s.commit(ctx, conds, ops)
	if err == nil && committed {
		s.functions.apply(Event{Key: key, Value: value, Rev: rev})
	}
	return committed, err
}

// DeleteFunction removes a function; fault.NotFound when there is none. Its
// package stays until a sweep.
func (s *Store) DeleteFunction(ctx context.Context, namespace, name string) error {
	key, err := functionKey(namespace, name)
	if err != nil {
		return noFunction(name)
	}
	rev, err := s.remove(ctx, "function", name, key)
	if err == nil {
		s.functions.apply(Event{Key: key, Deleted: true, Rev: rev})
	}
	return err
}

// remove deletes a record, unless a newer program wrote it.
func (s *Store) remove(ctx context.Context, what, name, key string) (int64, error) {
	for range updateTries {
		kv, ok, err := s.get(ctx, key)
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, missing(what, name)
		}
		if err := decode(what, kv.Value, &struct{}{}); code(err) == "newer_schema" {
			return 0, err
		}
		if committed, rev, err := s.commit(ctx, []Cond{Modified(key, kv.Modified)}, []Op{Delete(key)}); err != nil || committed {
			return rev, err
		}
	}
	return 0, contended(what, name)
}

// Function returns a registered function, which must not be modified. Names
// are matched without regard to case. It reads from memory: only before the
// store was read for the first time does it wait, a few seconds at most.
// fault.NotFound, or the fault of the record when that cannot be read.
func (s *Store) Function(ctx context.Context, namespace, name string) (*functions.Function, error) {
	key, err := functionKey(namespace, name)
	if err != nil {
		return nil, noFunction(name)
	}
	it, ok := s.functions.get(key)
	if !ok {
		if err := s.functions.listed(ctx); err != nil {
			return nil, err
		}
		it, ok = s.functions.get(key)
	}
	switch {
	case !ok:
		return nil, noFunction(name)
	case it.err != nil:
		return nil, it.err
	default:
		return it.value.Function, nil
	}
}

// Functions returns the functions of a namespace, by name. Those that cannot
// be read are left out; the log tells of each when it is found.
func (s *Store) Functions(ctx context.Context, namespace string) ([]*functions.Function, error) {
	prefix, err := listing(functionRoot, namespace, wordRegistry)
	if err != nil {
		return nil, err
	}
	if err := s.functions.listed(ctx); err != nil {
		return nil, err
	}
	items := s.functions.snapshot(prefix)
	list := make([]*functions.Function, 0, len(items))
	for _, key := range slices.Sorted(maps.Keys(items)) {
		if it := items[key]; it.usable() {
			list = append(list, it.value.Function)
		}
	}
	return list, nil
}

// OnFunctionChange has a listener called for each change from now on, whoever
// made it, one change at a time and in order. On the node that wrote, it was
// called when CreateFunction, UpdateFunction or DeleteFunction returns.
func (s *Store) OnFunctionChange(listener FunctionListener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.functionListeners = append(s.functionListeners, listener)
}

func (s *Store) functionChanged(before, now item[functionRecord]) {
	var old, current *functions.Function
	if before.usable() {
		old = before.value.Function
	}
	if now.usable() {
		current = now.value.Function
	}
	if now.err != nil {
		s.log.Warn("a stored function cannot be read", "err", now.err)
	}
	if old == nil && current == nil {
		return
	}
	s.mu.Lock()
	listeners := slices.Clone(s.functionListeners)
	s.mu.Unlock()
	for _, listener := range listeners {
		listener(old, current)
	}
}

func noFunction(name string) error { return missing("function", name) }

func missing(what, name string) error {
	return fault.New(fault.NotFound, what+"_not_found", "there is no %s %.80s", what, name)
}

func contended(what, name string) error {
	return fault.New(fault.Conflict, "contended", "the %s %s is being changed by others", what, name).WithHint("try again")
}
