package function

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// regexps holds the functions of regular expressions in Java's spelling, as far as
// RE2 has it: matching takes time linear in the text, and back references,
// look-around and possessive quantifiers are refused. A pattern that is no regular
// expression gives NULL (REGEXP gives FALSE).
var regexps = family("string", []entry{
	{
		Name: "REGEXP", Aliases: []string{"REGEXP_LIKE"}, Sigs: "REGEXP(text, pattern)", Doc: "some part of the text matches",
		Ex: "REGEXP('hello', 'l+') → TRUE", Takes: []string{"STRING, STRING"}, Gives: of(types.Bool), New: newRegexp, FallibleCall: patternFails,
	},
	{
		Name: "REGEXP_REPLACE", Sigs: "REGEXP_REPLACE(text, pattern, by)", Doc: "the text with every match replaced by the text by, as it stands",
		Ex: "REGEXP_REPLACE('foobar', 'oo|ar', '') → fb", Takes: []string{"STRING, STRING, STRING"}, Gives: of(types.String), FallibleCall: patternFails,
		New: regexText(func(dst []byte, re *javaRegexp, a args, i int) ([]byte, bool) {
			return appendRegexReplaced(dst, re, a.str(0, i), a.str(2, i)), true
		}),
	},
	{
		Name: "REGEXP_EXTRACT", Sigs: "REGEXP_EXTRACT(text, pattern [, group])", Doc: "the first match, or what a group of it matched; NULL if there is none",
		Ex:    "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2) → bar",
		Takes: []string{"STRING, STRING [, LONG]"}, Gives: nullable(types.String), FallibleCall: patternFails,
		New: regexText(func(dst []byte, re *javaRegexp, a args, i int) ([]byte, bool) {
			group := 0
			if a.has(2) {
				group = a.int(2, i)
			}
			if group < 0 || group > re.NumSubexp() {
				return dst, false
			}
			s := a.str(0, i)
			m := re.FindStringSubmatchIndex(s)
			if m == nil || m[2*group] < 0 {
				return dst, false
			}
			return append(dst, s[m[2*group]:m[2*group+1]]...), true
		}),
	},
	{
		Name: "REGEXP_SUBSTR", NullFrom: 1, Sigs: "REGEXP_SUBSTR(text, pattern)", Doc: "the first match, NULL if there is none",
		Ex: "REGEXP_SUBSTR('abc123', '[0-9]+') → 123", Takes: []string{"STRING, STRING"}, Gives: nullable(types.String), FallibleCall: patternFails,
		New: regexText(func(dst []byte, re *javaRegexp, a args, i int) ([]byte, bool) {
			s := a.str(0, i)
			m := re.FindStringIndex(s)
			if m == nil {
				return dst, false
			}
			return append(dst, s[m[0]:m[1]]...), true
		}),
	},
	{
		Name: "REGEXP_EXTRACT_ALL", NullFrom: 1, Sigs: "REGEXP_EXTRACT_ALL(text, pattern [, group])", Doc: "what a group (1) matched, match by match",
		Ex:    "REGEXP_EXTRACT_ALL('a1b22', '([a-z])([0-9]+)', 2) → [1, 22]",
		Takes: []string{"STRING, STRING [, LONG]"}, Gives: nullable(types.NewArray(types.String)), New: newRegexpExtractAll, FallibleCall: patternFails,
	},
	{
		Name: "REGEXP_COUNT", NullFrom: 1, Sigs: "REGEXP_COUNT(text, pattern)", Doc: "the number of matches", Ex: "REGEXP_COUNT('abcabc', 'b') → 2",
		Takes: []string{"STRING, STRING"}, Gives: nullable(types.Int32), FallibleCall: patternFails,
		New: regexInt(func(re *javaRegexp, s string) int32 {
			n := int32(0)
			eachMatch(re, s, func([]int) { n++ })
			return n
		}),
	},
	{
		Name: "REGEXP_INSTR", NullFrom: 1, Sigs: "REGEXP_INSTR(text, pattern)", Doc: "where the first match starts, 0 if there is none", Ex: "REGEXP_INSTR('abcabc', 'ca') → 3",
		Takes: []string{"STRING, STRING"}, Gives: nullable(types.Int32), FallibleCall: patternFails,
		New: regexInt(func(re *javaRegexp, s string) int32 {
			m := re.FindStringIndex(s)
			if m == nil {
				return 0
			}
			return int32(utf16Length(s[:m[0]]) + 1)
		}),
	},
})

