// Package dataset is the formats of a distributed Map: it turns the bytes of
// objects into items (ItemReader), and the results of child executions into
// files (ResultWriter), as AWS Step Functions does. It reads what it is handed
// and writes where it is told; it opens nothing itself (Source, Sink) and does
// not know of any store.
//
// Its invariant: memory is bounded by a record, not by an object. Objects may
// be of ten gibibytes and from anybody: records, depths, totals and what comes
// out of compression have limits, and what is wrong with the bytes is a
// *ReadError, never a panic. Where AWS's text for it is known, it is that text,
// to the letter.
package dataset
