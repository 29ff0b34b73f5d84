package jsonpath

// Definite tells whether the path has exactly one value or is missing.
func (p *Path) Definite() bool { return p.definite }
