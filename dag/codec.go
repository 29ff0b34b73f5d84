package dag

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// Kernel numbers the rules by which entries unfold. It goes up when an old
// journal would unfold differently; DecodeEntry refuses journals of a newer
// kernel.
const Kernel = 2

// EncodeEntry codes an entry as JSON for the journal. Values are written as
// they are, byte by byte, so that a replay sees what the execution saw.
func EncodeEntry(e Entry) ([]byte, error) {
	b := make([]byte, 0, 256)
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = appendTime(append(b, `,"at":`...), e.At)
	b = append(b, `,"type":`...)
	switch ev := e.Event.(type) {
	case Started:
		b = append(b, `"started","kernel":`...)
		b = strconv.AppendInt(b, Kernel, 10)
		b = append(b, `,"seed":"`...)
		b = append(strconv.AppendUint(b, ev.Seed, 10), '"')
		b = appendValue(b, "input", ev.Input)
		b = appendInfo(append(b, `,"info":`...), ev.Info)
	case Succeeded:
		b = appendAttempt(append(b, `"succeeded"`...), ev.Activation, ev.Attempt)
		b = appendValue(b, "output", ev.Output)
		if ev.Whole {
			b = append(b, `,"whole":true`...)
		}
	case Failed:
		b = appendAttempt(append(b, `"failed"`...), ev.Activation, ev.Attempt)
		b = appendFailure(append(b, `,"failure":`...), ev.Failure)
	case Fired:
		b = append(b, `"fired","timer":`...)
		b = strconv.AppendUint(b, uint64(ev.Timer), 10)
	case Heartbeat:
		b = appendAttempt(append(b, `"heartbeat"`...), ev.Activation, ev.Attempt)
	case Aborted:
		b = appendFailure(append(b, `"aborted","failure":`...), ev.Failure)
	case Redriven:
		b = append(b, `"redriven"`...)
	default:
		return nil, fmt.Errorf("entry %d: %w", e.Seq, ErrNoEvent)
	}
	if len(e.Note) > 0 {
		if !json.Valid(e.Note) {
			return nil, fmt.Errorf("entry %d has a note that is not JSON", e.Seq)
		}
		b = append(append(b, `,"note":`...), e.Note...)
	}
	return append(b, '}'), nil
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

func appendValue(b []byte, key string, v value.Value) []byte {
	if v.IsAbsent() {
		return b
	}
	b = append(append(append(b, `,"`...), key...), `":`...)
	return append(b, v.Bytes()...)
}

func appendAttempt(b []byte, activation ID, attempt int) []byte {
	b = append(b, `,"activation":`...)
	b = strconv.AppendUint(b, uint64(activation), 10)
	b = append(b, `,"attempt":`...)
	return strconv.AppendInt(b, int64(attempt), 10)
}

func appendFailure(b []byte, f Failure) []byte {
	b = value.AppendString(append(b, `{"error":`...), f.Error)
	if f.Cause != "" {
		b = value.AppendString(append(b, `,"cause":`...), f.Cause)
	}
	if f.Fatal {
		b = append(b, `,"fatal":true`...)
	}
	return append(b, '}')
}

func appendInfo(b []byte, i Info) []byte {
	b = value.AppendString(append(b, `{"id":`...), i.ID)
	b = value.AppendString(append(b, `,"name":`...), i.Name)
	b = value.AppendString(append(b, `,"workflow":`...), i.Workflow)
	if !i.Start.IsZero() {
		b = appendTime(append(b, `,"start":`...), i.Start)
	}
	b = append(b, `,"redrives":`...)
	b = strconv.AppendInt(b, int64(i.Redrives), 10)
	return append(b, '}')
}

// DecodeEntry reads what EncodeEntry wrote.
func DecodeEntry(text []byte) (Entry, error) {
	var r reader
	if err := r.in.UnmarshalJSON(text); err != nil {
		return Entry{}, fmt.Errorf("an entry of the journal is not JSON: %w", err)
	}
	e := Entry{Seq: r.uint(r.in, "seq"), At: r.time(r.in, "at")}
	if note := r.in.Get("note"); !note.IsAbsent() {
		e.Note = note.Bytes()
	}
	e.Event = r.event()
	if r.err != nil {
		return Entry{}, fmt.Errorf("entry %d of the journal: %w", e.Seq, r.err)
	}
	return e, nil
}

// MarshalJSON is EncodeEntry for an entry within a larger document. Note that
// json.Marshal escapes <, > and & in it; a journal wants EncodeEntry.
func (e Entry) MarshalJSON() ([]byte, error) { return EncodeEntry(e) }

// UnmarshalJSON is DecodeEntry.
func (e *Entry) UnmarshalJSON(text []byte) error {
	decoded, err := DecodeEntry(text)
	if err == nil {
		*e = decoded
	}
	return err
}

// reader takes fields out of a document and remembers the first fault.
type reader struct {
	in  value.Value
	err error
}

func (r *reader) event() Event {
	switch kind := r.in.Get("type").Text(); kind {
	case "started":
		if k := r.uint(r.in, "kernel"); k > Kernel {
			r.fault("it was written by kernel %d, this is kernel %d", k, Kernel)
		}
		return Started{Seed: r.seed(), Input: r.in.Get("input"), Info: r.info()}
	case "succeeded":
		return Succeeded{Activation: r.id("activation"), Attempt: r.attempt(), Output: r.in.Get("output"), Whole: r.in.Get("whole").Bool()}
	case "failed":
		return Failed{Activation: r.id("activation"), Attempt: r.attempt(), Failure: r.failure()}
	case "fired":
		return Fired{Timer: r.id("timer")}
	case "heartbeat":
		return Heartbeat{Activation: r.id("activation"), Attempt: r.attempt()}
	case "aborted":
		return Aborted{Failure: r.failure()}
	case "redriven":
		return Redriven{}
	default:
		r.fault("its type is %q", kind)
		return nil
	}
}

func (r *reader) fault(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) uint(in value.Value, key string) uint64 {
	n, err := strconv.ParseUint(in.Get(key).Literal(), 10, 64)
	if err != nil {
		r.fault("its %s is not a number from 0", key)
	}
	return n
}

func (r *reader) id(key string) ID { return ID(r.uint(r.in, key)) }

func (r *reader) attempt() int {
	n, ok := r.in.Get("attempt").Int()
	if !ok {
		r.fault("its attempt is not a whole number")
	}
	return int(n)
}

func (r *reader) seed() uint64 {
	n, err := strconv.ParseUint(r.in.Get("seed").Text(), 10, 64)
	if err != nil {
		r.fault("its seed is not a number in quotes")
	}
	return n
}

func (r *reader) time(in value.Value, key string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, in.Get(key).Text())
	if err != nil {
		r.fault("its %s is not a date", key)
	}
	return t.UTC()
}

func (r *reader) failure() Failure {
	f := r.in.Get("failure")
	if f.Kind() != value.Object {
		r.fault("it has no failure")
	}
	return Failure{Error: f.Get("error").Text(), Cause: f.Get("cause").Text(), Fatal: f.Get("fatal").Bool()}
}

func (r *reader) info() Info {
	in := r.in.Get("info")
	i := Info{ID: in.Get("id").Text(), Name: in.Get("name").Text(), Workflow: in.Get("workflow").Text()}
	if !in.Get("start").IsAbsent() {
		i.Start = r.time(in, "start")
	}
	if in.Kind() == value.Object {
		i.Redrives = int(r.uint(in, "redrives"))
	}
	return i
}
