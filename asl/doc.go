// Package asl compiles the Amazon States Language to graphs of package dag.
//
// A definition, JSON or YAML, goes three ways: it is read into a tree with
// positions (dag/source), the tree becomes a definition with compiled paths
// and templates while every problem is noted with its line and column, and a
// definition without errors becomes a dag.Graph whose functions shape the data
// as the language says.
//
// It runs nothing: the kernel does. What no node can do (services that nobody
// answers for) is refused by name, never ignored. The codes of problems:
//
//	ASL001 syntax            ASL002 duplicate key       ASL003 size limits
//	ASL004 YAML misuse       ASL005 wrong JSON type     ASL006 missing field
//	ASL007 unknown field     ASL008 excluding fields    ASL009 value out of range
//	ASL010 unknown Type      ASL012 unknown target      ASL014 name
//	ASL020 path              ASL021 reference path      ASL022 intrinsic function
//	ASL023 template          ASL024 timestamp           ASL025 JSONata expression
//	ASL026 looks at nothing  ASL027 name of a variable  ASL028 unassigned variable
//	ASL030 no terminal state ASL031 unreachable state   ASL032 no Default
//	ASL033 States.ALL        ASL034 fan-out             ASL035 unknown error name
//	ASL037 without effect    ASL040 not for express     ASL041 not distributed
//	ASL042 query languages   ASL093 service integration
//
// The invariant: what Compile accepts, the kernel can run to an end, within
// bounds, on any input.
package asl
