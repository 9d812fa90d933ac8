package function

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Lengths and positions count characters (Unicode code points), positions from 1.
var texts = family("string", []entry{
	{
		Name: "||", Sigs: "a || b", Doc: "the two texts joined", Ex: "'fl' || 'ink' → flink",
		Takes: []string{"STRING, STRING"}, Gives: joined,
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return append(append(dst, a.bytes(0, i)...), a.bytes(1, i)...), true
		}),
	},
	{
		Name: "CHAR_LENGTH", Aliases: []string{"CHARACTER_LENGTH"}, Sigs: "CHAR_LENGTH(text)", Doc: "the number of characters",
		Ex: "CHAR_LENGTH('héllo') → 5", Takes: []string{"STRING"}, Gives: of(types.Int32),
		New: fixedOf(func(_ *Frame, a args, i int) (int32, bool) { return int32(charLength(a.str(0, i))), true }),
	},
	{
		Name: "UPPER", Sigs: "UPPER(text)", Doc: "the text in upper case", Ex: "UPPER('flink') → FLINK",
		Takes: []string{"STRING"}, Gives: arg(0),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) { return appendUpper(dst, a.str(0, i)), true }),
	},
	{
		Name: "LOWER", Sigs: "LOWER(text)", Doc: "the text in lower case", Ex: "LOWER('FLINK') → flink",
		Takes: []string{"STRING"}, Gives: arg(0),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) { return appendLower(dst, a.str(0, i)), true }),
	},
	{
		Name: "INITCAP", Sigs: "INITCAP(text)", Doc: "each word with a capital first letter and small others",
		Ex: "INITCAP('hello wORLD') → Hello World", Takes: []string{"STRING"}, Gives: arg(0),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) { return appendTitle(dst, a.str(0, i)), true }),
	},
	{
		Name: "POSITION", Sigs: "POSITION(part IN text)\nPOSITION(part IN text FROM start)",
		Doc: "where part first occurs in text, 0 if nowhere", Ex: "POSITION('l' IN 'hello') → 3",
		Takes: []string{"STRING, STRING [, INT]"}, Gives: of(types.Int32),
		New: fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
			from := 1
			if a.has(2) {
				from = a.int(2, i)
			}
			return int32(position(a.str(1, i), a.str(0, i), from)), true
		}),
	},
	{
		Name: "LOCATE", Sigs: "LOCATE(part, text [, start])", Doc: "where part first occurs in text at or after start, 0 if nowhere",
		Ex: "LOCATE('l', 'hello', 4) → 4", Takes: []string{"STRING, STRING [, INT]"}, Gives: of(types.Int32),
		New: fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
			from := 1
			if a.has(2) {
				from = a.int(2, i)
			}
			return int32(position(a.str(1, i), a.str(0, i), from)), true
		}),
	},
	{
		Name: "INSTR", Sigs: "INSTR(text, part [, start [, n]])",
		Doc:   "where part occurs in text for the n-th (first) time at or after start, 0 if nowhere; a negative start counts, and looks, backwards from the end",
		Ex:    "INSTR('hello', 'lo') → 4\nINSTR('abcabcabc', 'bc', 1, 2) → 5\nINSTR('abcabcabc', 'bc', -1, 2) → 5",
		Takes: []string{"STRING, STRING [, INT [, INT]]"}, Gives: of(types.Int32), Fallible: true,
		New: fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (int32, bool, error) {
			start, n := 1, 1
			if a.has(2) {
				start = a.int(2, i)
			}
			if a.has(3) {
				n = a.int(3, i)
			}
			if n < 1 {
				return 0, false, fail(call, CodeRange, "INSTR looks for occurrence 1 or a later one, not %d", n)
			}
			return int32(occurrence(a.str(0, i), a.str(1, i), start, n)), true, nil
		}),
	},
	{
		Name: "TRIM", Sigs: "TRIM([BOTH|LEADING|TRAILING] [chars] FROM text)\nTRIM(text)",
		Doc: "the text without these characters (blanks) at its ends", Ex: "TRIM('  a b ') → a b\nTRIM(LEADING 'x' FROM 'xxax') → ax",
		Takes: []string{"SYMBOL, STRING, STRING"}, Gives: varying(2), New: newTrim,
	},
	{
		Name: "LTRIM", Sigs: "LTRIM(text [, chars])", Doc: "the text without these characters (blanks) at its start",
		Ex: "LTRIM('zyxabc', 'xyz') → abc", Takes: []string{"STRING [, STRING]"}, Gives: varying(0), New: trimmer(true, false),
	},
	{
		Name: "RTRIM", Sigs: "RTRIM(text [, chars])", Doc: "the text without these characters (blanks) at its end",
		Ex: "RTRIM('abcxyz', 'xyz') → abc", Takes: []string{"STRING [, STRING]"}, Gives: varying(0), New: trimmer(false, true),
	},
	{
		Name: "BTRIM", NullFrom: 1, Sigs: "BTRIM(text [, chars])", Doc: "the text without these characters (blanks) at both ends",
		Ex: "BTRIM('xyaxy', 'xy') → a", Takes: []string{"STRING [, STRING]"}, Gives: of(types.String), New: trimmer(true, true),
	},
	{
		Name: "REPEAT", Sigs: "REPEAT(text, n)", Doc: "the text n times", Ex: "REPEAT('ab', 3) → ababab",
		Takes: []string{"STRING, INT"}, Gives: of(types.String), Fallible: true,
		New: textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			s, n := a.str(0, i), max(a.int(1, i), 0)
			if int64(n)*int64(len(s)) > maxText {
				return nil, false, fail(call, CodeRange, "REPEAT(%s, %d) is longer than %d bytes", quoteText(s), n, maxText)
			}
			for range n {
				dst = append(dst, s...)
			}
			return dst, true, nil
		}),
	},
	{
		Name: "OVERLAY", Sigs: "OVERLAY(text PLACING part FROM start [FOR length])",
		Doc: "the text with the length characters from start on replaced by part", Ex: "OVERLAY('This is an old string' PLACING ' new' FROM 10 FOR 5) → This is a new string",
		Takes: []string{"STRING, STRING, LONG [, LONG]"}, Gives: overlaid,
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			s, part, start := a.str(0, i), a.str(1, i), a.int(2, i)
			n, size := charLength(part), charLength(s)
			if a.has(3) {
				n = a.int(3, i)
			}
			if start < 1 || start > size {
				return append(dst, s...), true
			}
			dst = append(append(dst, chars(s, 0, start-1)...), part...)
			if n > 0 && start+n <= size {
				dst = append(dst, s[charOffset(s, start-1+n):]...)
			}
			return dst, true
		}),
	},
	{
		Name: "SUBSTRING", Aliases: []string{"SUBSTR"}, Sigs: "SUBSTRING(text FROM start [FOR length])\nSUBSTRING(text, start [, length])",
		Doc: "the part from start on, length characters long; a negative start counts from the end",
		Ex:  "SUBSTRING('hello', 2, 3) → ell\nSUBSTRING('hello' FROM -3) → llo", Takes: []string{"STRING, INT [, INT]"},
		Gives: func(as []types.Type) types.Type { return varyingOf(as[0]).Null() },
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			n := math.MaxInt32
			if a.has(2) {
				n = a.int(2, i)
			}
			s, ok := substring(a.str(0, i), a.int(1, i), n)
			return append(dst, s...), ok
		}),
	},
	{
		Name: "LEFT", Sigs: "LEFT(text, n)", Doc: "the first n characters", Ex: "LEFT('hello', 2) → he",
		Takes: []string{"STRING, INT"}, Gives: func(as []types.Type) types.Type { return varyingOf(as[0]).Null() },
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return append(dst, chars(a.str(0, i), 0, a.int(1, i))...), true
		}),
	},
	{
		Name: "RIGHT", Sigs: "RIGHT(text, n)", Doc: "the last n characters", Ex: "RIGHT('hello', 2) → lo",
		Takes: []string{"STRING, INT"}, Gives: func(as []types.Type) types.Type { return varyingOf(as[0]).Null() },
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			s, n := a.str(0, i), a.int(1, i)
			if n <= 0 {
				return dst, true
			}
			return append(dst, s[charOffset(s, charLength(s)-n):]...), true
		}),
	},
	{
		Name: "REPLACE", Sigs: "REPLACE(text, part, by)", Doc: "the text with every occurrence of part replaced",
		Ex: "REPLACE('hello', 'l', 'L') → heLLo", Takes: []string{"STRING, STRING, STRING"}, Gives: of(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return appendReplaced(dst, a.str(0, i), a.str(1, i), a.str(2, i)), true
		}),
	},
	{
		Name: "TRANSLATE", Aliases: []string{"TRANSLATE3"}, Sigs: "TRANSLATE(text, from, to)",
		Doc: "the text with each character of from replaced by the one of to at its place, or dropped if there is none",
		Ex:  "TRANSLATE('abcabc', 'abc', 'xy') → xyxy\nTRANSLATE('abc', CAST(NULL AS STRING), 'x') → abc", Takes: []string{"STRING, STRING, STRING"},
		Gives: func(as []types.Type) types.Type { return types.String.WithNull(as[0].Nullable) },
		New: textNulls(func(_ *Frame, _ *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			switch {
			case a.null(0, i):
				return dst, false, nil
			case a.null(1, i):
				return append(dst, a.bytes(0, i)...), true, nil
			case a.null(2, i):
				return appendTranslated(dst, a.str(0, i), a.str(1, i), ""), true, nil
			}
			return appendTranslated(dst, a.str(0, i), a.str(1, i), a.str(2, i)), true, nil
		}),
	},
	{
		Name: "CONCAT", Sigs: "CONCAT(text, …)", Doc: "the texts joined, NULL if one is NULL", Ex: "CONCAT('a', 'b', 'c') → abc",
		Takes: []string{"STRING..."}, Gives: of(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			for k := range a {
				dst = append(dst, a.bytes(k, i)...)
			}
			return dst, true
		}),
	},
	{
		Name: "CONCAT_WS", Sigs: "CONCAT_WS(separator, text, …)", Doc: "the texts joined with a separator, NULL texts left out",
		Ex:    "CONCAT_WS('~', 'AA', CAST(NULL AS STRING), 'CC') → AA~CC",
		Takes: []string{"STRING [, STRING...]"}, Gives: of(types.String),
		New: textNulls(func(_ *Frame, _ *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			if a.null(0, i) {
				return dst, false, nil
			}
			first := true
			for k := 1; k < len(a); k++ {
				if a.null(k, i) {
					continue
				}
				if !first {
					dst = append(dst, a.bytes(0, i)...)
				}
				dst, first = append(dst, a.bytes(k, i)...), false
			}
			return dst, true, nil
		}),
	},
	{
		Name: "LPAD", Sigs: "LPAD(text, width, pad)", Doc: "the text filled on the left with pad, or cut, to width characters",
		Ex: "LPAD('hi', 5, '?*') → ?*?hi", Takes: []string{"STRING, INT, STRING"}, Gives: of(types.String), New: padder(true), Fallible: true,
	},
	{
		Name: "RPAD", Sigs: "RPAD(text, width, pad)", Doc: "the text filled on the right with pad, or cut, to width characters",
		Ex: "RPAD('hi', 5, '?*') → hi?*?", Takes: []string{"STRING, INT, STRING"}, Gives: of(types.String), New: padder(false), Fallible: true,
	},
	{
		Name: "REVERSE", Sigs: "REVERSE(text)", Doc: "the characters in reverse", Ex: "REVERSE('flink') → knilf",
		Takes: []string{"STRING"}, Gives: nullable(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return appendReversed(dst, a.str(0, i)), true
		}),
	},
	{
		Name: "FROM_BASE64", Sigs: "FROM_BASE64(text)", Doc: "the text that this base64 text encodes", Ex: "FROM_BASE64('aGVsbG8=') → hello",
		Takes: []string{"STRING|BINARY"}, Gives: of(types.String), Fallible: true,
		New: textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			s := strings.TrimRight(a.str(0, i), "=")
			out, err := base64.RawStdEncoding.AppendDecode(dst, []byte(s))
			if err != nil {
				return nil, false, fail(call, CodeArgument, "%s is not base64", quoteText(a.str(0, i)))
			}
			return out, true, nil
		}),
	},
	{
		Name: "TO_BASE64", Sigs: "TO_BASE64(text or bytes)", Doc: "the base64 encoding", Ex: "TO_BASE64('hello') → aGVsbG8=",
		Takes: []string{"STRING|BINARY"}, Gives: of(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return base64.StdEncoding.AppendEncode(dst, a.bytes(0, i)), true
		}),
	},
	{
		Name: "ASCII", Sigs: "ASCII(text)", Doc: "the number of the first byte, 0 if there is none", Ex: "ASCII('abc') → 97",
		Takes: []string{"STRING"}, Gives: of(types.Int32),
		New: fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
			if b := a.bytes(0, i); len(b) > 0 {
				return int32(int8(b[0])), true
			}
			return 0, true
		}),
	},
	{
		Name: "CHR", Sigs: "CHR(n)", Doc: "the character with the number n modulo 256", Ex: "CHR(97) → a",
		Takes: []string{"BIGINT"}, Gives: nullable(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			if n := a.i64(0, i); n >= 0 {
				dst = utf8.AppendRune(dst, rune(n&0xFF))
			}
			return dst, true
		}),
	},
	{
		Name: "ELT", NullFrom: 2, Sigs: "ELT(n, text, …)", Doc: "the n-th of the texts, NULL if there is none", Ex: "ELT(2, 'a', 'b') → b",
		Infer: inferElt, New: textNulls(func(_ *Frame, _ *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			if a.null(0, i) {
				return dst, false, nil
			}
			k := a.i64(0, i)
			if k < 1 || k >= int64(len(a)) || a.null(int(k), i) {
				return dst, false, nil
			}
			return append(dst, a.bytes(int(k), i)...), true, nil
		}),
	},
	{
		Name: "STARTSWITH", NullFrom: 1, Sigs: "STARTSWITH(text, prefix)", Doc: "the text or bytes start so", Ex: "STARTSWITH('hello', 'he') → TRUE",
		Takes: []string{"STRING, STRING", "BINARY, BINARY"}, Gives: of(types.Bool),
		New: fixedOf(func(_ *Frame, a args, i int) (bool, bool) { return strings.HasPrefix(a.str(0, i), a.str(1, i)), true }),
	},
	{
		Name: "ENDSWITH", NullFrom: 1, Sigs: "ENDSWITH(text, suffix)", Doc: "the text or bytes end so", Ex: "ENDSWITH('hello', 'lo') → TRUE",
		Takes: []string{"STRING, STRING", "BINARY, BINARY"}, Gives: of(types.Bool),
		New: fixedOf(func(_ *Frame, a args, i int) (bool, bool) { return strings.HasSuffix(a.str(0, i), a.str(1, i)), true }),
	},
	{
		Name: "IS_ALPHA", Sigs: "IS_ALPHA(text)", Doc: "the text is not empty and all letters; a number is not", Ex: "IS_ALPHA('abc') → TRUE",
		Takes: []string{"STRING|NUMERIC"}, Gives: never(types.Bool), New: allChars(unicode.IsLetter, false),
	},
	{
		Name: "IS_DIGIT", Sigs: "IS_DIGIT(text)", Doc: "the text is not empty and all digits; a number always is", Ex: "IS_DIGIT('12a') → FALSE",
		Takes: []string{"STRING|NUMERIC"}, Gives: never(types.Bool), New: allChars(unicode.IsDigit, true),
	},
	{
		Name: "IS_DECIMAL", Sigs: "IS_DECIMAL(text)", Doc: "the text reads as a number; a number always does", Ex: "IS_DECIMAL('-1.5') → TRUE",
		Takes: []string{"STRING|NUMERIC"}, Gives: never(types.Bool), New: texted(true, func(s string) bool {
			_, ok := parseFloat(s, 64)
			return ok
		}),
	},
})

