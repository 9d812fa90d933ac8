package function

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// likes holds LIKE and SIMILAR TO.
var likes = family("string", []entry{
	{
		Name: "LIKE", Sigs: "text LIKE pattern [ESCAPE character]", Doc: "the text matches a pattern in which % stands for any characters and _ for one",
		Ex:    "'abc' LIKE 'a%' → TRUE\n'a%c' LIKE 'a!%c' ESCAPE '!' → TRUE",
		Takes: []string{"STRING, STRING [, STRING]"}, Gives: of(types.Bool), New: newLike, FallibleCall: likeFails,
	},
	{
		Name: "SIMILAR", Sigs: "text SIMILAR TO pattern [ESCAPE character]", Doc: "the text matches a pattern that may also hold |, *, +, ?, (), [] and {}",
		Ex:    "'abc' SIMILAR TO '(a|x)%' → TRUE",
		Takes: []string{"STRING, STRING [, STRING]"}, Gives: of(types.Bool), New: newSimilar, FallibleCall: likeFails,
	},
})

// likeFails: a constant pattern has been checked when the kernel was made.
func likeFails(call *rex.Call) bool {
	_, ok := constText(call, 1)
	if len(call.Args) > 2 {
		_, ok2 := constText(call, 2)
		ok = ok && ok2
	}
	return !ok
}

// likePattern is a pattern cut at its % signs. The pieces must follow one another in
// the text, the first at its start and the last at its end; an empty first or last
// piece matches there anyway.
type likePattern []likePiece

// likePiece is text between % signs; in a piece with holes each _ is a 0 byte.
type likePiece struct {
	text  string
	holes bool
}

// parseLike reads a pattern; escape is 0 if there is none.
func parseLike(s string, escape rune) (likePattern, error) {
	var p likePattern
	var piece strings.Builder
	holes := false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case escape != 0 && r == escape:
			next, size := utf8.DecodeRuneInString(s[i:])
			if size == 0 || next != '%' && next != '_' && next != escape {
				return nil, fmt.Errorf("in pattern %s the escape character stands before neither %%, _ nor itself", quoteText(s))
			}
			i += size
			piece.WriteRune(next)
		case r == '%':
			p = append(p, likePiece{piece.String(), holes})
			piece.Reset()
			holes = false
		case r == '_':
			piece.WriteByte(0)
			holes = true
		default:
			piece.WriteString(s[i-size : i])
		}
	}
	return append(p, likePiece{piece.String(), holes}), nil
}

