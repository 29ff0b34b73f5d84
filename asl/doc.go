// Package asl compiles the Amazon States Language to graphs of package dag.
//
// A definition, JSON or YAML, goes three ways: it is read into a tree with
// positions (dag/source), the tree becomes a definition with compiled paths
// and templates while every problem is noted with its line and column, and a
// definition without errors becomes a dag.Graph whose functions shape the data
// as the language says.
//
// It runs nothing: the kernel does. Both query languages are here: paths with
// payload templates and intrinsic functions (asl/jsonpath), and expressions
// (asl/jsonata). What calls reach is not its business; of a service integration
// that no node can call it says so (ASL093). Codes explains the codes of all
// problems; each has a page in docs/errors.
//
// The invariant: what Compile accepts, the kernel can run to an end, within
// bounds, on any input.
package asl
