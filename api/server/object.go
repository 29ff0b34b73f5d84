package server

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// object binds the members of a JSON object to Go variables, one call a
// member, and gathers every fault with its pointer.
//
// The strict form serves /v1: names have one spelling, null is no value, and
// members that nobody asked for are faults. The lenient form serves the routes
// of existing clients as encoding/json would: names in any case, null is
// nothing, other members are ignored.
type object struct {
	members value.Value
	lenient bool
	at      string
	names   []string
	faults  *[]fault.Field
}

// openObject wraps a document that must be an object.
func openObject(v value.Value, lenient bool) *object {
	o := &object{members: v, lenient: lenient, faults: new([]fault.Field)}
	if v.Kind() != value.Object {
		o.bad("", "invalid_type", "must be an object, found %s", v.Kind())
	}
	return o
}

func (o *object) bad(pointer, code, format string, args ...any) {
	*o.faults = append(*o.faults, fault.Field{Pointer: o.at + pointer, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// find returns the member of a name; ok is false when there is none, or when
// what is there has another kind (then that is a fault).
func (o *object) find(name string, kinds ...value.Kind) (v value.Value, ok bool) {
	o.names = append(o.names, name)
	v = o.members.Get(name)
	if v.IsAbsent() && o.lenient {
		for key, member := range o.members.Members() {
			if strings.EqualFold(key, name) {
				v = member
			}
		}
	}
	if v.IsAbsent() || o.lenient && v.Kind() == value.Null {
		return value.Value{}, false
	}
	for _, kind := range kinds {
		if v.Kind() == kind {
			return v, true
		}
	}
	if len(kinds) > 0 {
		o.bad(pointerTo(name), "invalid_type", "must be of type %s, found %s", kinds[0], v.Kind())
		return value.Value{}, false
	}
	return v, true
}

// text binds a string of at most so many bytes.
func (o *object) text(name string, to *string, most int) {
	v, ok := o.find(name, value.String)
	if !ok {
		return
	}
	if text := v.Text(); len(text) <= most {
		*to = text
		return
	}
	o.bad(pointerTo(name), "too_long", "must have at most %d bytes", most)
}

// truth binds a boolean.
func (o *object) truth(name string, to *bool) {
	if v, ok := o.find(name, value.Bool); ok {
		*to = v.Bool()
	}
}

// whole binds a whole number within bounds.
func whole[T ~int | ~int16 | ~int64](o *object, name string, to *T, least, most int64) {
	v, ok := o.find(name, value.Number)
	if !ok {
		return
	}
	if literal := v.Literal(); len(literal) <= 64 {
		if n, ok := v.Int(); ok && n >= least && n <= most {
			*to = T(n)
			return
		}
	}
	o.bad(pointerTo(name), "out_of_range", "must be a whole number from %d to %d", least, most)
}

// real binds a number within bounds.
func (o *object) real(name string, to *float64, least, most float64) {
	v, ok := o.find(name, value.Number)
	if !ok {
		return
	}
	f, err := strconv.ParseFloat(v.Literal(), 64)
	if err != nil || math.IsNaN(f) || f < least || f > most {
		o.bad(pointerTo(name), "out_of_range", "must be a number from %g to %g", least, most)
		return
	}
	*to = f
}

// duration binds a Go duration within bounds, given as text ("1m30s").
func (o *object) duration(name string, to *time.Duration, most time.Duration) {
	v, ok := o.find(name, value.String)
	if !ok {
		return
	}
	text := v.Text()
	if len(text) > 64 {
		o.bad(pointerTo(name), "invalid_duration", "%s is too long for a duration", name)
		return
	}
	if text == "" {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		o.bad(pointerTo(name), "invalid_duration", "must be a duration such as 30s or 1m30s")
		return
	}
	if d <= 0 || d > most {
		o.bad(pointerTo(name), "out_of_range", "must be more than 0 and at most %s", most)
		return
	}
	*to = d
}

// object opens a member that is an object itself; nil when there is none.
func (o *object) object(name string) *object {
	v, ok := o.find(name, value.Object)
	if !ok {
		return nil
	}
	return &object{members: v, lenient: o.lenient, at: o.at + pointerTo(name), faults: o.faults}
}

// objects opens the elements of a member that is an array of objects.
func (o *object) objects(name string, most int, each func(*object)) {
	v, ok := o.find(name, value.Array)
	if !ok {
		return
	}
	if v.Len() > most {
		o.bad(pointerTo(name), "too_many", "must have at most %d elements", most)
		return
	}
	for i, element := range v.Elements() {
		at := pointerTo(name) + "/" + strconv.Itoa(i)
		if element.Kind() != value.Object {
			o.bad(at, "invalid_type", "%s must have objects as elements, found %s", name, element.Kind())
			continue
		}
		each(&object{members: element, lenient: o.lenient, at: o.at + at, faults: o.faults})
	}
}

// entries opens the members of an object that has objects under any names.
func (o *object) entries(each func(name string, entry *object)) {
	for name, entry := range o.members.Members() {
		at := pointerTo(clip(name, 128))
		if entry.Kind() != value.Object {
			o.bad(at, "invalid_type", "must be an object, found %s", entry.Kind())
			continue
		}
		each(name, &object{members: entry, lenient: o.lenient, at: o.at + at, faults: o.faults})
	}
}

// texts binds an object whose members are all strings.
func (o *object) texts(name string, most int) map[string]string {
	v, ok := o.find(name, value.Object)
	if !ok {
		return nil
	}
	if v.Len() > most {
		o.bad(pointerTo(name), "too_many", "must have at most %d members", most)
		return nil
	}
	texts := make(map[string]string, v.Len())
	for key, member := range v.Members() {
		if member.Kind() != value.String {
			o.bad(pointerTo(name)+pointerTo(clip(key, 64)), "invalid_type", "must be of type string, found %s", member.Kind())
			continue
		}
		texts[key] = member.Text()
	}
	return texts
}

// list binds an array of strings.
func (o *object) list(name string, most, longest int) []string {
	v, ok := o.find(name, value.Array)
	if !ok {
		return nil
	}
	if v.Len() > most {
		o.bad(pointerTo(name), "too_many", "must have at most %d elements", most)
		return nil
	}
	var list []string
	for i, element := range v.Elements() {
		if element.Kind() != value.String || len(element.Text()) > longest {
			o.bad(pointerTo(name)+"/"+strconv.Itoa(i), "invalid_type", "must be a string of at most %d bytes", longest)
			continue
		}
		list = append(list, element.Text())
	}
	return list
}

// required adds a fault when a member is missing.
func (o *object) required(name string) {
	if o.members.Kind() == value.Object && o.members.Get(name).IsAbsent() {
		o.bad(pointerTo(name), "required", "%s is missing", name)
	}
}

// close ends the binding of an object: of a strict one, members that were not
// asked for are faults.
func (o *object) close() {
	if o.lenient || o.members.Kind() != value.Object {
		return
	}
	for key := range o.members.Members() {
		known := false
		for _, name := range o.names {
			known = known || name == key
		}
		if known {
			continue
		}
		detail := fmt.Sprintf("there is no field %q here", clip(key, 64))
		if near := fault.Suggest(clip(key, 64), o.names); near != "" {
			detail += fmt.Sprintf("; did you mean %q?", near)
		}
		o.bad(pointerTo(clip(key, 64)), "unknown_field", "%s", detail)
	}
}

// err returns all faults as one error, nil when there are none. A field that
// is not known makes the whole request one that is not understood.
func (o *object) err() error {
	faults := *o.faults
	if len(faults) == 0 {
		return nil
	}
	code := "invalid_request"
	if len(faults) == 1 {
		code = faults[0].Code
	}
	details := make([]string, 0, len(faults))
	for _, f := range faults {
		if f.Code == "unknown_field" {
			code = f.Code
		}
		details = append(details, strings.TrimSpace(f.Pointer+" "+f.Detail))
	}
	return fault.New(fault.Invalid, code, "%s", clip(strings.Join(details, "; "), 1024)).WithFields(faults...)
}

// pointerTo returns the RFC 6901 step to a member.
func pointerTo(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
