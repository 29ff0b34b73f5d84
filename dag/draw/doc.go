// Package draw makes pictures of workflow graphs.
//
// Layout finds the places: it turns a dag.Graph into a Diagram of boxes, lines
// and labels with coordinates, which any program may draw. SVG, Text, Mermaid
// and DOT write pictures; a Diagram is also plain JSON.
//
// No edge of a graph crosses the border of a Parallel or Map, so every level is
// laid out alone and is then one box of its parent's level. A level is laid out
// in layers: loops are cut (loop.go), states are put in layers (layer.go), long
// edges get a joint in every layer that they pass (chain.go), the order in the
// layers is improved until few edges cross (order.go), coordinates are found
// that keep chains straight (align.go), and the edges get tracks between the
// layers (channel.go). Edges run at right angles and never through a box.
//
// It decides nothing and runs nothing. The invariant: equal graphs give equal
// pictures, whatever the machine; all arithmetic is on whole numbers.
package draw
