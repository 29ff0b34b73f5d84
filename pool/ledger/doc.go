// Package ledger decides which caller gets which instance, what to boot and
// what to evict. It is pure: it holds identifiers and amounts, never handles,
// and learns the time with each event. It neither starts nor stops anything:
// package pool does, and tells what came of it.
//
// A Ledger applies an event and then restores the order of things, always by
// the same rules, so that no path can forget a caller or an amount:
//
//   - The callers stand in one order: the higher class first, then the earlier
//     deadline, then the earlier arrival.
//   - A free slot of a live instance goes to the first caller of its function
//     at once, the most recently used instance first. No caller waits beside a
//     free slot of its function, save for want of CPU.
//   - Room for a new instance goes to the first caller that lacks one, and those
//     behind do not take it. To make room, idle instances are stopped, the least
//     recently used first, but none whose function has a caller waiting for CPU.
//   - Whom an instance is booted for is not written down: whoever is first
//     when it has started takes it.
//   - A caller is covered when a booting instance has a slot for it, or room for
//     one is there or being made. Of the callers that are not covered the first
//     QueueCapacity wait, and the others are refused.
//
// Memory is booked from the decision to start until the removal is complete.
// CPU is booked while an instance boots or has calls in flight, and, for one
// that is destroyed with its calls, until its removal is complete; an idle
// instance books none. A warm start goes before a boot when CPU is short.
//
// Invariant: the booked amounts are the sums over the instances; they are never
// negative, and no decision takes them over the capacity.
package ledger
