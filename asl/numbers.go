package asl

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag/value"
)

// widest is the largest magnitude of a number that intrinsic functions count
// with: every whole number below it is exact in a float64 as well.
const widest = 1 << 53

// rounded returns a number rounded half up, as Java's Math.round does.
func rounded(args []value.Value, i int) (int64, error) {
	if err := want(args, i, value.Number); err != nil {
		return 0, err
	}
	if n, ok := args[i].Int(); ok && n > -widest && n < widest {
		return n, nil
	}
	f := math.Floor(args[i].Float() + 0.5)
	if math.Abs(f) >= widest || math.IsNaN(f) {
		return 0, fmt.Errorf("argument %d is too large", i+1)
	}
	return int64(f), nil
}

func mathAdd(args []value.Value) (value.Value, error) {
	a, err1 := rounded(args, 0)
	b, err2 := rounded(args, 1)
	if err := errors.Join(err1, err2); err != nil {
		return value.Value{}, err
	}
	return value.OfInt(a + b), nil
}

// mathRandom draws from the first argument to before the second. With a seed
// it draws the same every time.
func mathRandom(s *scope, args []value.Value) (value.Value, error) {
	from, err1 := rounded(args, 0)
	to, err2 := rounded(args, 1)
	if err := errors.Join(err1, err2); err != nil {
		return value.Value{}, err
	}
	if from >= to {
		return value.Value{}, errors.New("the start of the range must be less than its end")
	}
	var draws *rand.Rand
	if len(args) > 2 {
		seed, err := rounded(args, 2)
		if err != nil {
			return value.Value{}, err
		}
		draws = rand.New(rand.NewPCG(uint64(seed), 0))
	} else {
		draws = s.Rand()
	}
	return value.OfInt(from + draws.Int64N(to-from)), nil
}

// uuid draws a random UUID (version 4).
func uuid(s *scope, _ []value.Value) (value.Value, error) {
	draws := s.Rand()
	hi, lo := draws.Uint64(), draws.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return value.OfString(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))), nil
}

// short returns a string argument within the limit of the coding functions.
func short(s *scope, args []value.Value, i int) (string, error) {
	if err := want(args, i, value.String); err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(args[i].Text()); n > s.limits.Coded {
		return "", fmt.Errorf("argument %d has %d characters, more than the %d allowed", i+1, n, s.limits.Coded)
	}
	return args[i].Text(), nil
}

func base64Encode(s *scope, args []value.Value) (value.Value, error) {
	text, err := short(s, args, 0)
	if err != nil {
		return value.Value{}, err
	}
	return value.OfString(base64.StdEncoding.EncodeToString([]byte(text))), nil
}

func base64Decode(s *scope, args []value.Value) (value.Value, error) {
	text, err := short(s, args, 0)
	if err != nil {
		return value.Value{}, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return value.Value{}, errors.New("the text is not Base64")
	}
	if !utf8.Valid(b) {
		return value.Value{}, errors.New("what the Base64 text holds is not text")
	}
	return value.OfString(string(b)), nil
}

// hash digests a string, or the JSON text of anything else.
func hash(s *scope, args []value.Value) (value.Value, error) {
	if args[0].Kind() != value.String {
		args[0] = value.OfString(args[0].String())
	}
	text, err := short(s, args, 0)
	if err != nil {
		return value.Value{}, err
	}
	var sum []byte
	switch args[1].Text() {
	case "MD5":
		s := md5.Sum([]byte(text))
		sum = s[:]
	case "SHA-1":
		s := sha1.Sum([]byte(text))
		sum = s[:]
	case "SHA-256":
		s := sha256.Sum256([]byte(text))
		sum = s[:]
	case "SHA-384":
		s := sha512.Sum384([]byte(text))
		sum = s[:]
	case "SHA-512":
		s := sha512.Sum512([]byte(text))
		sum = s[:]
	default:
		return value.Value{}, errors.New("the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512")
	}
	return value.OfString(hex.EncodeToString(sum)), nil
}
