package main

import (
	"net"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/internal/config"
)

const defaultHost = "127.0.0.1"

// address is the host and port of the node: flag, then environment, then the
// configuration file of a node on this machine, then the default.
func (a *app) address() (string, error) {
	host := a.host
	if host == "" {
		host = a.getenv("SERVERLEDGE_HOST")
	}
	if host == "" {
		host = defaultHost
	}
	host = strings.Trim(host, "[]")
	if strings.ContainsAny(host, "/ \t\n@?#") {
		return "", usage("%q is not a host; write a name or an address, for example 127.0.0.1", host)
	}
	port, err := a.portNumber()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.Itoa(port)), nil
}

func (a *app) portNumber() (int, error) {
	if a.portSet {
		return checkPort(strconv.Itoa(a.port), "-P")
	}
	if text := a.getenv("SERVERLEDGE_PORT"); text != "" {
		return checkPort(text, "SERVERLEDGE_PORT")
	}
	dirs := []string{"/etc/serverledge", "."}
	if home := a.getenv("HOME"); home != "" {
		dirs = []string{"/etc/serverledge", home, "."}
	}
	conf, err := config.Load(config.Sources{Dirs: dirs})
	if err != nil {
		return 0, usage("the configuration that would name the node's port is not valid: %v", err)
	}
	return checkPort(conf.Text("api.port"), "api.port of the configuration file")
}

func checkPort(text, from string) (int, error) {
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, usage("%s is %q, which is no port (1 to 65535)", from, text)
	}
	return port, nil
}
