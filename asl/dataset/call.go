package dataset

import (
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// ParseReader reads what a Map asks of its reader:
//
//	{"Action": "getObject", "Arguments": {"Bucket": ..., "Key": ...}, "ReaderConfig": {...}}
//
// The action may be listObjectsV2, with a Prefix in place of the Key. Errors are
// *ReadError.
func ParseReader(call value.Value) (Reader, error) {
	config, err := ParseConfig(call.Get("ReaderConfig"))
	if err != nil {
		return Reader{}, err
	}
	r := Reader{Config: config}
	arguments := call.Get("Arguments")
	if r.Bucket, err = argument(arguments, "Bucket"); err != nil {
		return Reader{}, err
	}
	if strings.EqualFold(call.Get("Action").Text(), "listObjectsV2") {
		r.Verb = ListObjects
		if !arguments.Get("Prefix").IsAbsent() {
			r.Prefix, err = argument(arguments, "Prefix")
		}
		return r, err
	}
	r.Key, err = argument(arguments, "Key")
	return r, err
}

// ParseWriter reads what a Map asks of its writer:
//
//	{"Arguments": {"Bucket": ..., "Prefix": ...}, "WriterConfig": {...}, "Results": [...]}
//
// The results are for ParseRecord. Errors are *ReadError.
func ParseWriter(call value.Value) (Writer, error) {
	var w Writer
	var err error
	if config := call.Get("WriterConfig"); config.Kind() == value.Object {
		if w.Config, err = ParseWriterConfig(config); err != nil {
			return Writer{}, err
		}
	}
	arguments := call.Get("Arguments")
	if w.Bucket, err = argument(arguments, "Bucket"); err != nil {
		return Writer{}, err
	}
	if !arguments.Get("Prefix").IsAbsent() {
		w.Prefix, err = argument(arguments, "Prefix")
	}
	return w, err
}

// ParseRecord reads one of the results that a Map has its writer write:
//
//	{"Input": ..., "Output": ..., "Status": ..., "Error": ..., "Cause": ..., "Started": ..., "Ended": ...}
//
// What names the child execution, the caller adds.
func ParseRecord(result value.Value) Record {
	moment := func(key string) time.Time {
		t, _ := time.Parse(time.RFC3339Nano, result.Get(key).Text()) // the language wrote it
		return t
	}
	r := Record{
		Status: Status(result.Get("Status").Text()), Input: result.Get("Input"),
		Error: result.Get("Error").Text(), Cause: result.Get("Cause").Text(), Started: moment("Started"), Stopped: moment("Ended"),
	}
	if r.Status == Succeeded {
		r.Output = result.Get("Output")
	}
	return r
}

// argument reads an argument that must be a text and not be empty.
func argument(arguments value.Value, key string) (string, error) {
	v := arguments.Get(key)
	switch {
	case v.IsAbsent():
		return "", wrong("The argument %s is missing.", key)
	case v.Kind() != value.String:
		return "", wrong("The argument %s must be a string, not %s.", key, v.Kind())
	case v.Text() == "" && key != "Prefix":
		return "", wrong("The argument %s is empty.", key)
	}
	return v.Text(), nil
}
