package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/serverledge/serverledge/api"
)

// SucceedTask ends the task of a token with its output; fault.NotFound when it
// is over.
func (c *Client) SucceedTask(ctx context.Context, in api.TaskSuccess) error {
	return c.call(ctx, request{method: http.MethodPost, path: api.RouteTaskSuccess, body: in}, nil)
}

// FailTask ends the task of a token with a failure; see SucceedTask.
func (c *Client) FailTask(ctx context.Context, in api.TaskFailure) error {
	return c.call(ctx, request{method: http.MethodPost, path: api.RouteTaskFailure, body: in}, nil)
}

// BeatTask says that the task of a token is alive; see SucceedTask.
func (c *Client) BeatTask(ctx context.Context, in api.TaskHeartbeat) error {
	return c.call(ctx, request{method: http.MethodPost, path: api.RouteTaskHeartbeat, body: in}, nil)
}

// Work asks for a task of an activity, for a worker of that name, and waits for
// one; wait is at most a minute. It returns nil when none came.
func (c *Client) Work(ctx context.Context, activity, worker string, wait time.Duration) (*api.ActivityTask, error) {
	p, err := path(api.RouteActivityTasks, activity)
	if err != nil {
		return nil, err
	}
	query := url.Values{api.QueryWait: {wait.String()}}
	if worker != "" {
		query.Set(api.QueryWorker, worker)
	}
	return fetch[*api.ActivityTask](ctx, c, request{method: http.MethodPost, path: p, query: query, maybe: true})
}
