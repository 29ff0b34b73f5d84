package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/serverledge/serverledge/api"
)

// Workflows lists the registered workflows.
func (c *Client) Workflows(ctx context.Context) ([]api.Workflow, error) {
	var out api.WorkflowList
	err := c.call(ctx, request{method: http.MethodGet, path: api.RouteWorkflows}, &out)
	return out.Workflows, err
}

// Workflow describes a workflow.
func (c *Client) Workflow(ctx context.Context, name string) (api.Workflow, error) {
	return fetchOn[api.Workflow](ctx, c, http.MethodGet, api.RouteWorkflow, name, nil)
}

// CreateWorkflow registers a workflow; fault.Exists when the name is taken,
// fault.Invalid with every fault of the definition.
func (c *Client) CreateWorkflow(ctx context.Context, w api.Workflow) (api.Workflow, error) {
	return fetch[api.Workflow](ctx, c, request{method: http.MethodPost, path: api.RouteWorkflows, body: w})
}

// PutWorkflow registers a workflow or replaces the one of its name, as PutFunction.
func (c *Client) PutWorkflow(ctx context.Context, w api.Workflow, ifMatch string) (api.Workflow, error) {
	p, err := path(api.RouteWorkflow, w.Name)
	if err != nil {
		return api.Workflow{}, err
	}
	return fetch[api.Workflow](ctx, c, request{method: http.MethodPut, path: p, header: matching(ifMatch), body: w})
}

// DeleteWorkflow removes a workflow, with the functions that only it uses when
// functions is set.
func (c *Client) DeleteWorkflow(ctx context.Context, name string, functions bool) error {
	p, err := path(api.RouteWorkflow, name)
	if err != nil {
		return err
	}
	r := request{method: http.MethodDelete, path: p}
	if functions {
		r.query = url.Values{api.QueryFunctions: {"true"}}
	}
	return c.call(ctx, r, nil)
}

// Start starts an execution of a workflow and, unless in.Async is set, waits
// for its end. An execution that fails is no error.
func (c *Client) Start(ctx context.Context, workflow string, in api.StartExecution) (api.Execution, error) {
	return fetchOn[api.Execution](ctx, c, http.MethodPost, api.RouteWorkflowExecutions, workflow, in)
}

// StartDefinition is Start for in.Definition, which need not be registered.
func (c *Client) StartDefinition(ctx context.Context, in api.StartExecution) (api.Execution, error) {
	return fetch[api.Execution](ctx, c, request{method: http.MethodPost, path: api.RouteExecutions, body: in})
}

// ExecutionQuery narrows a list of executions; zero fields do not.
type ExecutionQuery struct {
	Workflow, Status, Cursor string
	// Parent asks for the items of a distributed Map of an execution, which are
	// in no list otherwise.
	Parent string
	Limit  int
}

// Executions lists executions, the newest first, a page at a time.
func (c *Client) Executions(ctx context.Context, q ExecutionQuery) (api.ExecutionList, error) {
	query := url.Values{}
	for key, value := range map[string]string{
		api.QueryWorkflow: q.Workflow, api.QueryParent: q.Parent, api.QueryStatus: q.Status, api.QueryCursor: q.Cursor,
	} {
		if value != "" {
			query.Set(key, value)
		}
	}
	if q.Limit > 0 {
		query.Set(api.QueryLimit, strconv.Itoa(q.Limit))
	}
	return fetch[api.ExecutionList](ctx, c, request{method: http.MethodGet, path: api.RouteExecutions, query: query})
}

// Execution describes an execution.
func (c *Client) Execution(ctx context.Context, id string) (api.Execution, error) {
	return fetchOn[api.Execution](ctx, c, http.MethodGet, api.RouteExecution, id, nil)
}

// History tells what happened in an execution.
func (c *Client) History(ctx context.Context, id string) (api.History, error) {
	return fetchOn[api.History](ctx, c, http.MethodGet, api.RouteHistory, id, nil)
}

// Stop ends an execution.
func (c *Client) Stop(ctx context.Context, id string, in api.StopRequest) (api.Execution, error) {
	return fetchOn[api.Execution](ctx, c, http.MethodPost, api.RouteStop, id, in)
}

// TestState runs one state of a definition alone; fault.Invalid when the
// definition or the request is not right. A state that fails is no error.
func (c *Client) TestState(ctx context.Context, in api.TestState) (api.TestStateResult, error) {
	return fetch[api.TestStateResult](ctx, c, request{method: http.MethodPost, path: api.RouteTestState, body: in})
}
