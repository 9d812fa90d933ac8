package syntax

import (
	"strings"
	"testing"
	"time"
)

// FuzzParse asks of any text: no panic, an answer in good time, spans within the
// text, and, if there are no errors, that the printed text has an equal tree and
// the same number of comments.
func FuzzParse(f *testing.F) {
	for _, src := range corpus(f) {
		s, _ := Parse(src)
		for _, st := range s.Stmts {
			f.Add(src[st.Span().Start:st.Span().End])
		}
	}
	for i, v := range verdicts(f) {
		if i%4 == 0 {
			f.Add(v.sql)
		}
	}
	f.Add("SELECT a, -- one\n b /* two */ + /* three */ c -- four\nFROM t -- five\n;-- six")
	f.Fuzz(func(t *testing.T, src string) {
		begin := time.Now()
		s, errs := Parse(src)
		if d := time.Since(begin); d > time.Second && len(src) < 10_000 {
			t.Fatalf("%v for %d bytes", d, len(src))
		}
		for _, e := range errs {
			if e.Span.Start < 0 || e.Span.End < e.Span.Start || e.Span.End > len(src) {
				t.Fatalf("span %v of %v", e.Span, e)
			}
		}
		Walk(s, func(n Node) bool {
			if span := n.Span(); span.Start < 0 || span.End < span.Start || span.End > len(src) {
				t.Fatalf("span %v of %T", span, n)
			}
			return true
		})
		if len(errs) > 0 {
			return
		}
		out := Format(s, FormatOptions{})
		s2, errs := Parse(out)
		if len(errs) > 0 {
			t.Fatalf("printed text has errors:\n%s\n%s", out, render(out, errs))
		}
		if !Equal(s, s2) {
			t.Fatalf("trees differ:\n%s\n%s\n%s", out, Dump(s), Dump(s2))
		}
		if len(s.Comments) != len(s2.Comments) {
			t.Fatalf("%d comments of %d are left:\n%s", len(s2.Comments), len(s.Comments), out)
		}
		if len(s.Comments) == 0 {
			if twice := Format(s2, FormatOptions{}); twice != out {
				t.Fatalf("second format differs:\n%s\n%s", twice, out)
			}
		}
	})
}

// TestHostile asks for linear time and a bounded stack on texts made to break parsers:
// doubling the length may not much more than double the time.
func TestHostile(t *testing.T) {
	rep := strings.Repeat
	texts := map[string]func(n int) string{
		"parens":           func(n int) string { return "SELECT " + rep("(", n) },
		"closed parens":    func(n int) string { return "SELECT " + rep("(", n) + "1" + rep(")", n) },
		"from parens":      func(n int) string { return "SELECT * FROM " + rep("(", n) + "SELECT 1" + rep(")", n) },
		"brackets":         func(n int) string { return "SELECT a" + rep("[a", n) },
		"signs":            func(n int) string { return "SELECT " + rep("- ", n) + "1" },
		"not":              func(n int) string { return "SELECT " + rep("NOT ", n) + "1" },
		"case":             func(n int) string { return "SELECT " + rep("CASE WHEN ", n) },
		"calls":            func(n int) string { return "SELECT " + rep("f(", n) + rep(")", n) },
		"subqueries":       func(n int) string { return rep("SELECT (", n) },
		"types":            func(n int) string { return "CREATE TABLE t (a " + rep("ARRAY<", n) },
		"type suffixes":    func(n int) string { return "CREATE TABLE t (a INT" + rep(" ARRAY", n) + ")" },
		"patterns":         func(n int) string { return "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (" + rep("(", n) },
		"and chain":        func(n int) string { return "SELECT a" + rep(" AND a", n) },
		"like chain":       func(n int) string { return "SELECT a" + rep(" LIKE a", n) },
		"union chain":      func(n int) string { return "SELECT 1" + rep(" UNION SELECT 1", n) },
		"join chain":       func(n int) string { return "SELECT * FROM a" + rep(" CROSS JOIN a", n) },
		"field chain":      func(n int) string { return "SELECT (a)" + rep(".a", n) },
		"list":             func(n int) string { return "SELECT a" + rep(", a", n) },
		"errors":           func(n int) string { return rep("SELECT a b c; ", n) },
		"bad lists":        func(n int) string { return "SELECT " + rep("+, ", n) },
		"misspelt":         func(n int) string { return "SELECT a FORM t " + rep("WEHRE ", n) },
		"quotes":           func(n int) string { return rep("'", 2*n+1) },
		"lines of quotes":  func(n int) string { return rep("'a\n", 2*n+1) },
		"mixed quotes":     func(n int) string { return rep("E'\\' ` \" /* \n", n) },
		"comments":         func(n int) string { return rep("/*", n) + rep("-- x\n", n) },
		"hints":            func(n int) string { return rep("/*+ a ", n) },
		"sets":             func(n int) string { return rep("BEGIN STATEMENT SET; SELECT 1; ", n) },
		"one set":          func(n int) string { return "BEGIN STATEMENT SET; " + rep("SELECT 1; ", n) + "END;" },
		"semicolons":       func(n int) string { return rep(";", n) },
		"not UTF-8":        func(n int) string { return rep("\xff", n) },
		"words":            func(n int) string { return rep("a ", n) },
		"with":             func(n int) string { return rep("WITH a AS (", n) },
		"named args":       func(n int) string { return "SELECT f(" + rep("a => f(", n) },
		"unclosed strings": func(n int) string { return rep("SELECT 'a\n;", n) },
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			measure := func(n int) time.Duration {
				src := text(n)
				begin := time.Now()
				s, errs := Parse(src)
				if len(errs) > maxErrors+1 {
					t.Errorf("%d errors", len(errs))
				}
				if len(errs) == 0 {
					roundTrip(t, src)
				}
				_ = Dump(s)
				return time.Since(begin)
			}
			// A busy machine makes single measures large: one good pair is enough.
			for try := 0; ; try++ {
				small, large := measure(2_000), measure(16_000)
				if large < 40*small || large < 300*time.Millisecond {
					break
				}
				if try == 5 {
					t.Fatalf("%v for 2,000, %v for 16,000", small, large)
				}
			}
		})
	}
}
