// Package teststate runs one state of an Amazon States Language definition
// alone, as the TestState API of AWS Step Functions does: with an input, a
// context object, variables and a mocked answer, and shows the data after each
// step of the way.
//
// It is no second implementation of the language: package asl compiles the
// state, a dag.Execution runs it, and an asl.Probe looks on. What is written
// here is the bench around it: checks of the request, the answers to the calls
// that the state makes, and which of the steps AWS shows for which state.
//
// It is pure, but for the Caller that its user may give it.
package teststate
