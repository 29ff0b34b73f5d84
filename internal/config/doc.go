// Package config reads the configuration of a node: defaults, then a file
// (YAML or TOML), then the environment, then flags. Every key is known by name
// and type; an unknown one is an error that suggests the nearest. It remembers
// where each value came from.
//
// Keys are dotted ("api.port"). In a file they may also be nested maps; in the
// environment they are upper case with SERVERLEDGE_ before and _ for the dots.
package config
