package client

import (
	"context"
	"net/http"

	"github.com/serverledge/serverledge/api"
)

// Nodes lists the registered nodes.
func (c *Client) Nodes(ctx context.Context) ([]api.Node, error) {
	var out api.NodeList
	err := c.call(ctx, request{method: http.MethodGet, path: api.RouteNodes}, &out)
	return out.Nodes, err
}

// Node describes the node that answers.
func (c *Client) Node(ctx context.Context) (api.Node, error) {
	return fetch[api.Node](ctx, c, request{method: http.MethodGet, path: api.RouteStatus})
}

// Healthy returns nil when the node's process answers.
func (c *Client) Healthy(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodGet, path: api.RouteHealth}, nil)
}

// Ready returns nil when the node can serve calls, else why it cannot.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodGet, path: api.RouteReady}, nil)
}
