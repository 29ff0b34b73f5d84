package dataset

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

// The limits of a page of a Parquet file. The reader of Parquet makes room for
// what a page claims to hold before it looks at it, so a file of a few bytes
// could have it take gibibytes.
const (
	// MaxPageValues is how many values a page may hold. Writers put some thousands
	// into one, at most a few millions.
	MaxPageValues = 16 << 20
	// maxPageHeader is the size of what stands before a page, in bytes: mostly the
	// least and the greatest of its values.
	maxPageHeader = 1 << 20
)

var errPages = errors.New("the header of a page is broken")

// checkPages looks at what the pages of a row group claim.
func checkPages(name string, number int, group format.RowGroup, limits Limits, from io.ReaderAt, size int64) error {
	room := int64(MaxRowGroup)
	for _, column := range group.Columns {
		at := column.MetaData.DataPageOffset
		if first := column.MetaData.DictionaryPageOffset; first > 0 && first < at {
			at = first
		}
		end := at + column.MetaData.TotalCompressedSize
		if at < 0 || end < at || end > size {
			return errPages
		}
		for at < end {
			section := io.NewSectionReader(from, at, min(end-at, maxPageHeader))
			h := pageHeader{from: bufio.NewReaderSize(section, 512)}
			h.read()
			switch {
			case h.failed || h.packed < 0 || h.unpacked < 0 || h.values < 0, h.packed > end-at-h.size:
				return errPages
			case h.values > limits.pageValues():
				return wrong("%s: a page of row group %d has more than %d values.", name, number, limits.pageValues())
			}
			if room -= h.unpacked; room < 0 {
				return wrong("%s: row group %d has more than %d bytes.", name, number, MaxRowGroup)
			}
			at += h.size + h.packed
		}
	}
	return nil
}

// pageHeader reads the header of a page: a structure of Thrift's compact
// protocol (thrift.apache.org, doc/specs/thrift-compact-protocol.md; the fields
// are those of PageHeader in parquet.thrift).
type pageHeader struct {
	from   *bufio.Reader
	size   int64 // bytes read
	failed bool

	unpacked, packed, values int64
}

// The fields that matter.
const (
	fieldUnpacked   = 2 // i32 uncompressed_page_size
	fieldPacked     = 3 // i32 compressed_page_size
	fieldData       = 5 // DataPageHeader, whose field 1 is num_values
	fieldDictionary = 7 // DictionaryPageHeader, the same
	fieldData2      = 8 // DataPageHeaderV2, the same
)

// The types of the compact protocol.
const (
	typeStop   = 0
	typeTrue   = 1
	typeFalse  = 2
	typeByte   = 3
	typeI16    = 4
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
)

// maxThrift is how deep structures may nest.
const maxThrift = 8

func (h *pageHeader) read() {
	h.structure(0, func(id int16, number int64) {
		switch id {
		case fieldUnpacked:
			h.unpacked = number
		case fieldPacked:
			h.packed = number
		}
	}, func(outer, inner int16, number int64) {
		if inner == 1 && (outer == fieldData || outer == fieldDictionary || outer == fieldData2) {
			h.values = number
		}
	})
}

// structure reads one, and hands on its numbers and those of the structures
// right in it.
func (h *pageHeader) structure(depth int, own func(int16, int64), within func(int16, int16, int64)) {
	if depth > maxThrift {
		h.failed = true
		return
	}
	id := int16(0)
	for !h.failed {
		head := h.byte()
		kind := head & 0xf
		if kind == typeStop {
			return
		}
		if delta := head >> 4; delta > 0 {
			id += int16(delta)
		} else {
			id = int16(h.number())
		}
		switch kind {
		case typeI16, typeI32, typeI64:
			if number := h.number(); own != nil {
				own(id, number)
			}
		case typeStruct:
			outer := id
			h.structure(depth+1, func(inner int16, number int64) {
				if within != nil {
					within(outer, inner, number)
				}
			}, nil)
		default:
			h.skip(kind, depth)
		}
	}
}

// skip passes over a value.
func (h *pageHeader) skip(kind byte, depth int) {
	switch kind {
	case typeTrue, typeFalse:
	case typeByte:
		h.byte()
	case typeI16, typeI32, typeI64:
		h.number()
	case typeDouble:
		h.discard(8)
	case typeBinary:
		h.discard(h.length())
	case typeList, typeSet:
		head := h.byte()
		n := int64(head >> 4)
		if n == 0xf {
			n = h.length()
		}
		for ; n > 0 && !h.failed; n-- {
			h.element(head&0xf, depth)
		}
	case typeMap:
		n := h.length()
		if n == 0 {
			return
		}
		kinds := h.byte()
		for ; n > 0 && !h.failed; n-- {
			h.element(kinds>>4, depth)
			h.element(kinds&0xf, depth)
		}
	case typeStruct:
		h.structure(depth+1, nil, nil)
	default:
		h.failed = true
	}
}

// element passes over a value in a list or a map, where a boolean is a byte.
func (h *pageHeader) element(kind byte, depth int) {
	if kind == typeTrue || kind == typeFalse {
		kind = typeByte
	}
	h.skip(kind, depth)
}

func (h *pageHeader) byte() byte {
	b, err := h.from.ReadByte()
	if err != nil {
		h.failed = true
		return typeStop
	}
	h.size++
	return b
}

// number reads a zigzag number.
func (h *pageHeader) number() int64 {
	n := h.varint()
	return int64(n>>1) ^ -int64(n&1)
}

func (h *pageHeader) length() int64 { return int64(min(h.varint(), maxPageHeader+1)) }

func (h *pageHeader) varint() uint64 {
	n := uint64(0)
	for i := range binary.MaxVarintLen64 {
		b := h.byte()
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return n
		}
	}
	h.failed = true
	return 0
}

func (h *pageHeader) discard(n int64) {
	done, err := h.from.Discard(int(n))
	h.size += int64(done)
	h.failed = h.failed || err != nil
}
