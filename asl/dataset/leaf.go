package dataset

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/serverledge/serverledge/dag/value"
)

// leaf appends a value of a column as JSON.
type leaf func(b []byte, v parquet.Value) ([]byte, error)

// leafOf returns how the values of a column are written: numbers as numbers, of
// any precision; dates and times as in ISO 8601; text as it is, and other bytes
// in base64. What JSON lacks, as NaN, is null.
func leafOf(t parquet.Type) (leaf, error) {
	var logical format.LogicalTypeValue
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	kind := t.Kind()
	switch l := logical.(type) {
	case *format.NullType:
		return func(b []byte, _ parquet.Value) ([]byte, error) { return append(b, "null"...), nil }, nil
	case *format.StringType, *format.EnumType, *format.JsonType:
		return text, nil
	case *format.UUIDType:
		return uuid, nil
	case *format.Float16Type:
		return float16, nil
	case *format.DecimalType:
		return decimal(kind, l.Scale)
	case *format.DateType:
		return func(b []byte, v parquet.Value) ([]byte, error) {
			return time.Unix(int64(v.Int32())*24*60*60, 0).UTC().AppendFormat(b, `"2006-01-02"`), nil
		}, nil
	case *format.TimeType:
		return clock(kind, l.Unit), nil
	case *format.TimestampType:
		return timestamp(l.Unit, l.IsAdjustedToUTC), nil
	case *format.IntType:
		if !l.IsSigned {
			return unsigned(kind), nil
		}
	}
	return physical(kind), nil
}

// physical returns how values without further meaning are written.
func physical(kind parquet.Kind) leaf {
	switch kind {
	case parquet.Boolean:
		return func(b []byte, v parquet.Value) ([]byte, error) { return strconv.AppendBool(b, v.Boolean()), nil }
	case parquet.Int32:
		return func(b []byte, v parquet.Value) ([]byte, error) {
			return strconv.AppendInt(b, int64(v.Int32()), 10), nil
		}
	case parquet.Int64:
		return func(b []byte, v parquet.Value) ([]byte, error) { return strconv.AppendInt(b, v.Int64(), 10), nil }
	case parquet.Int96:
		return int96
	case parquet.Float:
		return func(b []byte, v parquet.Value) ([]byte, error) { return number(b, v.Float()) }
	case parquet.Double:
		return func(b []byte, v parquet.Value) ([]byte, error) { return number(b, v.Double()) }
	case parquet.ByteArray, parquet.FixedLenByteArray:
	}
	return bytesOrText
}

// number appends a float in its shortest form.
func number[F float32 | float64](b []byte, f F) ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return append(b, "null"...), nil
	}
	text, err := json.Marshal(f)
	return append(b, text...), err
}

func unsigned(kind parquet.Kind) leaf {
	return func(b []byte, v parquet.Value) ([]byte, error) {
		if kind == parquet.Int32 {
			return strconv.AppendUint(b, uint64(uint32(v.Int32())), 10), nil
		}
		return strconv.AppendUint(b, uint64(v.Int64()), 10), nil
	}
}

func text(b []byte, v parquet.Value) ([]byte, error) {
	s := v.ByteArray()
	if !utf8.Valid(s) {
		return b, errors.New("a text in it is not valid UTF-8")
	}
	return value.AppendString(b, string(s)), nil
}

// bytesOrText writes bytes that no annotation explains: many writers do not say
// that they mean text.
func bytesOrText(b []byte, v parquet.Value) ([]byte, error) {
	if utf8.Valid(v.ByteArray()) && v.Kind() == parquet.ByteArray {
		return text(b, v)
	}
	b = base64.StdEncoding.AppendEncode(append(b, '"'), v.ByteArray())
	return append(b, '"'), nil
}