// errNotRE2 tells a Java pattern that RE2 lacks from one that is none.
var errNotRE2 = errors.New("back references, look-around and possessive quantifiers are not supported")

// regexCache compiles patterns; nil stands for a text that is no pattern.
type regexCache map[string]*javaRegexp

func (c regexCache) of(pattern string) (*javaRegexp, error) {
	if re, ok := c[pattern]; ok {
		return re, nil
	}
	const limit = 1000 // of remembered patterns, should they come from data
	if len(c) > limit {
		clear(c)
	}
	re, err := compileJava(pattern)
	if err != nil {
		return nil, err
	}
	c[strings.Clone(pattern)] = re
	return re, nil
}

// compileJava compiles a Java regular expression, nil if it is none.
func compileJava(pattern string) (*javaRegexp, error) {
	text, err := javaToRE2(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %s: %w", quoteText(pattern), err)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, nil
	}
	return &javaRegexp{re, newDirectMatch(text, re.NumSubexp())}, nil
}

// patternFails reports whether the pattern comes from data, so that a call can fail: one that is
// constant is refused when the kernel is made.
func patternFails(call *rex.Call) bool {
	_, ok := constText(call, 1)
	return !ok
}

// javaClasses are Java's names of POSIX classes.
var javaClasses = map[string]string{
	"Lower": "[:lower:]", "Upper": "[:upper:]", "ASCII": "[:ascii:]", "Alpha": "[:alpha:]", "Digit": "[:digit:]", "Alnum": "[:alnum:]",
	"Punct": "[:punct:]", "Graph": "[:graph:]", "Print": "[:print:]", "Blank": "[:blank:]", "Cntrl": "[:cntrl:]", "XDigit": "[:xdigit:]",
	"Space": "[:space:]", "IsAlphabetic": `\p{L}`, "IsLetter": `\p{L}`, "IsDigit": `\p{Nd}`, "IsUppercase": `\p{Lu}`, "IsLowercase": `\p{Ll}`,
}

// javaToRE2 respells what Java and RE2 spell differently, and finds what RE2 lacks.
func javaToRE2(p string) (string, error) {
	var b strings.Builder
	class := 0
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '\\' && i+1 < len(p):
			i++
			switch e := p[i]; {
			case e == 'Q':
				end := strings.Index(p[i:], `\E`)
				if end < 0 {
					end = len(p) - i
				}
				b.WriteString(regexp.QuoteMeta(p[i+1 : i+end]))
				i = min(i+end+1, len(p)-1)
			case e == 'p' || e == 'P':
				if name, n := braced(p[i+1:]); n > 0 {
					if posix, ok := javaClasses[name]; ok && e == 'p' {
						if class == 0 && strings.HasPrefix(posix, "[") {
							posix = "[" + posix + "]"
						}
						b.WriteString(posix)
						i += n
						continue
					}
				}
				b.WriteString(p[i-1 : i+1])
			case e >= '1' && e <= '9' && class == 0, e == 'k' && class == 0, e == 'G' && class == 0:
				return "", errNotRE2
			case e == 'Z' && class == 0:
				b.WriteString(`\n?\z`)
			case e == 'h':
				b.WriteString(map[bool]string{true: `\t `, false: `[\t ]`}[class > 0])
			case e == 'R' && class == 0:
				b.WriteString(`(?:\r\n|[\n\r])`)
			case e == 'e':
				b.WriteString(`\x1b`)
			default:
				b.WriteString(p[i-1 : i+1])
			}
		case c == '[':
			class++
			b.WriteByte('[')
			if i+1 < len(p) && p[i+1] == '^' {
				i++
				b.WriteByte('^')
			}
		case c == ']' && class > 0:
			class--
			b.WriteByte(']')
		case class > 0:
			b.WriteByte(c)
		case c == '(' && i+2 < len(p) && p[i+1] == '?' && strings.ContainsRune("=!>", rune(p[i+2])),
			c == '(' && i+3 < len(p) && p[i+1] == '?' && p[i+2] == '<' && (p[i+3] == '=' || p[i+3] == '!'):
			return "", errNotRE2
		case c == '+' && i > 0 && strings.IndexByte("*+?}", p[i-1]) >= 0 && (i < 2 || p[i-2] != '\\'):
			return "", errNotRE2
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// braced reads {name} and gives the name and its length with the braces.
func braced(s string) (string, int) {
	if !strings.HasPrefix(s, "{") {
		return "", 0
	}
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return "", 0
	}
	return s[1:end], end + 1
}

