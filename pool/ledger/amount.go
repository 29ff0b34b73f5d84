package ledger

import "math"

// amount is what instances book: memory in MiB and CPU in millionths, whole
// numbers both, so that what is booked and released comes out even.
type amount struct{ memory, cpu int64 }

// limitless stands for a capacity that is not accounted.
const limitless = math.MaxInt64 / 4

const millionth = 1e6

func newAmount(memoryMB int, cpus float64) amount {
	return amount{memory: int64(memoryMB), cpu: int64(math.Round(cpus * millionth))}
}

func (a amount) plus(b amount) amount  { return amount{a.memory + b.memory, a.cpu + b.cpu} }
func (a amount) minus(b amount) amount { return amount{a.memory - b.memory, a.cpu - b.cpu} }

// within tells whether a fits into b.
func (a amount) within(b amount) bool { return a.memory <= b.memory && (a.cpu == 0 || a.cpu <= b.cpu) }

func (a amount) cpus() float64 { return float64(a.cpu) / millionth }
