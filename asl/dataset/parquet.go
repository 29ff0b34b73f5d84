package dataset

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/serverledge/serverledge/dag/value"
)

// The limits of a Parquet file, which are those of AWS.
const (
	// MaxFooter is the size of the index at its end, in bytes.
	MaxFooter = 5 << 20
	// MaxRowGroup is the size of a row group when it is unpacked, in bytes.
	MaxRowGroup = 256 << 20
)

// rowsAtOnce is how many rows are assembled before the first is emitted.
const rowsAtOnce = 64

// readParquet emits the rows of a Parquet file as objects.
func readParquet(name string, limits Limits, from Random, to emit) error {
	if from.Size() > limits.object() {
		return wrong("%s has more than %d bytes.", name, limits.object())
	}
	f := &parquetFile{name: name, limits: limits, from: &remembering{from: from}}
	if err := f.guard(f.open); err != nil {
		return err
	}
	for i, group := range f.file.RowGroups() {
		if err := f.readGroup(i, group, to); err != nil {
			return err
		}
	}
	return nil
}

// parquetFile is an open file.
type parquetFile struct {
	name   string
	limits Limits
	from   *remembering
	file   *parquet.File
	schema *shape
}

// remembering tells errors of the source from those that they cause.
type remembering struct {
	from Random
	err  error
}

func (r *remembering) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at > r.from.Size() {
		return 0, errors.New("it refers to bytes that it does not have")
	}
	n, err := r.from.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// guard calls what reads the file, and says what is wrong with it. The reader
// of Parquet panics at some that are broken.
func (f *parquetFile) guard(read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is broken: %v", p)
		}
		var own *ReadError
		switch {
		case err == nil || errors.Is(err, io.EOF) || errors.As(err, &own):
		case f.from.err != nil:
			err = f.from.err
		default:
			err = wrong("%s cannot be read as Parquet: %v.", f.name, err)
		}
	}()
	return read()
}

// open reads the footer and checks what it claims.
func (f *parquetFile) open() error {
	size := f.from.from.Size()
	if err := checkFooter(f.name, f.from, size); err != nil {
		return err
	}
	file, err := parquet.OpenFile(f.from, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(buffer))
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if err := checkGroups(f.name, file.Metadata().RowGroups); err != nil {
		return err
	}
	f.file = file
	f.schema, err = newShape(file.Root())
	return err
}

// checkFooter looks at the end of the file before it is believed.
func checkFooter(name string, from io.ReaderAt, size int64) error {
	const magic, least = 4, 12
	var end [8]byte
	if size < least {
		return wrong("%s is no Parquet file: it has %d bytes.", name, size)
	}
	if _, err := from.ReadAt(end[:], size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(end[magic:]) != "PAR1" {
		return wrong("%s is no Parquet file.", name)
	}
	length := int64(end[0]) | int64(end[1])<<8 | int64(end[2])<<16 | int64(end[3])<<24
	if length > MaxFooter {
		return wrong("%s: its footer has more than %d bytes.", name, MaxFooter)
	}
	return nil
}

// checkGroups looks at what the footer says of the row groups. LZ4_RAW is not
// read: parquet-go v0.32 takes zeros for the pages of good files, and all memory
// for those of broken ones.
func checkGroups(name string, groups []format.RowGroup) error {
	for i, group := range groups {
		size := group.TotalByteSize
		for _, column := range group.Columns {
			size = max(size, column.MetaData.TotalUncompressedSize)
			switch codec := column.MetaData.Codec; codec {
			case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd:
			default:
				return wrong("%s: its columns are compressed with %s, which cannot be read; use SNAPPY, GZIP, ZSTD, BROTLI or none.", name, codec)
			}
		}
		if size > MaxRowGroup {
			return wrong("%s: row group %d has more than %d bytes.", name, i, MaxRowGroup)
		}
	}
	return nil
}

// readGroup emits the rows of a row group.
func (f *parquetFile) readGroup(number int, group parquet.RowGroup, to emit) error {
	var rows parquet.Rows
	if err := f.guard(func() error {
		err := checkPages(f.name, number, f.file.Metadata().RowGroups[number], f.limits, f.from, f.from.from.Size())
		if err == nil {
			rows = group.Rows()
		}
		return err
	}); err != nil {
		return err
	}
	defer rows.Close()
	batch := make([]parquet.Row, rowsAtOnce)
	for read := int64(0); ; {
		var items []value.Value
		err := f.guard(func() error {
			n, err := rows.ReadRows(batch)
			for i := range n {
				item, bad := f.schema.assemble(batch[i])
				if bad != nil {
					return bad
				}
				if int64(item.Size()) > f.limits.record() {
					return wrong("%s: row %d of row group %d has more than %d bytes.", f.name, read+int64(i), number, f.limits.record())
				}
				items = append(items, item)
			}
			if n == 0 && err == nil {
				err = io.ErrNoProgress
			}
			return err
		})
		for _, item := range items {
			if err := to(Item{Value: item}); err != nil {
				return err
			}
		}
		read += int64(len(items))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