// maxText is the longest text a function makes, in bytes.
const maxText = 1 << 30

// joined is the type of a || b: as long as both together, CHAR if both are.
func joined(as []types.Type) types.Type {
	n := as[0].Precision + as[1].Precision
	if n < 0 || n > types.MaxLength || as[0].Precision == types.MaxLength || as[1].Precision == types.MaxLength {
		n = types.MaxLength
	}
	t := types.NewVarChar(n)
	if as[0].Kind == types.Char && as[1].Kind == types.Char {
		t = types.NewChar(n)
	}
	return t.WithNull(types.AnyNullable(as...))
}

func overlaid(as []types.Type) types.Type {
	return varyingOf(joined(as[:2])).WithNull(types.AnyNullable(as...))
}

// inferElt brings the choices to one type: all texts or all bytes.
func inferElt(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) >= 2 && c.Lits[0] != nil && c.Lits[0].Value != nil && c.Args[0].IsInteger() && c.Lits[0].Value.(int64) < 0 {
		return catalog.Resolved{}, fmt.Errorf("function ELT counts from 1, got %d", c.Lits[0].Value)
	}
	if len(c.Args) >= 2 && (c.Args[0].IsInteger() || c.Args[0].Kind == types.Null) {
		t, ok := types.CommonArg(c.Args[1:]...)
		if ok && (t.IsCharacter() || t.IsBinary()) {
			out := []types.Type{types.Int64.WithNull(types.AnyNullable(c.Args[0]))}
			for _, a := range c.Args[1:] {
				out = append(out, t.WithNull(types.AnyNullable(a)))
			}
			if slices.ContainsFunc(c.Args[1:], func(a types.Type) bool { return a.Kind == types.Null }) {
				t = varyingOf(t)
			}
			return catalog.Resolved{Args: out, Result: t.Null()}, nil
		}
	}
	return catalog.Resolved{}, wrongArgs("ELT", []string{"INT, STRING...", "INT, BINARY..."}, c.Args)
}

