package draw

// plan is one level on its way to a layout. It knows boxes and joints only as
// sizes, and its directions are across (x) and along (y) the flow; the picture
// may run either way.
type plan struct {
	gauge gauge
	nodes []node // the boxes first, then the joints
	boxes int    // how many nodes are boxes
	links []link
	// first is the box with which a machine begins, -1 in a dataflow graph.
	first int
	// trunks are the shared ends of links, hops all pieces of links and trunks
	// between layers, lanes the ways beside everything.
	trunks []trunk
	hops   []hop
	lanes  []lane
	// layers list the nodes of each layer, in order; before lists the nodes of
	// the layer before that a node has a hop to, after those of the layer after,
	// and beside the boxes of the same layer.
	layers                [][]int
	before, after, beside [][]int
	// pins tell how far from the middle of a box hops touch it, where it is not 0.
	pins map[terminal]int
	w, h int
	// givenUp tells that the level is too wide, or too crowded.
	givenUp bool
}

// node is a box, or a joint: a place that a link passes in a layer between its
// ends, perhaps with a label on it.
type node struct {
	joint bool
	w, h  int
	half  int // from its start across to its middle
	layer int
	pos   int // in its layer
	x, y  int // the middle across, the start along
}

// left and right are how far a node reaches from its middle.
func (n *node) left() int  { return n.half }
func (n *node) right() int { return n.w - n.half }

// link is an edge of the level.
type link struct {
	from, to int
	style    style
	// main links are kept straight before others.
	main bool
	// labelW and labelH are the size of the label, label is the joint that bears
	// it, -1 when there is none.
	labelW, labelH, label int
	// back links close a loop.
	back bool
	// hops are the link's own, in order; then it follows trunk (-1: none) from
	// its hop number entry on.
	hops         []int
	trunk, entry int
	// points are what comes out, the last shared of them with an earlier link.
	points []Point
	shared int
}

// style keeps apart what must not be drawn as one line: links of the same style
// leave a box at the same place, and may share the way to a common end.
type style uint8

const (
	solid  style = iota // what follows a success
	dashed              // what follows a failure
)

// side is where a hop touches a node: before it or after it, along the flow.
type side uint8

const (
	head side = iota
	tail
)

// spot is an end of a hop: a side of a node, or a lane.
type spot struct {
	node int // the lane when lane is set
	side side
	lane bool
}

// hop is a piece of a link or a trunk inside one gap. Gap i lies before layer i.
type hop struct {
	gap   int
	a, b  spot
	style style
	main  bool
	// points run from a to b. A hop that slants does so between from and to; one
	// that turns inside its layer does so from after the start of its box.
	points   []Point
	slants   bool
	inside   bool
	from, to int
}

// arrange lays the level out: every node gets its place, every link its points.
func (p *plan) arrange() {
	p.cutLoops()
	p.layerUp()
	p.join()
	p.order()
	p.align()
	if most := p.gauge.most; most > 0 && p.w > most {
		p.givenUp = true
		return
	}
	p.route()
}
