package function

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// splits holds the functions that take texts apart.
var splits = family("string", []entry{
	{
		Name: "SPLIT_INDEX", Sigs: "SPLIT_INDEX(text, separator, n)", Doc: "part n, counted from 0, of the text cut at a separator; NULL if there is none",
		Ex:    "SPLIT_INDEX('a,b,c', ',', 1) → b",
		Takes: []string{"STRING, STRING|INT, INT"}, Gives: nullable(types.String), New: newSplitIndex,
	},
	{
		Name: "SPLIT", NullFrom: 1, Sigs: "SPLIT(text, separator)", Doc: "the parts of the text between separators; its characters if the separator is empty",
		Ex:    "SPLIT('a,b,c', ',') → [a, b, c]",
		Takes: []string{"STRING, STRING"}, Gives: of(types.NewArray(types.String)),
		New: builtOf(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
			s, sep := a.str(0, i), a.str(1, i)
			switch {
			case s == "":
			case sep == "":
				for k, r := range s {
					b.Kid(0).String(s[k : k+utf8.RuneLen(r)])
				}
			default:
				for more := true; more; {
					var part string
					part, s, more = strings.Cut(s, sep)
					b.Kid(0).String(part)
				}
			}
			b.EndList()
			return nil
		}),
	},
	{
		Name: "STR_TO_MAP", Sigs: "STR_TO_MAP(text [, between, within])", Doc: "the map that a text writes as k1=v1,k2=v2; both separators are regular expressions",
		Ex:    "STR_TO_MAP('k1=v1,k2=v2') → {k1=v1, k2=v2}\nSTR_TO_MAP('a:1;b:2', ';', ':') → {a=1, b=2}",
		Takes: []string{"STRING", "STRING, STRING, STRING"}, Gives: nullable(types.NewMap(types.String, types.String)), New: newStrToMap, Fallible: true,
	},
	{
		Name: "PARSE_URL", Sigs: "PARSE_URL(url, part [, key])",
		Doc:   "a part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE or USERINFO; of QUERY also the value of a key",
		Ex:    "PARSE_URL('http://flink.apache.org/p?k=1#r', 'HOST') → flink.apache.org\nPARSE_URL('http://flink.apache.org/p?k=1#r', 'QUERY', 'k') → 1",
		Takes: []string{"STRING, STRING [, STRING]"}, Gives: nullable(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			u, ok := parseURL(a.str(0, i))
			if !ok {
				return dst, false
			}
			if a.has(2) {
				if a.str(1, i) != "QUERY" {
					return dst, false
				}
				v, ok := queryValue(u.query, a.str(2, i))
				return append(dst, v...), ok
			}
			v, ok := u.part(a.str(1, i))
			return append(dst, v...), ok
		}),
	},
	{
		Name: "URL_ENCODE", NullFrom: 1, Sigs: "URL_ENCODE(text)", Doc: "the text as application/x-www-form-urlencoded", Ex: "URL_ENCODE('a b&c') → a+b%26c",
		Takes: []string{"STRING"}, Gives: nullable(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return appendURLEncoded(dst, a.str(0, i)), true
		}),
	},
	{
		Name: "URL_DECODE", NullFrom: 1, Sigs: "URL_DECODE(text)", Doc: "the text behind application/x-www-form-urlencoded, NULL if it is not", Ex: "URL_DECODE('a+b%26c') → a b&c",
		Takes: []string{"STRING"}, Gives: nullable(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) { return appendURLDecoded(dst, a.str(0, i)) }),
	},
})

// newSplitIndex cuts at a text, at a character given by its number, or, if the
// separator is empty, at white space.
func newSplitIndex(call *rex.Call) (Kernel, error) {
	byNumber := call.Args[1].Type().Kind == types.Integer
	return textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
		s, n := a.str(0, i), a.int(2, i)
		if n < 0 || s == "" {
			return dst, false
		}
		var buf [4]byte
		var sep string
		if byNumber {
			c := a.int(1, i)
			if c <= 0 || c > 0xFFFF {
				return dst, false
			}
			sep = string(utf8.AppendRune(buf[:0], rune(c)))
		} else {
			sep = a.str(1, i)
		}
		for {
			at, size := strings.Index(s, sep), len(sep)
			if sep == "" {
				at = strings.IndexFunc(s, unicode.IsSpace)
				if at >= 0 {
					_, size = utf8.DecodeRuneInString(s[at:])
				}
			}
			if n == 0 {
				if at >= 0 {
					s = s[:at]
				}
				return append(dst, s...), true
			}
			if at < 0 {
				return dst, false
			}
			s = s[at+size:]
			n--
		}
	})(call)
}

// separator cuts texts at a regular expression; one without operators is looked for
// as text.
type separator struct {
	text string
	re   *javaRegexp
}

func newSeparator(call *rex.Call, pattern string) (separator, error) {
	re, err := compileJava(pattern)
	if err != nil || re == nil {
		return separator{}, fail(call, CodeArgument, "%s: %s is no regular expression that is supported", call.Fn, quoteText(pattern))
	}
	if lit, all := re.LiteralPrefix(); all && lit != "" {
		return separator{text: lit}, nil
	}
	return separator{re: re}, nil
}

