package dataset

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// MaxFile is the size after which results go on in another file, in bytes. AWS
// has 5 GB; a file of this size can be looked at.
const MaxFile = 64 << 20

// Sink makes the files of results.
type Sink interface {
	// Create begins an object. It is there when Close has returned without an
	// error, and never when Abandon was called.
	Create(bucket, key string) (File, error)
}

// File is an object that is being written.
type File interface {
	io.WriteCloser
	// Abandon ends the writing so that no object comes of it.
	Abandon()
}

// Writer is a ResultWriter with all its fields evaluated.
type Writer struct {
	Bucket, Prefix string
	// MapRunArn names the Map run; what follows its last colon names the folder
	// of the files.
	MapRunArn string
	Config    WriterConfig
	// MaxFile is the constant of that name when 0.
	MaxFile int64
}

// Export writes the records into files by status, and at the end the manifest
// that lists them. It returns the result of the Map state:
//
//	{"MapRunArn": ..., "ResultWriterDetails": {"Bucket": ..., "Key": ...}}
//
// An error of a record or of the Sink ends it, and is handed on as it is: then
// there is no manifest.
func (w Writer) Export(records iter.Seq2[Record, error], to Sink) (value.Value, error) {
	if err := w.Config.Check(); err != nil {
		return value.Value{}, err
	}
	e := &export{Writer: w, sink: to, groups: map[Status]*group{}}
	for _, status := range []Status{Failed, Pending, Succeeded} {
		e.groups[status] = &group{status: status}
	}
	if err := e.run(records); err != nil {
		e.abandon()
		return value.Value{}, err
	}
	key := w.key("manifest.json")
	if err := e.put(key, e.manifest().Bytes()); err != nil {
		return value.Value{}, err
	}
	details := value.OfObject(value.Member{Key: "Bucket", Value: value.OfString(w.Bucket)}, value.Member{Key: "Key", Value: value.OfString(key)})
	return value.OfObject(value.Member{Key: "MapRunArn", Value: value.OfString(w.MapRunArn)}, value.Member{Key: "ResultWriterDetails", Value: details}), nil
}

// key names a file of the export.
func (w Writer) key(name string) string {
	run := w.MapRunArn[strings.LastIndexByte(w.MapRunArn, ':')+1:]
	if prefix := strings.TrimRight(w.Prefix, "/"); prefix != "" {
		return prefix + "/" + run + "/" + name
	}
	return run + "/" + name
}

// export is an Export that goes on.
type export struct {
	Writer
	sink   Sink
	groups map[Status]*group
}

// group is the files of a status.
type group struct {
	status Status
	done   []value.Value // {"Key": ..., "Size": ...}
	file   File          // the one that is written, nil when there is none
	key    string
	size   int64
}

func (e *export) run(records iter.Seq2[Record, error]) error {
	for record, err := range records {
		if err != nil {
			return err
		}
		for _, entry := range record.Entries(e.Config.Transformation) {
			if err := e.add(e.groups[record.Status.group()], entry); err != nil {
				return err
			}
		}
	}
	return errors.Join(e.close(e.groups[Failed]), e.close(e.groups[Pending]), e.close(e.groups[Succeeded]))
}

// add writes an entry, into another file when this one has enough.
func (e *export) add(g *group, entry value.Value) error {
	most := e.MaxFile
	if most <= 0 {
		most = MaxFile
	}
	text := entry.Bytes()
	const around = 2 // a comma or the end of a line, and a bracket
	if g.file != nil && g.size+int64(len(text))+around > most {
		if err := e.close(g); err != nil {
			return err
		}
	}
	lines := e.Config.OutputType == OutputJSONL
	if g.file == nil {
		if err := e.open(g); err != nil {
			return err
		}
		if !lines {
			text = append([]byte{'['}, text...)
		}
	} else if !lines {
		text = append([]byte{','}, text...)
	}
	if lines {
		text = append(slices.Clip(text), '\n')
	}
	n, err := g.file.Write(text)
	g.size += int64(n)
	return err
}

func (e *export) open(g *group) error {
	extension := "json"
	if e.Config.OutputType == OutputJSONL {
		extension = "jsonl"
	}
	g.key = e.key(fmt.Sprintf("%s_%d.%s", g.status, len(g.done), extension))
	file, err := e.sink.Create(e.Bucket, g.key)
	if err != nil {
		return err
	}
	g.file, g.size = file, 0
	return nil
}

// close ends the file of a group, if it has one.
func (e *export) close(g *group) error {
	if g.file == nil {
		return nil
	}
	if e.Config.OutputType != OutputJSONL {
		n, err := g.file.Write([]byte{']'})
		if g.size += int64(n); err != nil {
			return err
		}
	}
	file := g.file
	g.file = nil
	if err := file.Close(); err != nil {
		return err
	}
	g.done = append(g.done, value.OfObject(value.Member{Key: "Key", Value: value.OfString(g.key)}, value.Member{Key: "Size", Value: value.OfInt(g.size)}))
	return nil
}

// abandon gives up the files that are being written.
func (e *export) abandon() {
	for _, g := range e.groups {
		if g.file != nil {
			g.file.Abandon()
		}
	}
}

// manifest lists the files.
func (e *export) manifest() value.Value {
	files := make([]value.Member, 0, len(e.groups))
	for _, status := range []Status{Failed, Pending, Succeeded} {
		files = append(files, value.Member{Key: string(status), Value: value.OfArray(e.groups[status].done...)})
	}
	return value.OfObject(
		value.Member{Key: "DestinationBucket", Value: value.OfString(e.Bucket)},
		value.Member{Key: "MapRunArn", Value: value.OfString(e.MapRunArn)},
		value.Member{Key: "ResultFiles", Value: value.OfObject(files...)})
}

// put writes a whole object.
func (e *export) put(key string, content []byte) error {
	file, err := e.sink.Create(e.Bucket, key)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		file.Abandon()
		return err
	}
	return file.Close()
}
