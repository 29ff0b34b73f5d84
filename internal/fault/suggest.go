package fault

import "strings"

// Suggest returns the name of known that a person most likely meant by name,
// or "" when none is near: about a third of the letters may differ.
func Suggest(name string, known []string) string {
	best, bound := "", (len(name)+1)/3
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k), bound); d <= bound && (best == "" || d < bound) {
			best, bound = k, d
		}
	}
	return best
}

// distance is the Damerau-Levenshtein distance (optimal string alignment) of a
// and b in bytes; it returns bound+1 as soon as the distance must exceed bound.
func distance(a, b string, bound int) int {
	if len(a)-len(b) > bound || len(b)-len(a) > bound {
		return bound + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > bound {
			return bound + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