func uuid(b []byte, v parquet.Value) ([]byte, error) {
	u := v.ByteArray()
	if len(u) != 16 {
		return b, errors.New("a UUID in it has not 16 bytes")
	}
	return fmt.Appendf(b, `"%x-%x-%x-%x-%x"`, u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}

// float16 reads a number of half precision.
func float16(b []byte, v parquet.Value) ([]byte, error) {
	half := v.ByteArray()
	if len(half) != 2 {
		return b, errors.New("a FLOAT16 in it has not 2 bytes")
	}
	bits := uint16(half[0]) | uint16(half[1])<<8
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 0x1f:
		f = math.Inf(1) // or NaN: neither is JSON
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 == 1 {
		f = -f
	}
	return number(b, float32(f))
}

// maxScale bounds the places of a decimal behind its point, and maxDecimal its
// bytes.
const (
	maxScale   = 1000
	maxDecimal = 256
)

// decimal writes a decimal with all its digits.
func decimal(kind parquet.Kind, scale int32) (leaf, error) {
	if scale < 0 || scale > maxScale {
		return nil, fmt.Errorf("a decimal has the scale %d", scale)
	}
	return func(b []byte, v parquet.Value) ([]byte, error) {
		var n *big.Int
		switch kind {
		case parquet.Int32:
			n = big.NewInt(int64(v.Int32()))
		case parquet.Int64:
			n = big.NewInt(v.Int64())
		default:
			raw := v.ByteArray()
			if len(raw) > maxDecimal {
				return b, fmt.Errorf("a decimal in it has %d bytes", len(raw))
			}
			n = new(big.Int).SetBytes(raw)
			if len(raw) > 0 && raw[0]&0x80 != 0 { // two's complement
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
			}
		}
		if n.Sign() < 0 {
			b = append(b, '-')
		}
		digits := n.Abs(n).String()
		digits = strings.Repeat("0", max(int(scale)+1-len(digits), 0)) + digits
		point := len(digits) - int(scale)
		b = append(b, digits[:point]...)
		if scale > 0 {
			b = append(append(b, '.'), digits[point:]...)
		}
		return b, nil
	}, nil
}

// fraction is how the part of a second is written in a unit.
func fraction(unit format.TimeUnit) (layout string, one time.Duration) {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return ".000", time.Millisecond
	case *format.MicroSeconds:
		return ".000000", time.Microsecond
	}
	return ".000000000", time.Nanosecond
}

// clock writes a time of the day.
func clock(kind parquet.Kind, unit format.TimeUnit) leaf {
	layout, one := fraction(unit)
	layout = `"15:04:05` + layout + `"`
	return func(b []byte, v parquet.Value) ([]byte, error) {
		n := v.Int64()
		if kind == parquet.Int32 {
			n = int64(v.Int32())
		}
		return time.Unix(0, n*int64(one)).UTC().AppendFormat(b, layout), nil
	}
}

// timestamp writes a point in time; of one that is no point in UTC, the local
// time without a zone.
func timestamp(unit format.TimeUnit, utc bool) leaf {
	layout, one := fraction(unit)
	layout = `"2006-01-02T15:04:05` + layout
	if utc {
		layout += "Z"
	}
	layout += `"`
	perSecond := int64(time.Second / one)
	return func(b []byte, v parquet.Value) ([]byte, error) {
		n := v.Int64()
		return time.Unix(n/perSecond, n%perSecond*int64(one)).UTC().AppendFormat(b, layout), nil
	}
}

// int96 writes the timestamp that Impala, Spark and Athena have in 96 bits: the
// nanoseconds of a day, and the day by Julian count.
func int96(b []byte, v parquet.Value) ([]byte, error) {
	const epoch = 2_440_588 // 1 January 1970
	i := v.Int96()
	nanos := int64(uint64(i[0]) | uint64(i[1])<<32)
	day := int64(i[2]) - epoch
	return time.Unix(day*24*60*60, 0).Add(time.Duration(nanos)).UTC().AppendFormat(b, `"2006-01-02T15:04:05.000000000Z"`), nil
}
