package function

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// charsets holds ENCODE and DECODE. A character that a charset lacks becomes ?, bytes
// that are none of its characters become U+FFFD.
var charsets = family("string", []entry{
	{
		Name: "ENCODE", Sigs: "ENCODE(text, charset)", Doc: "the bytes of the text in US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE or UTF-16",
		Ex: "ENCODE('a', 'UTF-16BE') → x'0061'", Takes: []string{"STRING, STRING"}, Gives: of(types.Bytes), Fallible: true,
		New: textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			dst, ok := appendEncoded(dst, a.str(0, i), a.str(1, i))
			if !ok {
				return nil, false, fail(call, CodeArgument, "%s is no charset that ENCODE knows", quote(a[1], i))
			}
			return dst, true, nil
		}),
	},
	{
		Name: "DECODE", Sigs: "DECODE(bytes, charset)", Doc: "the text that these bytes are in US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE or UTF-16",
		Ex: "DECODE(x'0061', 'UTF-16BE') → a", Takes: []string{"BINARY, STRING"}, Gives: of(types.String), Fallible: true,
		New: textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			dst, ok := appendDecoded(dst, a.bytes(0, i), a.str(1, i))
			if !ok {
				return nil, false, fail(call, CodeArgument, "%s is no charset that DECODE knows", quote(a[1], i))
			}
			return dst, true, nil
		}),
	},
})

func appendEncoded(dst []byte, s, charset string) ([]byte, bool) {
	big := true
	switch strings.ToUpper(charset) {
	case "UTF-8", "UTF8":
		return append(dst, s...), true
	case "US-ASCII", "ASCII":
		return appendNarrow(dst, s, 0x7F), true
	case "ISO-8859-1", "ISO8859-1", "LATIN1":
		return appendNarrow(dst, s, 0xFF), true
	case "UTF-16":
		if s != "" {
			dst = append(dst, 0xFE, 0xFF)
		}
	case "UTF-16BE":
	case "UTF-16LE":
		big = false
	default:
		return dst, false
	}
	for _, r := range s {
		if r > 0xFFFF {
			hi, lo := utf16.EncodeRune(r)
			dst = appendUnit(appendUnit(dst, uint16(hi), big), uint16(lo), big)
		} else {
			dst = appendUnit(dst, uint16(r), big)
		}
	}
	return dst, true
}

// appendNarrow writes one byte per character, ? for those above limit.
func appendNarrow(dst []byte, s string, limit rune) []byte {
	for _, r := range s {
		if r > limit {
			r = '?'
		}
		dst = append(dst, byte(r))
	}
	return dst
}

func appendUnit(dst []byte, u uint16, big bool) []byte {
	if big {
		return append(dst, byte(u>>8), byte(u))
	}
	return append(dst, byte(u), byte(u>>8))
}

func appendDecoded(dst, b []byte, charset string) ([]byte, bool) {
	big := true
	switch strings.ToUpper(charset) {
	case "UTF-8", "UTF8":
		for len(b) > 0 {
			r, size := utf8.DecodeRune(b)
			dst, b = utf8.AppendRune(dst, r), b[size:]
		}
		return dst, true
	case "US-ASCII", "ASCII":
		for _, c := range b {
			r := rune(c)
			if c > 0x7F {
				r = utf8.RuneError
			}
			dst = utf8.AppendRune(dst, r)
		}
		return dst, true
	case "ISO-8859-1", "ISO8859-1", "LATIN1":
		for _, c := range b {
			dst = utf8.AppendRune(dst, rune(c))
		}
		return dst, true
	case "UTF-16":
		if len(b) >= 2 && (b[0] == 0xFE && b[1] == 0xFF || b[0] == 0xFF && b[1] == 0xFE) {
			big, b = b[0] == 0xFE, b[2:]
		}
	case "UTF-16BE":
	case "UTF-16LE":
		big = false
	default:
		return dst, false
	}
	unit := func() rune {
		if len(b) < 2 {
			b = nil
			return utf8.RuneError
		}
		u := rune(b[0])<<8 | rune(b[1])
		if !big {
			u = rune(b[1])<<8 | rune(b[0])
		}
		b = b[2:]
		return u
	}
	for len(b) > 0 {
		r := unit()
		if utf16.IsSurrogate(r) {
			rest := b
			if r = utf16.DecodeRune(r, unit()); r == utf8.RuneError {
				b = rest
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, true
}