// split cuts s as Java's String.split does: an empty match at the start cuts nothing
// off; with a limit the last part holds the rest, without one (0) empty parts at the
// end are left out.
func (sep separator) split(dst []string, s string, limit int) []string {
	from := 0
	cut := func(lo, hi int) bool {
		if from == 0 && lo == 0 && hi == 0 {
			return true
		}
		dst = append(dst, s[from:lo])
		from = hi
		return limit == 0 || len(dst) < limit-1
	}
	if sep.re == nil {
		for at := 0; ; {
			k := strings.Index(s[at:], sep.text)
			if k < 0 || !cut(at+k, at+k+len(sep.text)) {
				break
			}
			at = from
		}
	} else {
		n := -1
		if limit > 0 {
			n = limit // an empty match at the start does not count
		}
		for _, m := range sep.re.FindAllStringIndex(s, n) {
			if !cut(m[0], m[1]) {
				break
			}
		}
	}
	dst = append(dst, s[from:])
	if limit == 0 && from > 0 {
		for len(dst) > 0 && dst[len(dst)-1] == "" {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

func newStrToMap(call *rex.Call) (Kernel, error) {
	cache := map[string]separator{}
	sep := func(pattern string) (separator, error) {
		if s, ok := cache[pattern]; ok {
			return s, nil
		}
		s, err := newSeparator(call, pattern)
		cache[strings.Clone(pattern)] = s
		return s, err
	}
	var items, pair, keys []string
	var values [][]string
	seen := map[string]int{}
	return builtOf(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
		comma, equals := ",", "="
		if a.has(2) {
			comma, equals = a.str(1, i), a.str(2, i)
		}
		between, err := sep(comma)
		if err != nil {
			return err
		}
		within, err := sep(equals)
		if err != nil {
			return err
		}
		s := a.str(0, i)
		if s == "" {
			b.EndMap()
			return nil
		}
		at := 0
		items = between.split(items[:0], s, 0)
		clear(seen)
		for _, item := range items { // of a key that comes twice the last value counts
			pair = within.split(pair[:0], item, 2)
			k, known := seen[pair[0]]
			if !known {
				k, keys = at, append(keys[:at], pair[0])
				seen[pair[0]] = k
				values = append(values[:at], nil)
				at++
			}
			values[k] = append([]string(nil), pair[1:]...)
		}
		for _, k := range vec.HashOrder(at, len(items), func(k int) int32 { return vec.JavaHash(keys[k]) }) {
			b.Kid(0).String(keys[k])
			if len(values[k]) > 0 {
				b.Kid(1).String(values[k][0])
			} else {
				b.Kid(1).Null()
			}
		}
		b.EndMap()
		return nil
	})(call)
}

// url is a URL taken apart as java.net.URL does.
type url struct {
	protocol, authority, userinfo, host, path, query, ref string
	hasAuthority, hasUser, hasQuery, hasRef               bool
}

// parseURL takes a URL apart; false if it has no protocol that Java knows.
func parseURL(s string) (url, bool) {
	var u url
	s = trimmed(s)
	proto, rest, ok := strings.Cut(s, ":")
	if !ok {
		return u, false
	}
	switch u.protocol = strings.ToLower(proto); u.protocol {
	case "http", "https", "ftp", "file", "jar", "mailto":
	default:
		return u, false
	}
	rest, u.ref, u.hasRef = strings.Cut(rest, "#")
	rest, u.query, u.hasQuery = strings.Cut(rest, "?")
	if r, ok := strings.CutPrefix(rest, "//"); ok {
		u.hasAuthority = true
		at := strings.IndexByte(r, '/')
		if at < 0 {
			at = len(r)
		}
		u.authority, rest = r[:at], r[at:]
		u.host = u.authority
		if k := strings.IndexByte(u.authority, '@'); k >= 0 {
			u.userinfo, u.host, u.hasUser = u.authority[:k], u.authority[k+1:], true
		}
		if k := strings.LastIndexByte(u.host, ':'); k >= 0 && !strings.HasSuffix(u.host, "]") {
			u.host = u.host[:k]
		}
	}
	u.path = rest
	return u, true
}

// part gives a part by its name; false if the URL has none.
func (u *url) part(name string) (string, bool) {
	switch name {
	case "HOST":
		return u.host, true
	case "PATH":
		return u.path, true
	case "QUERY":
		return u.query, u.hasQuery
	case "REF":
		return u.ref, u.hasRef
	case "PROTOCOL":
		return u.protocol, true
	case "AUTHORITY":
		return u.authority, u.hasAuthority
	case "FILE":
		if u.hasQuery {
			return u.path + "?" + u.query, true
		}
		return u.path, true
	case "USERINFO":
		return u.userinfo, u.hasUser
	}
	return "", false
}

// queryValue gives the value of the first pair with a key.
func queryValue(query, key string) (string, bool) {
	for more := true; more; {
		var pair string
		pair, query, more = strings.Cut(query, "&")
		if k, v, ok := strings.Cut(pair, "="); ok && k == key {
			return v, true
		}
	}
	return "", false
}

func appendURLEncoded(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '*', c == '_':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

func appendURLDecoded(dst []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			dst = append(dst, ' ')
		case '%':
			if i+2 >= len(s) || hexDigit(s[i+1]) < 0 || hexDigit(s[i+2]) < 0 {
				return dst, false
			}
			dst = append(dst, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst, true
}
