package jsonata

// match finds how many arguments each parameter takes, the first ones as many
// (or as few) as they can. With whole, no argument may remain.
func (s *signature) match(parameters []parameter, letters []byte, whole bool) ([]int, bool) {
	width := len(letters) + 1
	failed := make([]bool, (len(parameters)+1)*width) // from here, nothing fits
	takes := make([]int, len(parameters))
	var try func(i, from int) bool
	try = func(i, from int) bool {
		if i == len(parameters) {
			return !whole || from == len(letters)
		}
		if failed[i*width+from] {
			return false
		}
		p := &parameters[i]
		most := 0
		for most < p.most && from+most < len(letters) && p.suits(letters[from+most]) {
			most++
		}
		for n := p.least; n <= most; n++ {
			takes[i] = most - (n - p.least)
			if p.lazy {
				takes[i] = n
			}
			if try(i+1, from+takes[i]) {
				return true
			}
		}
		failed[i*width+from] = true
		return false
	}
	return takes, try(0, 0)
}

// mismatch finds the first argument that does not suit.
func (s *signature) mismatch(letters []byte) *Error {
	good := 0
	for n := 1; n <= len(s.parameters); n++ {
		takes, ok := s.match(s.parameters[:n], letters, false)
		if !ok {
			break
		}
		good = 0
		for _, count := range takes {
			good += count
		}
	}
	err := fail("T0410")
	err.details.index = good + 1
	return err
}

// check tests the types of arguments that are passed as they are.
func (s *signature) check(args []item) *Error {
	for i, arg := range args {
		if arg.kind == undefined {
			continue
		}
		p := s.parameters[min(i, len(s.parameters)-1)]
		if !p.suits(letter(arg)) || p.array && arg.kind != array {
			err := fail("T0410")
			err.details.index = i + 1
			return err
		}
	}
	return nil
}