// newRegexp is REGEXP; a pattern without operators is looked for as text.
func newRegexp(call *rex.Call) (Kernel, error) {
	cache := regexCache{}
	test := func(pattern string) (matcher, error) {
		re, err := cache.of(pattern)
		switch {
		case err != nil:
			return nil, patternError(call, err)
		case re == nil || pattern == "":
			return func(string) bool { return false }, nil
		}
		if lit, all := re.LiteralPrefix(); all {
			return func(s string) bool { return strings.Contains(s, lit) }, nil
		}
		return re.MatchString, nil
	}
	if pattern, ok := constText(call, 1); ok {
		match, err := test(pattern)
		if err != nil {
			return Kernel{}, err
		}
		return fixedOf(func(_ *Frame, a args, i int) (bool, bool) { return match(a.str(0, i)), true })(call)
	}
	return fixedErr(func(_ *Frame, _ *rex.Call, a args, i int) (bool, bool, error) {
		match, err := test(a.str(1, i))
		if err != nil {
			return false, false, err
		}
		return match(a.str(0, i)), true, nil
	})(call)
}

// withRegex gives the compiled pattern of a row, nil if it is none. A constant pattern
// is compiled, and refused, when the kernel is made.
func withRegex(call *rex.Call) (func(a args, i int) (*javaRegexp, error), error) {
	cache := regexCache{}
	if pattern, ok := constText(call, 1); ok {
		re, err := cache.of(pattern)
		if err != nil {
			return nil, patternError(call, err)
		}
		return func(args, int) (*javaRegexp, error) { return re, nil }, nil
	}
	return func(a args, i int) (*javaRegexp, error) {
		re, err := cache.of(a.str(1, i))
		if err != nil {
			return nil, patternError(call, err)
		}
		return re, nil
	}, nil
}

// regexText makes a kernel of text, pattern, … with a text result.
func regexText(row func(dst []byte, re *javaRegexp, a args, i int) ([]byte, bool)) maker {
	return func(call *rex.Call) (Kernel, error) {
		regex, err := withRegex(call)
		if err != nil {
			return Kernel{}, err
		}
		return textErr(func(_ *Frame, _ *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			re, err := regex(a, i)
			if re == nil || err != nil {
				return dst, false, err
			}
			dst, ok := row(dst, re, a, i)
			return dst, ok, nil
		})(call)
	}
}

// regexInt makes a kernel of text, pattern with an INT result.
func regexInt(row func(re *javaRegexp, s string) int32) maker {
	return func(call *rex.Call) (Kernel, error) {
		regex, err := withRegex(call)
		if err != nil {
			return Kernel{}, err
		}
		return fixedErr(func(_ *Frame, _ *rex.Call, a args, i int) (int32, bool, error) {
			re, err := regex(a, i)
			if re == nil || err != nil {
				return 0, false, err
			}
			return row(re, a.str(0, i)), true, nil
		})(call)
	}
}

// eachMatch calls f with the group indices of every match, left to right.
func eachMatch(re *javaRegexp, s string, f func(groups []int)) {
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		f(m)
	}
}

func appendRegexReplaced(dst []byte, re *javaRegexp, s, by string) []byte {
	at := 0
	eachMatch(re, s, func(m []int) {
		dst = append(append(dst, s[at:m[0]]...), by...)
		at = m[1]
	})
	return append(dst, s[at:]...)
}

// newRegexpExtractAll gives NULL for a group the pattern does not have.
func newRegexpExtractAll(call *rex.Call) (Kernel, error) {
	regex, err := withRegex(call)
	if err != nil {
		return Kernel{}, err
	}
	return builtOf(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
		re, err := regex(a, i)
		if err != nil {
			return err
		}
		group := 1
		if a.has(2) {
			group = a.int(2, i)
		}
		if re == nil || group < 0 || group > re.NumSubexp() {
			b.Null()
			return nil
		}
		s := a.str(0, i)
		eachMatch(re, s, func(m []int) {
			if m[2*group] < 0 {
				b.Kid(0).Null()
			} else {
				b.Kid(0).String(s[m[2*group]:m[2*group+1]])
			}
		})
		b.EndList()
		return nil
	})(call)
}
