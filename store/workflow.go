package store

import (
	"context"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Workflow is a registered definition. The store does not look into it.
type Workflow struct {
	Namespace string
	Name      string
	// Language is "asl" or "dag".
	Language   string
	Definition string
	// Type is "STANDARD" or "EXPRESS".
	Type string
	// Version is the digest of the definition.
	Version string
	// Functions are those that the definition names.
	Functions []string `json:",omitempty"`
	Created   time.Time
}

// workflowRecord is how a workflow lies in the store.
type workflowRecord struct {
	Schema int
	Workflow
}

func workflowKey(namespace, name string) (string, error) {
	return namespaced(workflowRoot, namespace, name, wordFunction, wordRegistry)
}

func decodeWorkflow(key string, value []byte) (*Workflow, error) {
	var r workflowRecord
	if err := decode("workflow", value, &r); err != nil {
		return nil, err
	}
	if own, err := workflowKey(r.Namespace, r.Name); err != nil || own != key {
		return nil, corrupt("workflow", "it names itself %.80q in %.80q, which is another key", r.Name, r.Namespace)
	}
	return &r.Workflow, nil
}

// preparedWorkflow returns the key and the record; a missing Namespace or
// Created is filled in.
func preparedWorkflow(w *Workflow, created time.Time) (key string, value []byte, err error) {
	c := *w
	if c.Namespace == "" {
		c.Namespace = functions.DefaultNamespace
	}
	if !created.IsZero() {
		c.Created = created
	}
	if c.Created.IsZero() {
		c.Created = time.Now().UTC()
	}
	if key, err = workflowKey(c.Namespace, c.Name); err != nil {
		return "", nil, err
	}
	value, err = encode("workflow", workflowRecord{Schema: schemaVersion, Workflow: c})
	return key, value, err
}

// CreateWorkflow registers a workflow. fault.Exists when the name is taken in
// the namespace, fault.TooLarge when the record is over MaxValue.
func (s *Store) CreateWorkflow(ctx context.Context, w *Workflow) error {
	key, value, err := preparedWorkflow(w, time.Time{})
	if err != nil {
		return err
	}
	committed, _, err := s.commit(ctx, []Cond{Absent(key)}, []Op{Put(key, value)})
	if err != nil || committed {
		return err
	}
	return fault.New(fault.Exists, "workflow_exists", "there is already a workflow %s", w.Name).
		WithHint("update it, or choose another name")
}

// UpdateWorkflow replaces a registered workflow and keeps its Created;
// fault.NotFound when there is none.
func (s *Store) UpdateWorkflow(ctx context.Context, w *Workflow) error {
	key, err := workflowKey(w.Namespace, w.Name)
	if err != nil {
		return err
	}
	for range updateTries {
		kv, ok, err := s.get(ctx, key)
		if err != nil {
			return err
		}
		if !ok {
			return missing("workflow", w.Name)
		}
		var created time.Time
		if old, err := decodeWorkflow(key, kv.Value); err == nil {
			created = old.Created
		} else if code(err) == "newer_schema" {
			return err
		}
		_, value, err := preparedWorkflow(w, created)
		if err != nil {
			return err
		}
		if committed, _, err := s.commit(ctx, []Cond{Modified(key, kv.Modified)}, []Op{Put(key, value)}); err != nil || committed {
			return err
		}
	}
	return contended("workflow", w.Name)
}

// DeleteWorkflow removes a workflow; fault.NotFound when there is none. Its
// executions stay.
func (s *Store) DeleteWorkflow(ctx context.Context, namespace, name string) error {
	key, err := workflowKey(namespace, name)
	if err != nil {
		return missing("workflow", name)
	}
	_, err = s.remove(ctx, "workflow", name, key)
	return err
}

// Workflow returns a registered workflow, the caller's to keep; fault.NotFound,
// or the fault of the record when that cannot be read.
func (s *Store) Workflow(ctx context.Context, namespace, name string) (*Workflow, error) {
	key, err := workflowKey(namespace, name)
	if err != nil {
		return nil, missing("workflow", name)
	}
	kv, ok, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, missing("workflow", name)
	}
	return decodeWorkflow(key, kv.Value)
}

// Workflows returns the workflows of a namespace, by name. Those that cannot be
// read are left out, and the log tells of them.
func (s *Store) Workflows(ctx context.Context, namespace string) ([]*Workflow, error) {
	var list []*Workflow
	prefix, err := listing(workflowRoot, namespace, wordFunction, wordRegistry)
	if err != nil {
		return nil, err
	}
	err = s.each(ctx, Query{Prefix: prefix}, func(kv KV) error {
		w, err := decodeWorkflow(kv.Key, kv.Value)
		if err != nil {
			s.log.WarnContext(ctx, "a stored workflow cannot be read", "err", err)
			return nil
		}
		list = append(list, w)
		return nil
	})
	return list, err
}
