package dataset

import (
	"errors"
	"io"
	"iter"
)

// Source opens what a reader needs. Its errors are handed on as they are.
type Source interface {
	// Stream opens an object for reading from its beginning.
	Stream(bucket, key string) (io.ReadCloser, error)
	// Random opens an object for reading at any place, as a Parquet needs it.
	Random(bucket, key string) (Random, error)
	// List yields the objects whose keys begin with a prefix, in their order. An
	// error is the last that it yields.
	List(bucket, prefix string) iter.Seq2[Listed, error]
}

// Random is an object that can be read at any place. It needs no closing.
type Random interface {
	io.ReaderAt
	Size() int64
}

// Reader is an ItemReader with all its fields evaluated.
type Reader struct {
	Verb   Verb
	Bucket string
	// Key is what GetObject reads, Prefix what ListObjects lists.
	Key, Prefix string
	Config      Config
	Limits      Limits
}

// Items yields the items of a dataset in their order, as it reads them. An error
// is the last that it yields: a *ReadError, or one of the Source.
func (r Reader) Items(from Source) iter.Seq2[Item, error] {
	return sequence(func(to emit) error {
		if err := r.Config.Check(r.Verb); err != nil {
			return err
		}
		most := r.Config.MaxItems
		if most == 0 {
			most = MaxItems
		}
		return r.read(from, atMost(most, to))
	})
}

// Decode yields the items of a CSV, JSON or JSONL that is not in a store. name
// is what errors call it.
func Decode(c Config, name string, from io.Reader) iter.Seq2[Item, error] {
	r := Reader{Verb: GetObject, Config: c}
	return sequence(func(to emit) error {
		if err := c.Check(GetObject); err != nil {
			return err
		}
		most := c.MaxItems
		if most == 0 {
			most = MaxItems
		}
		return r.stream(name, from, c, atMost(most, to))
	})
}

func (r Reader) read(from Source, to emit) error {
	switch {
	case r.Verb == ListObjects && r.Config.Transformation == LoadAndFlatten:
		return r.readListed(from, to)
	case r.Verb == ListObjects:
		return r.readListing(from, to)
	case r.Config.ManifestType == AthenaData:
		return r.readAthena(from, to)
	case r.Config.ManifestType == S3Inventory || r.Config.InputType == Manifest:
		return r.readInventory(from, to)
	}
	return r.object(from, r.Bucket, r.Key, r.Config, to)
}

// readListing emits the metadata of objects.
func (r Reader) readListing(from Source, to emit) error {
	source := uri(r.Bucket, "")
	for listed, err := range from.List(r.Bucket, r.Prefix) {
		if err != nil {
			return err
		}
		if err := to(Item{Value: listed.value(), Source: source}); err != nil {
			return err
		}
	}
	return nil
}

// readListed emits the items of each object of a listing.
func (r Reader) readListed(from Source, to emit) error {
	for listed, err := range from.List(r.Bucket, r.Prefix) {
		if err != nil {
			return err
		}
		if listed.folder() {
			continue
		}
		if err := r.object(from, r.Bucket, listed.Key, r.Config, to); err != nil {
			return err
		}
	}
	return nil
}

// object emits the items of an object.
func (r Reader) object(from Source, bucket, key string, c Config, to emit) error {
	source := uri(bucket, key)
	to = named(source, to)
	if c.InputType == Parquet {
		object, err := from.Random(bucket, key)
		if err != nil {
			return err
		}
		return readParquet(source, r.Limits, object, to)
	}
	stream, err := from.Stream(bucket, key)
	if err != nil {
		return err
	}
	err = r.stream(source, stream, c, to)
	if closed := stream.Close(); err == nil {
		err = closed
	}
	return err
}

// named gives items their source.
func named(source string, to emit) emit {
	return func(i Item) error {
		i.Source = source
		return to(i)
	}
}

// stream emits the items of a text.
func (r Reader) stream(name string, from io.Reader, c Config, to emit) error {
	in, err := newInput(name, r.Limits, from)
	if err != nil {
		return err
	}
	switch c.InputType {
	case CSV:
		return readCSV(in, c, to)
	case JSON:
		return readJSON(in, c, to)
	case JSONL:
		return readJSONL(in, to)
	case Parquet, Manifest:
	}
	return errors.New("unreachable: a text of the type " + string(c.InputType))
}