// at matches the piece at the start of s and gives its length there, -1 if it does
// not match.
func (p likePiece) at(s string) int {
	if !p.holes {
		if strings.HasPrefix(s, p.text) {
			return len(p.text)
		}
		return -1
	}
	i := 0
	for k := 0; k < len(p.text); k++ {
		if i >= len(s) {
			return -1
		}
		if c := p.text[k]; c != 0 {
			if s[i] != c {
				return -1
			}
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i
}

// find gives the first match of the piece in s.
func (p likePiece) find(s string) (from, to int) {
	if !p.holes {
		if from = strings.Index(s, p.text); from < 0 {
			return -1, -1
		}
		return from, from + len(p.text)
	}
	for from = 0; from <= len(s); {
		if n := p.at(s[from:]); n >= 0 {
			return from, from + n
		}
		_, size := utf8.DecodeRuneInString(s[from:])
		from += max(size, 1)
	}
	return -1, -1
}

// ends reports whether the piece matches the end of s.
func (p likePiece) ends(s string) bool {
	if !p.holes {
		return strings.HasSuffix(s, p.text)
	}
	want := charLength(p.text)
	return charLength(s) >= want && p.at(s[charOffset(s, charLength(s)-want):]) >= 0
}

func (p likePattern) match(s string) bool {
	n := p[0].at(s)
	if n < 0 {
		return false
	}
	s = s[n:]
	if len(p) == 1 {
		return s == ""
	}
	for _, piece := range p[1 : len(p)-1] {
		_, to := piece.find(s)
		if to < 0 {
			return false
		}
		s = s[to:]
	}
	return p[len(p)-1].ends(s)
}

// escapeOf reads the escape character; 0 if there is none.
func escapeOf(s string, has bool) (rune, error) {
	if !has {
		return 0, nil
	}
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || size != len(s) {
		return 0, fmt.Errorf("ESCAPE takes one character, not %s", quoteText(s))
	}
	return r, nil
}

// matcher is a compiled pattern.
type matcher func(s string) bool

func newLike(call *rex.Call) (Kernel, error) {
	return matching(call, func(pattern string, escape rune) (matcher, error) {
		p, err := parseLike(pattern, escape)
		if err != nil {
			return nil, err
		}
		return likeMatcher(p), nil
	})
}

// likeMatcher picks the cheapest way to match.
func likeMatcher(p likePattern) matcher {
	plain := true
	for _, piece := range p {
		plain = plain && !piece.holes
	}
	switch {
	case !plain:
		return p.match
	case len(p) == 1:
		return func(s string) bool { return s == p[0].text }
	case len(p) == 2 && p[1].text == "":
		return func(s string) bool { return strings.HasPrefix(s, p[0].text) }
	case len(p) == 2 && p[0].text == "":
		return func(s string) bool { return strings.HasSuffix(s, p[1].text) }
	case len(p) == 3 && p[0].text == "" && p[2].text == "":
		return func(s string) bool { return strings.Contains(s, p[1].text) }
	default:
		return p.match
	}
}

func newSimilar(call *rex.Call) (Kernel, error) {
	return matching(call, func(pattern string, escape rune) (matcher, error) {
		re, err := similarRegexp(pattern, escape)
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	})
}

// similarRegexp turns a pattern of SIMILAR TO into a regular expression.
func similarRegexp(pattern string, escape rune) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`(?s)\A(?:`)
	class := false
	for i := 0; i < len(pattern); {
		r, size := utf8.DecodeRuneInString(pattern[i:])
		i += size
		switch {
		case escape != 0 && r == escape:
			next, size := utf8.DecodeRuneInString(pattern[i:])
			if size == 0 || next != escape && !strings.ContainsRune("[]()|^-+*_%?{}", next) {
				return nil, fmt.Errorf("the escape character in pattern %s stands before no special one", quoteText(pattern))
			}
			i += size
			b.WriteString(regexp.QuoteMeta(string(next)))
		case r == '[' && class:
			name, rest, ok := strings.Cut(pattern[i:], ":]")
			posix, known := similarClasses[strings.ToUpper(strings.TrimPrefix(name, ":"))]
			if !ok || !known {
				return nil, fmt.Errorf("pattern %s is not one of SIMILAR TO", quoteText(pattern))
			}
			b.WriteString(posix)
			i = len(pattern) - len(rest)
		case r == '[':
			class = true
			b.WriteByte('[')
		case r == ']':
			class = false
			b.WriteByte(']')
		case class:
			b.WriteRune(r)
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteByte('.')
		case strings.ContainsRune("|*+?(){}", r):
			b.WriteRune(r)
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`)\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("pattern %s is not one of SIMILAR TO", quoteText(pattern))
	}
	return re, nil
}

// similarClasses are the named classes of SIMILAR TO, as parts of a class of RE2.
var similarClasses = map[string]string{
	"ALPHA": `\pL`, "UPPER": `\p{Lu}`, "LOWER": `\p{Ll}`, "DIGIT": `0-9`, "ALNUM": `\pL0-9`, "SPACE": ` `, "WHITESPACE": `\s`,
}

// matching makes the kernel of text, pattern [, escape]: a constant pattern is
// compiled once, others are compiled when they change from row to row.
func matching(call *rex.Call, compile func(pattern string, escape rune) (matcher, error)) (Kernel, error) {
	if !likeFails(call) {
		pattern, _ := constText(call, 1)
		esc, hasEsc := constText(call, 2)
		escape, err := escapeOf(esc, hasEsc)
		if err != nil {
			return Kernel{}, patternError(call, err)
		}
		match, err := compile(pattern, escape)
		if err != nil {
			return Kernel{}, patternError(call, err)
		}
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(types.Bool, n)
			out.Valid = valid(as, n)
			dst, v := out.Bools(), as[0]
			for i := range dst {
				dst[i] = match(v.StringAt(i))
			}
			return out, nil
		}}, nil
	}
	var last, lastEsc string
	var match matcher
	return fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (bool, bool, error) {
		pattern, esc := a.str(1, i), ""
		if a.has(2) {
			esc = a.str(2, i)
		}
		if match == nil || pattern != last || esc != lastEsc {
			escape, err := escapeOf(esc, a.has(2))
			if err != nil {
				return false, false, patternError(call, err)
			}
			last, lastEsc = strings.Clone(pattern), strings.Clone(esc)
			if match, err = compile(last, escape); err != nil {
				return false, false, patternError(call, err)
			}
		}
		return match(a.str(0, i)), true, nil
	})(call)
}
