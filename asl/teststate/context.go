package teststate

import (
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// unnamed is what AWS calls the state that is tested, whatever its name in the
// definition.
const unnamed = "StateName"

// millis is how the context object writes dates.
const millis = "2006-01-02T15:04:05.000Z"

// field is what the context object may hold under a key: fields of its own, or
// a value of a kind (value.Absent: of any).
type field struct {
	kind   value.Kind
	fields map[string]field
}

// contextFields are the fields of a context object. Map is not among them: the
// item of a Map is told by the test itself.
func contextFields() map[string]field {
	text, number := field{kind: value.String}, field{kind: value.Number}
	return map[string]field{
		"Execution": {fields: map[string]field{
			"Id": text, "Input": {}, "Name": text, "RoleArn": text, "StartTime": text, "RedriveCount": number, "RedriveTime": text,
		}},
		"StateMachine": {fields: map[string]field{"Id": text, "Name": text}},
		"State":        {fields: map[string]field{"EnteredTime": text, "Name": text, "RetryCount": number}},
		"Task":         {fields: map[string]field{"Token": text}},
	}
}

// checkContext checks a context object that a request gives.
func checkContext(c value.Value, s *dag.State) error {
	if c.IsAbsent() {
		return nil
	}
	if c.Kind() != value.Object {
		return badContext("it must be a JSON object")
	}
	known := contextFields()
	if !c.Get("Map").IsAbsent() {
		return badContext("'Map' field is not supported when mocking a Context object")
	}
	if err := checkFields(c, known); err != nil {
		return err
	}
	if waits := s.Kind == dag.Task && s.Resource.Pattern != dag.Respond; !waits && !c.Get("Task").IsAbsent() {
		return badContext("Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern")
	}
	return nil
}

func checkFields(v value.Value, known map[string]field) error {
	for key, x := range v.Members() {
		f, ok := known[key]
		switch {
		case !ok:
			return badContext("Field '%s' is not allowed", key)
		case f.fields != nil && x.Kind() != value.Object:
			return badContext("Field '%s' must be an object", key)
		case f.fields != nil:
			if err := checkFields(x, f.fields); err != nil {
				return err
			}
		case f.kind != value.Absent && x.Kind() != f.kind && x.Kind() != value.Null:
			return badContext("Field '%s' must be a %s", key, f.kind)
		}
	}
	return nil
}

func badContext(format string, args ...any) error {
	return fault.New(fault.Invalid, "invalid_context", "Invalid Context object provided: "+format, args...)
}

// context makes up the context object of a state that is tested. Only what is
// called has a role, and only what can be retried a count of retries.
func (i Identity) context(s *dag.State, input value.Value, now time.Time, retries int) value.Value {
	date := value.OfString(now.UTC().Format(millis))
	role, count, task := value.NullValue, value.Value{}, value.Value{}
	switch s.Kind {
	case dag.Task, dag.Parallel, dag.Map:
		role, count = value.OfString(i.Role), value.OfInt(int64(retries))
	case dag.Pass, dag.Choice, dag.Wait, dag.Succeed, dag.Fail:
	}
	if s.Kind == dag.Task && s.Resource.Pattern == dag.Callback {
		task = value.OfObject(member("Token", value.OfString(i.Execution+".token")))
	}
	return value.OfObject(
		member("Execution", value.OfObject(
			member("Id", value.OfString(i.Execution)), member("Input", input), member("Name", value.OfString(i.Name)),
			member("RoleArn", role), member("StartTime", date),
		)),
		member("StateMachine", value.OfObject(member("Id", value.OfString(i.MachineID)), member("Name", value.OfString(i.Machine)))),
		member("State", value.OfObject(member("Name", value.OfString(unnamed)), member("EnteredTime", date), member("RetryCount", count))),
		member("Task", task),
	)
}

func member(key string, v value.Value) value.Member { return value.Member{Key: key, Value: v} }
