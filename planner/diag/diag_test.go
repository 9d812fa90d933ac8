package diag

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestSpanJoin(t *testing.T) {
	a, b := Span{3, 5}, Span{8, 9}
	for _, c := range []struct{ x, y, want Span }{
		{a, b, Span{3, 9}}, {b, a, Span{3, 9}}, {a, Span{}, a}, {Span{}, b, b}, {Span{}, Span{}, Span{}}, {a, Span{4, 4}, a},
	} {
		if got := c.x.Join(c.y); got != c.want {
			t.Errorf("%v.Join(%v) = %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

func TestPosition(t *testing.T) {
	s := Source{Text: "ab\r\nüx\n\nz"}
	for _, c := range []struct{ offset, line, col int }{
		{-1, 1, 1}, {0, 1, 1}, {1, 1, 2}, {4, 2, 1}, {6, 2, 2}, {7, 2, 3}, {8, 3, 1}, {9, 4, 1}, {99, 4, 2},
	} {
		if line, col := s.Position(c.offset); line != c.line || col != c.col {
			t.Errorf("offset %d is at %d:%d, want %d:%d", c.offset, line, col, c.line, c.col)
		}
	}
	for n, want := range []string{1: "ab", 2: "üx", 3: "", 4: "z", 5: ""} {
		if n > 0 && s.Line(n) != want {
			t.Errorf("line %d is %q, want %q", n, s.Line(n), want)
		}
	}
}

// at is the span of the n-th occurrence of word in text, from 0.
func at(text, word string, n int) Span {
	from := 0
	for ; n > 0; n-- {
		from += strings.Index(text[from:], word) + len(word)
	}
	i := from + strings.Index(text[from:], word)
	return Span{i, i + len(word)}
}

// TestPrint asserts whole texts: what a person reads is the product.
func TestPrint(t *testing.T) {
	cases := []struct{ text, word, want string }{
		{"SELECT 1,\n  SUM(prcie) FROM orders", "prcie", `q.sql:2:7: error[W0107]: column "prcie" not found
 2 |   SUM(prcie) FROM orders
   |       ^^^^^ hint: did you mean "price"?
   = The table has 3 columns.
   = q.sql:1:1: the query begins here
`},
		// Carets stand under their text behind tabs and wide characters.
		{"SELECT\t1,\tprcie", "prcie", "q.sql:1:11: error[W0107]: column \"prcie\" not found\n 1 | SELECT\t1,\tprcie\n   |       \t  \t^^^^^ hint: did you mean \"price\"?\n" +
			"   = The table has 3 columns.\n   = q.sql:1:1: the query begins here\n"},
		{"SELECT '中文', 列", "列", `q.sql:1:14: error[W0107]: column "列" not found
 1 | SELECT '中文', 列
   |                ^^ hint: did you mean "price"?
   = The table has 3 columns.
   = q.sql:1:1: the query begins here
`},
		// A span over several lines is marked on its first.
		{"SELECT (a +\n b)\r\nFROM t", "(a +\n b)", `q.sql:1:8: error[W0107]: column "(a +\n b)" not found
 1 | SELECT (a +
   |        ^^^^ hint: did you mean "price"?
   = The table has 3 columns.
   = q.sql:1:1: the query begins here
`},
	}
	for _, c := range cases {
		d := Errorf("W0107", at(c.text, c.word, 0), "column %q not found", c.word).
			WithHint("did you mean %q?", "price").WithDetail("The table has %d columns.", 3)
		d.Related = []Related{{Span{0, 6}, "the query begins here"}}
		if got := Print(Source{"q.sql", c.text}, d); got != c.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
		}
	}
}

func TestPrintWithoutSnippet(t *testing.T) {
	d := Warnf("W0501", Span{3, 4}, "record is not JSON").WithHint("set 'json.ignore-parse-errors'").WithDetail("It ends early.")
	d.File, d.Line = "data/orders.jsonl", 7
	want := "data/orders.jsonl:7: warning[W0501]: record is not JSON\n   It ends early.\n   hint: set 'json.ignore-parse-errors'\n"
	if got := Print(Source{"q.sql", "SELECT 1"}, d); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := d.Error(); got != "data/orders.jsonl:7: warning[W0501]: record is not JSON (hint: set 'json.ignore-parse-errors')" {
		t.Error(got)
	}
	n := &Diagnostic{Severity: Note, Code: "W0601", Primary: "no project"}
	if got := Print(Source{Name: "weir.yaml"}, n); got != "weir.yaml: note[W0601]: no project\n" {
		t.Error(got)
	}
}

// TestPrintAnyPlace prints at places outside of the text, which must not panic.
func TestPrintAnyPlace(t *testing.T) {
	for _, text := range []string{"", "a", "a\nb", "\n\n", "ü"} {
		for start := -2; start < 6; start++ {
			for end := -2; end < 6; end++ {
				if got := Print(Source{"q", text}, Errorf("W0001", Span{start, end}, "x")); !strings.Contains(got, "error[W0001]: x\n") {
					t.Errorf("%q %d %d: %s", text, start, end, got)
				}
			}
		}
	}
}

// TestPrintLongLine shows only the part of a long line around the place.
func TestPrintLongLine(t *testing.T) {
	text := "SELECT " + strings.Repeat("a, ", 500) + "oops" + strings.Repeat(", b", 500)
	got := Print(Source{"q", text}, Errorf("W0001", at(text, "oops", 0), "x"))
	lines := strings.Split(got, "\n")
	if len(got) > 600 || !strings.HasPrefix(lines[1], " 1 | …") || !strings.HasSuffix(lines[1], "…") {
		t.Error(got)
	}
	if under := strings.Index(lines[2], "^^^^"); string([]rune(lines[1])[under:under+4]) != "oops" {
		t.Errorf("carets do not stand under their text:\n%s", got)
	}
	if got := Print(Source{"q", text}, Errorf("W0001", Span{0, len(text)}, "x")); len(got) > 600 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestList(t *testing.T) {
	var l List
	if l.HasErrors() || l.Err() != nil {
		t.Error("an empty list is no error")
	}
	l.Add(Warnf("W0201", Span{9, 10}, "late"))
	if l.HasErrors() || l.Err() != nil {
		t.Error("a warning is no error")
	}
	first := Errorf("W0101", Span{2, 3}, "early")
	l.Add(first)
	l.Add(Errorf("W0102", Span{2, 5}, "early too"))
	if !l.HasErrors() {
		t.Error("an error is one")
	}
	sorted := l.Sorted()
	if got := fmt.Sprint(sorted[0].Primary, ", ", sorted[1].Primary, ", ", sorted[2].Primary); got != "early, early too, late" {
		t.Error(got)
	}
	if l[0].Primary != "late" {
		t.Error("Sorted changed the list")
	}
	var asList List
	if err := fmt.Errorf("check orders.sql: %w", l.Err()); !errors.As(err, &asList) || len(asList) != 3 {
		t.Error(err)
	}
	if got := l.Error(); got != "warning[W0201]: late\nerror[W0101]: early\nerror[W0102]: early too" {
		t.Error(got)
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name, want string
		from       []string
	}{
		{"prcie", "price", []string{"name", "price", "prices"}},
		{"FORM", "FROM", []string{"WHERE", "FROM", "FOR"}},
		{"selct", "SELECT", []string{"SET", "SELECT"}},
		{"price", "price", []string{"prices", "price"}},
		{"xyz", "", []string{"abc", "price"}},
		{"a", "b", []string{"b", "long"}},
		{"", "", []string{"ab"}},
		{"abc", "", nil},
		{"totally", "", []string{"different"}},
	} {
		if got := Nearest(c.name, c.from); got != c.want {
			t.Errorf("Nearest(%q, %v) = %q, want %q", c.name, c.from, got, c.want)
		}
	}
}

func FuzzEditDistance(f *testing.F) {
	f.Add("price", "prcie")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, a, b string) {
		const limit = 1 << 20
		d := editDistance(a, b, limit)
		if d != editDistance(b, a, limit) || (d == 0) != (a == b) || d > max(len(a), len(b)) || d < len(a)-len(b) {
			t.Fatalf("distance of %q and %q is %d", a, b, d)
		}
	})
}

// The source line under an error shows no secret, and its columns stay.
func TestPrintHidesSecrets(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"WITH ('a.password' = 'hunter2', 'b' = 'c')", "WITH ('a.password' = '*******', 'b' = 'c')"},
		{"WITH ('a.pasword'='hünter2')", "WITH ('a.pasword'='*******')"},
		{"'sasl.jaas.config' = 'x password=\"it''s\";'", "'sasl.jaas.config' = '*******************'"},
		{"SET 'my.token' = 'abc", "SET 'my.token' = '***"},
		{"SELECT 'token', x FROM t WHERE y = 'abc'", "SELECT 'token', x FROM t WHERE y = 'abc'"},
		{"'topic' = 't', 'path' = 'p'", "'topic' = 't', 'path' = 'p'"},
	} {
		got := Print(Source{Name: "f", Text: c.line}, Errorf("W0302", Span{Start: 0, End: 1}, "no"))
		if want := "f:1:1: error[W0302]: no\n 1 | " + c.want + "\n   | ^\n"; got != want {
			t.Errorf("got %s want %s", got, want)
		}
	}
}
