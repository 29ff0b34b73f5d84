package dag

import "slices"

// Functions lists the functions that a graph calls at any level, sorted and
// without repetition. Those that Target computes are not known.
func Functions(g *Graph) []string {
	var names []string
	var visit func(*Graph)
	visit = func(g *Graph) {
		if g == nil {
			return
		}
		for _, s := range g.States {
			if s.Kind == Task && s.Resource.Kind == FunctionResource && s.Resource.Name != "" {
				names = append(names, s.Resource.Name)
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

// Find returns the state of a name at any level of a graph, nil when there is
// none. Names are unique in machines; of several the first is found.
func Find(g *Graph, name string) *State {
	if g == nil {
		return nil
	}
	for _, s := range g.States {
		if s.Name == name {
			return s
		}
		if found := Find(s.Body, name); found != nil {
			return found
		}
		for _, b := range s.Branches {
			if found := Find(b, name); found != nil {
				return found
			}
		}
	}
	return nil
}