// newTrim is TRIM(side, chars, text).
func newTrim(call *rex.Call) (Kernel, error) {
	side, _ := constText(call, 0)
	leading, trailing := side != "TRAILING", side != "LEADING"
	k, err := textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
		return append(dst, trimSet(a.str(1, i), a.str(0, i), leading, trailing)...), true
	})(call)
	eval := k.Eval
	k.Eval = func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) { return eval(f, as[1:], n) }
	return k, err
}

// trimmer is LTRIM, RTRIM and BTRIM(text [, chars]).
func trimmer(leading, trailing bool) maker {
	return textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
		set := " "
		if a.has(1) {
			set = a.str(1, i)
		}
		return append(dst, trimSet(a.str(0, i), set, leading, trailing)...), true
	})
}

// It fails where the result is NULL though no argument can be: as in Flink, the type is then NOT NULL.
func padder(left bool) maker {
	return textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		width := a.int(1, i)
		if int64(width) > maxText {
			return nil, false, fail(call, CodeRange, "%s(%s, %d) is longer than %d bytes", call.Fn, quote(a[0], i), width, maxText)
		}
		dst, ok := appendPad(dst, a.str(0, i), width, a.str(2, i), left)
		if !ok && !call.T.Nullable {
			return nil, false, fail(call, CodeRange, "%s(%s, %d, %s) is NULL, and its type is NOT NULL", call.Fn, quote(a[0], i), width, quote(a[2], i)).
				WithHint("a width is at least 0, and what fills has a character")
		}
		return dst, ok, nil
	})
}

