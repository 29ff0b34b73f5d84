// Package dag is the kernel: it decides what happens next in an execution.
//
// A Graph is a program: states that may branch, join and loop. An Execution is
// its unfolding: Step takes one Entry (something that happened) and returns
// the Commands that the shell must perform. Nothing here waits, reads a clock,
// draws chance from outside, locks or logs: equal entries give equal commands,
// so that an execution is rebuilt from its journal by stepping through it.
//
// A graph with Start is a machine (one token follows Next, as in the Amazon
// States Language); one without is a dataflow graph (a state starts when all
// it Needs are done, as in a YAML DAG). Parallel and Map open frames, which
// belong to the activation that opened them: a join is structural, and
// cancelling is dropping the frame. One kernel serves both notations.
//
// What shapes data (paths, templates, expressions) belongs to the language
// that made the graph and arrives as functions (Shape, Guard, ...), which must
// be pure too.
package dag
