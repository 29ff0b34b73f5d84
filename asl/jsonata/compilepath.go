package jsonata

func (c *compiler) path(t *tree) expression {
	x := &path{
		absolute: t.steps[0].kind == treeVariable,
		keep:     t.keepSingleton || t.keepArray,
		tuple:    t.tuple,
	}
	if t.grouping != nil {
		x.grouping = c.object(t.grouping.pairs, t.grouping.offset)
	}
	if x.absolute && t.steps[0].value != "" {
		x.variable = c.number(t.steps[0].value)
	}
	for i, part := range t.steps {
		s := c.step(part)
		bare := !s.tuple && s.stages == nil && part.predicates == nil && part.grouping == nil && !part.keepArray
		if x.plain == i && bare && (s.field || i == 0 && x.absolute) {
			x.plain++
			x.names = append(x.names, s.name)
		}
		x.steps = append(x.steps, s)
	}
	x.single = x.plain == 1 && len(x.steps) == 1 && !x.absolute && !x.keep && x.grouping == nil && !x.tuple
	return x
}

func (c *compiler) step(t *tree) step {
	s := step{
		constructed: t.constructed, tuple: t.tuple,
		focus: c.bindOptional(t.focus), index: c.bindOptional(t.index),
	}
	if t.ancestor != nil {
		s.ancestor = c.bind(t.ancestor.label)
	}
	if t.kind == treeSort {
		s.sort = &sortStep{offset: t.offset}
		for _, term := range t.terms {
			s.sort.by = append(s.sort.by, c.compile(term.by))
			s.sort.descending = append(s.sort.descending, term.descending)
		}
	} else {
		s.x = c.compile(t)
		s.field = t.kind == treeName && t.predicates == nil && t.grouping == nil
		s.name = t.value
	}
	for _, p := range t.stages {
		if p.filter != nil {
			s.stages = append(s.stages, stageExpression{filter: c.filter(p.filter)})
		} else {
			s.stages = append(s.stages, stageExpression{index: c.bind(p.index)})
		}
	}
	return s
}
