package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"gopkg.in/yaml.v3"
)

const (
	defaultHost = "127.0.0.1"
	defaultPort = 1323
)

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
	for _, dir := range []string{"/etc/serverledge", a.getenv("HOME"), "."} {
		if dir == "" {
			continue
		}
		for _, ext := range []string{".yaml", ".yml", ".toml"} {
			name := filepath.Join(dir, "serverledge-conf"+ext)
			text, err := configuredPort(name)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return 0, usage("%s cannot be read: %v", name, err)
			}
			if text == "" {
				return defaultPort, nil
			}
			return checkPort(text, "api.port in "+name)
		}
	}
	return defaultPort, nil
}

func checkPort(text, from string) (int, error) {
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, usage("%s is %q, which is no port (1 to 65535)", from, text)
	}
	return port, nil
}

// configuredPort reads api.port, as a dotted key or nested, from a node's
// configuration file; "" when the file does not say.
func configuredPort(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	var doc map[string]any
	if strings.HasSuffix(name, ".toml") {
		err = toml.Unmarshal(text, &doc)
	} else {
		err = yaml.Unmarshal(text, &doc)
	}
	if err != nil {
		return "", err
	}
	value, ok := doc["api.port"]
	if !ok {
		if nested, isMap := doc["api"].(map[string]any); isMap {
			value, ok = nested["port"]
		}
	}
	if !ok {
		return "", nil
	}
	switch v := value.(type) {
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case string:
		return v, nil
	default:
		return "?", nil
	}
}
