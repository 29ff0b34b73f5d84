package api

import (
	"encoding/json"

	"github.com/serverledge/serverledge/functions"
)

// The bodies of the routes that existing Serverledge clients use. Times are in
// seconds. Field names are theirs.

// CreateRequest is the body of POST /create and POST /update.
type CreateRequest struct {
	Name           string
	Runtime        string
	MemoryMB       int64
	CPUDemand      float64
	MaxConcurrency int16 `json:",omitempty"`
	Handler        string
	// TarFunctionCode is the base64 of a tar archive.
	TarFunctionCode string               `json:",omitempty"`
	CustomImage     string               `json:",omitempty"`
	Signature       *functions.Signature `json:",omitempty"`
}

// NameRequest is the body of POST /delete and POST /workflow/delete.
type NameRequest struct{ Name string }

// InvokeRequest is the body of POST /invoke/{name}.
type InvokeRequest struct {
	Params          json.RawMessage `json:",omitempty"`
	CanDoOffloading bool
	Async           bool
	QoSClass        int64
	QoSMaxRespT     float64
	ReturnOutput    bool
}

// InvokeResponse is the answer of POST /invoke/{name} and GET /poll/{id}.
type InvokeResponse struct {
	Success bool
	// Result is the returned document as JSON text.
	Result         string
	ResponseTime   float64
	IsWarmStart    bool
	InitTime       float64
	QueueingTime   float64
	OffloadLatency float64
	Duration       float64
	Output         string
	SchedAction    string
	ExecutionArea  string
	ExecutionNode  string
	// Ours, beside theirs. OutputTruncated tells that Output is only the
	// beginning of what the function printed.
	OutputTruncated bool               `json:",omitempty"`
	Runtime         string             `json:",omitempty"`
	Error           *functions.Failure `json:",omitempty"`
	ReqId           string             `json:",omitempty"`
}

// AsyncResponse is the answer to an asynchronous invocation.
type AsyncResponse struct{ ReqId string }

// PrewarmRequest is the body of POST /prewarm.
type PrewarmRequest struct {
	Function       string
	Instances      int64
	ForceImagePull bool
}

// PrewarmResponse says how many instances are started.
type PrewarmResponse struct{ Prewarmed int64 }

// CreatedResponse, DeletedResponse name what was created or deleted.
type (
	CreatedResponse struct{ Created string }
	DeletedResponse struct{ Deleted string }
)

// StatusResponse is the answer of GET /status: the union of what older and
// newer clients look for.
type StatusResponse struct {
	Url                     string
	AvailableWarmContainers map[string]int
	AvailableMemMB          int64
	AvailableCPUs           float64
	TotalMemory             int64
	AvailableMemory         int64
	FreeMemory              int64
	TotalCPU                float64
	UsedCPU                 float64
	Coordinates             Coordinates
	LoadAvg                 [3]float64
	LastUpdateTime          int64
	// Ours: what runs here.
	Node     string
	Area     string
	Driver   string
	Runtimes map[string]string
	Version  string
	Policy   string
	Queue    int
	Busy     int
}

// Coordinates are Vivaldi network coordinates.
type Coordinates struct {
	Vec        []float64
	Error      float64
	Height     float64
	Adjustment float64
}

// WorkflowCreateRequest is the body of POST /workflow/create.
type WorkflowCreateRequest struct {
	Name string
	// ASLSrc is the base64 of the definition.
	ASLSrc            string
	OverwriteIfExists bool
}

// QoS is the quality of service that a caller asks for.
type QoS struct {
	Class    int64
	MaxRespT float64
}

// WorkflowInvokeRequest is the body of POST /workflow/invoke/{name}.
type WorkflowInvokeRequest struct {
	Params          json.RawMessage `json:",omitempty"`
	QoS             QoS
	CanDoOffloading bool
	Async           bool
}

// WorkflowInvokeResponse is the answer of POST /workflow/invoke/{name} and, for
// an asynchronous one, of GET /poll/{id}.
type WorkflowInvokeResponse struct {
	Success bool
	Result  json.RawMessage
	// Reports has one report per task that ran, under "Function_<task>".
	Reports        map[string]*InvokeResponse
	ResponseTime   float64
	SchedulingTime float64
	// Ours.
	ReqId string           `json:",omitempty"`
	Error *ExecutionFailed `json:",omitempty"`
}

// ExecutionFailed is how an execution failed.
type ExecutionFailed struct {
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
}
