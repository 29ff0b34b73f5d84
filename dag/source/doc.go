// Package source reads the text of a workflow definition, JSON or YAML, into a
// tree that remembers where everything stands, and collects problems with
// their line and column.
//
// It knows nothing of any language: asl and dag/spec give the nodes their
// meaning. It is no general YAML library: what a definition cannot mean
// (merge keys, several documents, infinite numbers, recursive aliases) is
// refused. JSON never goes through the YAML reader.
//
// The invariant: a tree is bounded (MaxSize, value.MaxDepth, value.MaxTokens),
// whatever the text says, aliases included.
package source
