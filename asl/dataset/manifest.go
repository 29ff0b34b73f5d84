package dataset

import (
	"errors"
	"io"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// readAthena emits the items of the objects that a manifest of Athena's UNLOAD
// names: one s3://bucket/key in each line.
func (r Reader) readAthena(from Source, to emit) error {
	name := uri(r.Bucket, r.Key)
	stream, err := from.Stream(r.Bucket, r.Key)
	if err != nil {
		return err
	}
	defer stream.Close()
	in, err := newInput(name, r.Limits, stream)
	if err != nil {
		return err
	}
	for lines := newTable(in, Comma); ; {
		row, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		bucket, key, ok := parseURI(strings.TrimSpace(row[0]))
		if !ok {
			return wrong("%s: %s has %q where s3://bucket/key should be.", name, lines.place(), clip(row[0]))
		}
		if err := r.object(from, bucket, key, r.Config, to); err != nil {
			return err
		}
	}
}

func parseURI(text string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(text, "s3://")
	if !ok {
		return "", "", false
	}
	bucket, key, ok = strings.Cut(rest, "/")
	return bucket, key, ok && bucket != "" && key != ""
}

// inventory is the manifest.json of an S3 inventory.
type inventory struct {
	bucket  string
	headers []string
	files   []string
}

// readInventory emits a row of an S3 inventory for each object that it lists:
// an object with the fields that the inventory was configured to have.
func (r Reader) readInventory(from Source, to emit) error {
	list, err := r.parseInventory(from)
	if err != nil {
		return err
	}
	rows := Config{InputType: CSV, HeaderLocation: Given, Headers: list.headers}
	for _, file := range list.files {
		if err := r.object(from, list.bucket, file, rows, to); err != nil {
			return err
		}
	}
	return nil
}

func (r Reader) parseInventory(from Source) (inventory, error) {
	var list inventory
	name := uri(r.Bucket, r.Key)
	manifest, err := r.document(from, name)
	if err != nil {
		return list, err
	}
	if format := manifest.Get("fileFormat").Text(); format != "CSV" {
		return list, wrong("%s: an S3 inventory of the format %q cannot be read, only of CSV.", name, clip(format))
	}
	list.bucket = strings.TrimPrefix(manifest.Get("destinationBucket").Text(), "arn:aws:s3:::")
	if list.bucket == "" {
		list.bucket = r.Bucket
	}
	for header := range strings.SplitSeq(manifest.Get("fileSchema").Text(), ",") {
		list.headers = append(list.headers, strings.TrimSpace(header))
	}
	if list.headers[0] == "" || manifest.Get("files").Kind() != value.Array {
		return list, wrong("%s is no manifest of an S3 inventory: it has no fileSchema or no files.", name)
	}
	for i, file := range manifest.Get("files").Elements() {
		key := file.Get("key").Text()
		if key == "" {
			return list, wrong("%s: file %d of the S3 inventory has no key.", name, i)
		}
		list.files = append(list.files, key)
	}
	return list, nil
}

// maxManifest is the size of the manifest of an inventory, which is read as one.
const maxManifest = 16 << 20

// document reads a JSON document as one.
func (r Reader) document(from Source, name string) (value.Value, error) {
	stream, err := from.Stream(r.Bucket, r.Key)
	if err != nil {
		return value.Value{}, err
	}
	defer stream.Close()
	in, err := newInput(name, Limits{Object: maxManifest, Record: maxManifest}, stream)
	if err != nil {
		return value.Value{}, err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return value.Value{}, in.failed(err, "the manifest")
	}
	v, err := value.Parse(text)
	if err != nil {
		return v, wrong("%s is not JSON: %v.", name, err)
	}
	return v, nil
}
