package api

import (
	"net/url"
	"strings"
)

// The routes of /v1, as patterns of net/http and chi. A client fills a pattern
// with Path.
const (
	// RouteFunctions lists (GET) and creates (POST) functions.
	RouteFunctions = "/v1/functions"
	// RouteFunction gets, creates or updates (PUT) and deletes one function.
	RouteFunction = "/v1/functions/{name}"
	// RouteInvocations invokes a function (POST).
	RouteInvocations = "/v1/functions/{name}/invocations"
	// RoutePrewarm starts instances ahead of calls (POST).
	RoutePrewarm = "/v1/functions/{name}/prewarm"
	// RoutePackage uploads (PUT) a code archive or tells whether the node has
	// it (HEAD); the digest is the SHA-256 of the archive in hex.
	RoutePackage = "/v1/packages/{digest}"
	// RouteWorkflows lists (GET) and creates (POST) workflows.
	RouteWorkflows = "/v1/workflows"
	// RouteWorkflow gets, creates or updates (PUT) and deletes one workflow.
	RouteWorkflow = "/v1/workflows/{name}"
	// RouteWorkflowExecutions starts an execution of a workflow (POST).
	RouteWorkflowExecutions = "/v1/workflows/{name}/executions"
	// RouteTestState runs one state of a definition alone (POST).
	RouteTestState = "/v1/test-state"
	// RouteExecutions runs a definition that is not registered (POST) and
	// lists executions (GET).
	RouteExecutions = "/v1/executions"
	// RouteExecution describes an execution (GET).
	RouteExecution = "/v1/executions/{id}"
	// RouteHistory tells what happened in an execution (GET).
	RouteHistory = "/v1/executions/{id}/history"
	// RouteStop ends an execution (POST).
	RouteStop = "/v1/executions/{id}/stop"
	// RouteTaskSuccess, RouteTaskFailure and RouteTaskHeartbeat tell how the task
	// of a token goes (POST).
	RouteTaskSuccess   = "/v1/tasks/success"
	RouteTaskFailure   = "/v1/tasks/failure"
	RouteTaskHeartbeat = "/v1/tasks/heartbeat"
	// RouteActivityTasks waits for a task of an activity (POST).
	RouteActivityTasks = "/v1/activities/{name}/tasks"
	// RouteNodes lists the registered nodes (GET).
	RouteNodes = "/v1/nodes"
	// RouteStatus describes the node that answers (GET).
	RouteStatus = "/v1/status"
	// RouteOpenAPI is the description of this interface (GET).
	RouteOpenAPI = "/openapi.json"
	// RouteHealth answers 200 as long as the process lives.
	RouteHealth = "/healthz"
	// RouteReady answers 200 when the node can serve calls, else 503 with the reason.
	RouteReady = "/readyz"
	// RouteMetrics is Prometheus text.
	RouteMetrics = "/metrics"
)

// The routes that existing Serverledge clients use.
const (
	CompatCreate         = "/create"
	CompatUpdate         = "/update"
	CompatDelete         = "/delete"
	CompatInvoke         = "/invoke/{name}"
	CompatPoll           = "/poll/{id}"
	CompatPrewarm        = "/prewarm"
	CompatFunction       = "/function"
	CompatFunctions      = "/functions"
	CompatStatus         = "/status"
	CompatWorkflowCreate = "/workflow/create"
	CompatWorkflowInvoke = "/workflow/invoke/{name}"
	CompatWorkflowList   = "/workflow/list"
	CompatWorkflowDelete = "/workflow/delete"
)

// The parameters of the query.
const (
	// QueryFunctions, with the value "true", deletes a workflow together with
	// the functions that only it uses (DELETE RouteWorkflow).
	QueryFunctions = "functions"
	// QueryWorkflow, QueryParent, QueryStatus, QueryLimit and QueryCursor narrow
	// and page the list of executions (GET RouteExecutions).
	QueryWorkflow = "workflow"
	QueryParent   = "parent"
	QueryStatus   = "status"
	QueryLimit    = "limit"
	QueryCursor   = "cursor"
	// QueryWorker names the worker who asks for a task, QueryWait says how long
	// it waits (POST RouteActivityTasks).
	QueryWorker = "worker"
	QueryWait   = "wait"
)

// Media types.
const (
	TypeJSON    = "application/json"
	TypeProblem = "application/problem+json"
	// TypePackage is the body of PUT RoutePackage: a tar or tar.gz archive.
	TypePackage = "application/octet-stream"
)

// Headers.
const (
	// HeaderRequestID identifies one HTTP exchange in answers and logs.
	HeaderRequestID = "X-Request-Id"
	// HeaderIdempotencyKey makes a repeated POST give the first one's answer.
	HeaderIdempotencyKey = "Idempotency-Key"
	// HeaderIfMatch carries the version that a write expects.
	HeaderIfMatch = "If-Match"
	// HeaderETag carries the version of a resource.
	HeaderETag = "Etag"
	// HeaderRetryAfter is in seconds.
	HeaderRetryAfter = "Retry-After"
	// HeaderFrom is the id of the node that passes a request on: it is not passed
	// on again.
	HeaderFrom = "Serverledge-From"
	// HeaderStart is "warm" or "cold": how a call found its instance.
	HeaderStart = "X-Start"

	// Headers on the answers of invocations that existing clients read.
	HeaderNodeName  = "Serverledge-Node-Name"
	HeaderFreeMem   = "Serverledge-Free-Mem"
	HeaderFreeCPU   = "Serverledge-Free-Cpu"
	HeaderTimestamp = "Serverledge-Timestamp"
	HeaderNodeArch  = "Serverledge-Node-Arch"
)

// MaxPackage bounds an uploaded archive, in bytes.
const MaxPackage = 64 << 20

// Path fills the parameters of a pattern, in their order, with escaped values.
// A pattern with more parameters than values keeps the rest as it is.
func Path(pattern string, values ...string) string {
	var out strings.Builder
	for _, value := range values {
		before, rest, ok := strings.Cut(pattern, "{")
		if !ok {
			break
		}
		_, after, _ := strings.Cut(rest, "}")
		out.WriteString(before)
		out.WriteString(url.PathEscape(value))
		pattern = after
	}
	out.WriteString(pattern)
	return out.String()
}
