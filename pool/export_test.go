package pool

// Kept counts what the pool remembers of instances and callers.
func (p *Pool) Kept() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.slots) + len(p.waiters)
}
