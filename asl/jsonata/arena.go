package jsonata

// arena hands out what lives as long as an evaluation, many at a time. Its last
// chunk serves the next evaluation again.
type arena[T any] struct {
	chunk []T
	room  []T // of the chunk, zero
}

// The sizes of chunks. What is larger is made alone.
const (
	firstChunk = 16
	lastChunk  = 512
)

// take returns n zero values that belong to the caller.
func (a *arena[T]) take(n int) []T {
	if n > len(a.room) {
		if n > lastChunk/4 {
			return make([]T, n)
		}
		a.chunk = make([]T, max(n, firstChunk, min(2*len(a.chunk), lastChunk)))
		a.room = a.chunk
	}
	taken := a.room[:n:n]
	a.room = a.room[n:]
	return taken
}

// one returns a zero value.
func (a *arena[T]) one() *T {
	if len(a.room) == 0 {
		return &a.take(1)[0]
	}
	taken := &a.room[0]
	a.room = a.room[1:]
	return taken
}

// reset takes all back.
func (a *arena[T]) reset() {
	clear(a.chunk[:len(a.chunk)-len(a.room)])
	a.room = a.chunk
}
