package engine

import (
	"crypto/sha256"
	"sync"

	"github.com/serverledge/serverledge/dag"
)

// maxGraphs bounds the compiled definitions that are kept.
const maxGraphs = 1024

// graphs compiles each definition once.
type graphs struct {
	compile Compiler

	mu   sync.Mutex
	made map[variant]*dag.Graph
}

// variant is what a definition was compiled for, with its digest.
type variant struct {
	language string
	digest   [sha256.Size]byte
	Variant
}

func (g *graphs) of(language, definition string, v Variant) (*dag.Graph, error) {
	key := variant{language, sha256.Sum256([]byte(definition)), v}
	g.mu.Lock()
	graph := g.made[key]
	g.mu.Unlock()
	if graph != nil {
		return graph, nil
	}
	graph, err := g.compile(language, definition, v)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.made) >= maxGraphs {
		clear(g.made)
	}
	g.made[key] = graph
	return graph, nil
}
