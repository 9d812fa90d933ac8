package function

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// hashes holds the message digests, written in hexadecimal.
var hashes = family("hash", []entry{
	digest("MD5", 32, "MD5('hello') → 5d41402abc4b2a76b9719d911017c592", func(dst, b []byte) []byte { s := md5.Sum(b); return hex.AppendEncode(dst, s[:]) }),
	digest("SHA1", 40, "SHA1('hello') → aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", func(dst, b []byte) []byte { s := sha1.Sum(b); return hex.AppendEncode(dst, s[:]) }),
	digest("SHA224", 56, "CHAR_LENGTH(SHA224('hello')) → 56", sha224),
	digest("SHA256", 64, "SHA256('hello') → 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", sha256Hex),
	digest("SHA384", 96, "CHAR_LENGTH(SHA384('hello')) → 96", sha384),
	digest("SHA512", 128, "CHAR_LENGTH(SHA512('hello')) → 128", sha512Hex),
	{
		Name: "SHA2", Sigs: "SHA2(text or bytes, bits)", Doc: "the SHA-2 digest of 224, 256, 384 or 512 bits", Ex: "CHAR_LENGTH(SHA2('hello', 256)) → 64",
		Infer: inferSHA2, Fallible: true,
		New: textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			b := a.bytes(0, i)
			switch bits := a.int(1, i); bits {
			case 224:
				return sha224(dst, b), true, nil
			case 256:
				return sha256Hex(dst, b), true, nil
			case 384:
				return sha384(dst, b), true, nil
			case 512:
				return sha512Hex(dst, b), true, nil
			default:
				return nil, false, fail(call, CodeArgument, "SHA2 has 224, 256, 384 and 512 bits, not %d", bits)
			}
		}),
	},
})

func sha224(dst, b []byte) []byte    { s := sha256.Sum224(b); return hex.AppendEncode(dst, s[:]) }
func sha256Hex(dst, b []byte) []byte { s := sha256.Sum256(b); return hex.AppendEncode(dst, s[:]) }
func sha384(dst, b []byte) []byte    { s := sha512.Sum384(b); return hex.AppendEncode(dst, s[:]) }
func sha512Hex(dst, b []byte) []byte { s := sha512.Sum512(b); return hex.AppendEncode(dst, s[:]) }

// digest is the entry of one message digest.
func digest(name string, length int, ex string, sum func(dst, b []byte) []byte) entry {
	return entry{
		Name: name, Sigs: name + "(text or bytes)", Doc: "the " + name + " digest in hexadecimal", Ex: ex,
		Takes: []string{"STRING|BINARY"}, Gives: of(types.NewChar(length)),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) { return sum(dst, a.bytes(0, i)), true }),
	}
}

// inferSHA2 refuses a constant of a length that does not exist; with other texts the call fails when it runs.
func inferSHA2(c catalog.Call) (catalog.Resolved, error) {
	r, err := takes("SHA2", []string{"STRING|BINARY, LONG"}, of(types.NewVarChar(128)))(c)
	if err == nil && c.Lits[0] != nil && c.Lits[1] != nil {
		switch c.Lits[1].Value {
		case int64(224), int64(256), int64(384), int64(512), nil:
		default:
			return r, wrongArgs("SHA2", []string{"STRING|BINARY, 224|256|384|512"}, c.Args)
		}
	}
	return r, err
}
