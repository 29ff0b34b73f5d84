package draw

// Diagram is a picture of a graph: what is where. The unit is the pixel, the
// origin is the upper left corner. It is complete: to draw it takes no graph.
type Diagram struct {
	Width     int       `json:"width"`
	Height    int       `json:"height"`
	Direction Direction `json:"direction"`
	// Boxes hold the states and marks; what contains others comes before them.
	Boxes []Box  `json:"boxes"`
	Edges []Edge `json:"edges"`
}

// Direction is where a workflow runs in its picture.
type Direction string

// The directions.
const (
	Down  Direction = "down"
	Right Direction = "right"
)

// Kind says what a box stands for.
type Kind string

// The kinds of box: the kinds of state, the start and the end of a level, and
// a branch of a Parallel.
const (
	Task     Kind = "task"
	Pass     Kind = "pass"
	Choice   Kind = "choice"
	Wait     Kind = "wait"
	Succeed  Kind = "succeed"
	Fail     Kind = "fail"
	Parallel Kind = "parallel"
	Map      Kind = "map"
	Start    Kind = "start"
	End      Kind = "end"
	Branch   Kind = "branch"
)

// Box is a state, a mark or a branch, and where it is.
type Box struct {
	// ID is the box's place in Diagram.Boxes, Parent that of the box around it,
	// -1 at the top.
	ID     int  `json:"id"`
	Parent int  `json:"parent"`
	Kind   Kind `json:"kind"`
	// Path leads to the state as that of a dag.GraphError does. Marks have none.
	Path string `json:"path,omitempty"`
	Name string `json:"name,omitempty"`
	// Title and Subtitle are what fits the box: the name, perhaps shortened, and
	// what the state calls or is.
	Title    string `json:"title,omitempty"`
	Subtitle string `json:"subtitle,omitempty"`
	// Detail is the subtitle in full.
	Detail string `json:"detail,omitempty"`
	// Container tells that other boxes lie inside.
	Container bool `json:"container,omitempty"`
	// Retries is how often a failed state is tried again at most.
	Retries int `json:"retries,omitempty"`
	// Guarded states have a condition, JoinAny states start when one of their
	// needs is done, Callback states wait to be told, and Distributed maps
	// tolerate failed items.
	Guarded     bool `json:"guarded,omitempty"`
	JoinAny     bool `json:"join_any,omitempty"`
	Callback    bool `json:"callback,omitempty"`
	Distributed bool `json:"distributed,omitempty"`
	Mark
	Rect
}

// Rect is a place: the upper left corner and the size.
type Rect struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Point is a point of an edge.
type Point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// EdgeKind says why an edge leads where it does.
type EdgeKind string

// The kinds of edge. Needs are those of a dataflow graph; Next leads from the
// start and to the end, too.
const (
	Next    EdgeKind = "next"
	Rule    EdgeKind = "rule"
	Default EdgeKind = "default"
	Catch   EdgeKind = "catch"
	Need    EdgeKind = "need"
)

// Edge leads from one box to another of the same level.
type Edge struct {
	From int      `json:"from"`
	To   int      `json:"to"`
	Kind EdgeKind `json:"kind"`
	// Label is what fits, Text is the label in full.
	Label string `json:"label,omitempty"`
	Text  string `json:"text,omitempty"`
	// At is where the label is, if there is one. It lies on the edge.
	At *Rect `json:"at,omitempty"`
	// Back tells that the edge closes a loop.
	Back bool `json:"back,omitempty"`
	// Points are the ends and the bends, in the order of the way. Every piece
	// runs along or across, except in crowded places, where pieces may slant.
	Points []Point `json:"points"`
	// Shared is how many of the last points another edge to the same box, which
	// comes before, has too: it is enough to draw them once.
	Shared int `json:"shared,omitempty"`
}

// Status is how a state has fared in an execution.
type Status string

// The statuses. Unknown says nothing.
const (
	Unknown   Status = ""
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Running   Status = "running"
	Waiting   Status = "not_reached"
)

// Mark is what an execution adds to a state: how it fared, and how often it was
// entered.
type Mark struct {
	Status Status `json:"status,omitempty"`
	Count  int    `json:"count,omitempty"`
}

// Options of a picture; the zero value works.
type Options struct {
	// Direction is Down when empty.
	Direction Direction
	// Mark gives the mark of the state at a path (see Box.Path); nil marks none.
	Mark func(path string) Mark
	// Title names the picture for those who cannot see it.
	Title string
}
