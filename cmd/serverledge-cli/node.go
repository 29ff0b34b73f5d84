package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// nodeGroup is "node ...".
func (a *app) nodeGroup() *cobra.Command {
	group := &cobra.Command{Use: "node", Short: "Nodes: list, get, status"}
	group.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the registered nodes", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
					nodes, err := c.Nodes(ctx)
					if err != nil {
						return cannot(err, "list the nodes")
					}
					return a.show(nodesView(api.NodeList{Nodes: nodes}, nodes...))
				})
			},
		},
		&cobra.Command{
			Use: "get ID", Aliases: []string{"describe"}, Short: "Describe a registered node", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.getNode(cmd.Context(), args[0]) },
		},
		&cobra.Command{
			Use: "status", Short: "Describe the node that answers", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
					n, err := c.Node(ctx)
					if err != nil {
						return cannot(err, "get the status")
					}
					return a.show(nodeView(&n))
				})
			},
		},
	)
	return group
}

func (a *app) getNode(ctx context.Context, id string) error {
	return a.do(ctx, patience, func(ctx context.Context, c *client.Client) error {
		nodes, err := c.Nodes(ctx)
		if err != nil {
			return cannot(err, "get node %q", id)
		}
		ids := make([]string, len(nodes))
		for i := range nodes {
			if strings.EqualFold(nodes[i].ID, id) {
				return a.show(nodeView(&nodes[i]))
			}
			ids[i] = nodes[i].ID
		}
		failed := cannot(fault.New(fault.NotFound, "node_not_found", "no node of that name is registered"), "get node %q", id)
		failed.near = fault.Suggest(id, ids)
		return failed.tip("serverledge-cli node list")
	})
}
