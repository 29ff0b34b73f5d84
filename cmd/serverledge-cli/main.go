// Command serverledge-cli is the client of a Serverledge node: functions,
// workflows and their executions, from a shell.
//
// It speaks only to the REST interface. Data goes to stdout, everything that
// is said to a person goes to stderr, and exit codes tell scripts what
// happened: see exit.go.
package main

import "os"

func main() { os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv)) }
