package function

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// LIKE agrees with the regular expression that says the same.
func TestLikeAgreesWithRegexp(t *testing.T) {
	alphabet := []rune{'a', 'b', 'é', '%', '_', '!'}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom([]rune{'a', 'b', 'é', '%'}), 0, 8).Draw(t, "text"))
		pattern := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 7).Draw(t, "pattern"))
		p, err := parseLike(pattern, '!')
		var re strings.Builder
		re.WriteString(`(?s)\A`)
		bad, escaped := false, false
		for _, r := range pattern {
			switch {
			case escaped:
				bad = bad || r != '%' && r != '_' && r != '!'
				re.WriteString(regexp.QuoteMeta(string(r)))
				escaped = false
			case r == '!':
				escaped = true
			case r == '%':
				re.WriteString(".*")
			case r == '_':
				re.WriteString(".")
			default:
				re.WriteString(regexp.QuoteMeta(string(r)))
			}
		}
		if bad = bad || escaped; bad != (err != nil) {
			t.Fatalf("pattern %q: error %v", pattern, err)
		}
		if err != nil {
			return
		}
		want := regexp.MustCompile(re.String() + `\z`).MatchString(text)
		if got := likeMatcher(p)(text); got != want {
			t.Fatalf("%q LIKE %q is %v", text, pattern, got)
		}
		if got := p.match(text); got != want {
			t.Fatalf("%q LIKE %q is %v without the short cuts", text, pattern, got)
		}
	})
}

// The JSON reader takes what Go's takes, and writes it back with the same meaning.
func TestJSONAgreesWithGo(t *testing.T) {
	pieces := []string{"{", "}", "[", "]", ",", ":", `"a"`, `"b\n\u00e9"`, "1", "-2.50", "1e3", "01", "true", "null", " ", "x", `"`, `\`}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 9).Draw(t, "pieces"), "")
		readsAsGo(t, s)
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "{}", `{"a":[1,2.5,-3e4,"x\u00e9\n",null,true]}`, `[[[]]]`, `"\ud83d\ude00"`, "12abc", `{"a":1,"a":2}`, "\"\x01\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { readsAsGo(t, s) })
}

type failer interface {
	Fatalf(format string, args ...any)
}

// readsAsGo reads s here and with Go's decoder, which also stops after one value.
func readsAsGo(t failer, s string) {
	var d jsonDoc
	ok := d.parse(s)
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var want any
	err := dec.Decode(&want)
	if err == nil && !ok {
		// Go ends a number or a word where another token begins; we want a boundary.
		_, number := want.(json.Number)
		if rest := s[dec.InputOffset():]; rest == "" || !number && !isWordByte(rest[0]) && rest[0] != '$' {
			t.Fatalf("%q is JSON to Go", s)
		}
		return
	}
	if err != nil && ok {
		t.Fatalf("%q is no JSON to Go: %v", s, err)
	}
	if !ok {
		return
	}
	text := d.appendNode(nil, 0)
	var got any
	dec = json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	if err := dec.Decode(&got); err != nil {
		t.Fatalf("%q is written as %q: %v", s, text, err)
	}
	var again jsonDoc
	if !again.parse(string(text)) || string(again.appendNode(nil, 0)) != string(text) {
		t.Fatalf("%q is written as %q and that as %q", s, text, again.appendNode(nil, 0))
	}
}

func TestJSONPaths(t *testing.T) {
	doc := `{"a":{"b":[{"c":1},{"c":2,"d":"x"}]},"e f":null}`
	for _, c := range []struct{ path, want string }{
		{"$.a.b[0].c", "1"}, {"$.a.b[-1].d", "x"}, {"$['a']['b'][1]['c']", "2"}, {"lax $.a.z", "-"}, {"$.a.z", "-"}, {"a.b[0].c", "1"},
		{"$.a.b.length()", "2"}, {"$[", "-"}, {"$.a.b[5].c", "-"}, {"$.a.b[?(@.c > 1)].d", "-"}, {"$['e f']", "-"},
	} {
		f := newJSONFinder()
		text, _, how, _ := f.value(nil, doc, c.path)
		got := "-"
		if how == found {
			got = string(text)
		}
		if got != c.want {
			t.Errorf("path %s leads to %s, want %s", c.path, got, c.want)
		}
	}
}