// texted makes a test of texts that is FALSE for NULL; number is what it gives for a
// number, be it NULL.
func texted(number bool, is func(s string) bool) maker {
	return func(call *rex.Call) (Kernel, error) {
		isNumber := call.Args[0].Type().IsNumeric()
		return fixedNulls(func(_ *Frame, _ *rex.Call, a args, i int) (bool, bool, error) {
			if isNumber {
				return number, true, nil
			}
			return !a.null(0, i) && is(a.str(0, i)), true, nil
		})(call)
	}
}

// allChars tests for texts that are not empty and whose characters all satisfy is.
func allChars(is func(rune) bool, number bool) maker {
	return texted(number, func(s string) bool {
		for _, r := range s {
			if !is(r) {
				return false
			}
		}
		return s != ""
	})
}

// appendReplaced appends s with part replaced; an empty part stands between all
// characters and at both ends.
func appendReplaced(dst []byte, s, part, by string) []byte {
	if part == "" {
		dst = append(dst, by...)
		for _, r := range s {
			dst = append(utf8.AppendRune(dst, r), by...)
		}
		return dst
	}
	for {
		at := strings.Index(s, part)
		if at < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:at]...), by...)
		s = s[at+len(part):]
	}
}

// appendTranslated maps characters; of a character that stands in from twice the
// first place counts.
func appendTranslated(dst []byte, s, from, to string) []byte {
	for _, r := range s {
		at := strings.IndexRune(from, r)
		if at < 0 {
			dst = utf8.AppendRune(dst, r)
			continue
		}
		n := charLength(from[:at])
		dst = append(dst, chars(to, n, n+1)...)
	}
	return dst
}
