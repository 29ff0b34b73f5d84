package dag

import "slices"

// Functions lists the functions that a graph calls at any level, sorted and
// without repetition. Those that FunctionFor computes are not known.
func Functions(g *Graph) []string {
	var names []string
	var visit func(*Graph)
	visit = func(g *Graph) {
		if g == nil {
			return
		}
		for _, s := range g.States {
			if s.Kind == Task && s.FunctionFor == nil {
				names = append(names, s.Function)
			}
			visit(s.Body)
			for _, b := range s.Branches {
				visit(b)
			}
		}
	}
	visit(g)
	slices.Sort(names)
	return slices.Compact(names)
}
