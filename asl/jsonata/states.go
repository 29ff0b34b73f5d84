package jsonata

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/serverledge/serverledge/dag/value"
)

// The codes of the functions that AWS Step Functions adds.
const (
	codePartition = "D3150"
	codeRange     = "D3151"
	codeHash      = "D3152"
	codeParse     = "D3153"
)

// refuse makes an error with a message of our own.
func refuse(code, format string, args ...any) *Error {
	err := fail(code)
	err.Message = fmt.Sprintf(format, args...)
	return err
}

// partition is $partition: an array cut into arrays of a size.
func partition(e *evaluation, args []item) (item, *Error) {
	list, size := args[0], at(args, 1)
	if list.kind != array || size.kind != number {
		return item{}, nil
	}
	if !isInteger(size) || size.float() < 1 {
		return item{}, refuse(codePartition, "Second argument of partition function must be a positive integer, got %s", e.shown(size))
	}
	items, err := e.elements(list.node)
	if err != nil {
		return item{}, err
	}
	n := int(min(size.float(), float64(len(items)+1)))
	if err := e.grow((len(items)/n + 1) * 4 * itemSize); err != nil {
		return item{}, err
	}
	var parts []item
	for len(items) > 0 {
		n = min(n, len(items))
		parts = append(parts, e.ofItems(items[:n:n], 0))
		items = items[n:]
	}
	return e.made(parts)
}

// rangeOf is $range: the numbers from the first to the last by a step.
func rangeOf(e *evaluation, args []item) (item, *Error) {
	for i := range 3 {
		switch it := at(args, i); {
		case it.kind == undefined:
			return item{}, nil
		case !isInteger(it):
			return item{}, refuse(codeRange, "Arguments of range function must be integers, got %s", e.shown(it))
		}
	}
	first, last, step := args[0].float(), args[1].float(), args[2].float()
	if step == 0 {
		return item{}, refuse(codeRange, "Third argument of range function must not be 0")
	}
	count := math.Floor((last-first)/step) + 1
	if count < 1 {
		return e.results(nil)
	}
	if count*itemSize > float64(e.left) {
		return item{}, e.tooLarge()
	}
	items := make([]item, int(count))
	for i := range items {
		items[i] = ofNumber(first + float64(i)*step)
	}
	return e.results(items)
}

// hash is $hash: the digest of a text, or of the JSON of anything else, in
// hexadecimal digits.
func hash(e *evaluation, args []item) (item, *Error) {
	if args[0].kind == undefined {
		return item{}, nil
	}
	text, err := e.appendText(nil, args[0], false)
	if err == nil {
		err = e.grow(4*len(text) + 128)
	}
	if err != nil {
		return item{}, err
	}
	algorithm := "SHA-256"
	if it := at(args, 1); it.kind == str {
		algorithm = it.text()
	}
	var digest []byte
	switch algorithm {
	case "MD5":
		d := md5.Sum(text)
		digest = d[:]
	case "SHA-1":
		d := sha1.Sum(text)
		digest = d[:]
	case "SHA-256":
		d := sha256.Sum256(text)
		digest = d[:]
	case "SHA-384":
		d := sha512.Sum384(text)
		digest = d[:]
	case "SHA-512":
		d := sha512.Sum512(text)
		digest = d[:]
	default:
		return item{}, refuse(codeHash, "Second argument of hash function must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512, got %s", quoted(algorithm))
	}
	return ofText(hex.EncodeToString(digest)), nil
}

// random is $random: with a seed, always the same number for it.
func random(e *evaluation, args []item) (item, *Error) {
	seed := at(args, 0)
	if seed.kind != number {
		return ofNumber(e.chance().Float64()), nil
	}
	const second = 0x9E3779B97F4A7C15 // any number will do
	return ofNumber(rand.New(rand.NewPCG(math.Float64bits(seed.float()), second)).Float64()), e.spend(1)
}

// uuid is $uuid: of version 4.
func uuid(e *evaluation, _ []item) (item, *Error) {
	r := e.chance()
	high, low := r.Uint64(), r.Uint64()
	high = high&^0xF000 | 0x4000
	low = low&^(3<<62) | 2<<62
	s := fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xFFFF, high&0xFFFF, low>>48, low&(1<<48-1))
	return ofText(s), e.grow(len(s))
}

// parseJSON is $parse.
func parseJSON(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != str {
		return item{}, nil
	}
	if err := e.grow(2 * len(args[0].text())); err != nil {
		return item{}, err
	}
	v, err := value.Parse([]byte(args[0].text()))
	if err != nil {
		return item{}, refuse(codeParse, "Argument of parse function is not valid JSON: %s", err)
	}
	return e.ofValue(v), nil
}
