package syntax

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weir-sql/weir/planner/diag"
)

// corpus returns the scripts of testdata/corpus by file name.
func corpus(t testing.TB) map[string]string {
	files, err := filepath.Glob("testdata/corpus/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = string(b)
	}
	return out
}

// verdict is one line of testdata/flink_verdicts.txt.
type verdict struct{ flink, weir, sql string }

func verdicts(t testing.TB) []verdict {
	b, err := os.ReadFile("testdata/flink_verdicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []verdict
	for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if strings.HasPrefix(l, "#") {
			continue
		}
		out = append(out, verdict{l[:2], l[3:5], strings.ReplaceAll(l[6:], `\n`, "\n")})
	}
	return out
}

// render prints diagnostics as a person sees them.
func render(src string, errs diag.List) string {
	var b strings.Builder
	for _, e := range errs {
		b.WriteString(diag.Print(diag.Source{Name: "q.sql", Text: src}, e))
	}
	return b.String()
}

// TestDataDriven runs testdata/parse. Commands:
//
//	parse   the tree of each statement, then the diagnostics
//	diag    the diagnostics alone, as a person sees them
//	format  the formatted script
//	scan    kind and text of each token
func TestDataDriven(t *testing.T) {
	datadriven.Walk(t, "testdata/parse", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse":
				s, errs := Parse(d.Input)
				var b strings.Builder
				for _, st := range s.Stmts {
					b.WriteString(Dump(st) + "\n")
				}
				return b.String() + render(d.Input, errs)
			case "diag":
				_, errs := Parse(d.Input)
				return render(d.Input, errs)
			case "format":
				s, errs := Parse(d.Input)
				if len(errs) > 0 {
					return render(d.Input, errs)
				}
				opts := FormatOptions{}
				d.MaybeScanArgs(t, "width", &opts.Width)
				return Format(s, opts)
			case "scan":
				toks, errs := Scan(d.Input)
				var b strings.Builder
				for _, tok := range toks {
					fmt.Fprintf(&b, "%s %s\n", tokenKindNames[tok.Kind], tok.Text(d.Input))
				}
				return b.String() + render(d.Input, errs)
			}
			return "no command " + d.Cmd
		})
	})
}

var tokenKindNames = [...]string{"eof", "name", "quoted-name", "keyword", "number", "string", "binary", "symbol",
	"hint-open", "hint-close", "comment", "double-quote", "variable", "bad"}

// TestErrors reads testdata/errors: an /* ERROR "regexp" */ comment stands before the
// token that an error is at, /* ERROR AFTER "regexp" */ behind it. The regexp is
// matched against "code: message (hint)". There are no other errors.
func TestErrors(t *testing.T) {
	files, _ := filepath.Glob("testdata/errors/*.sql")
	if len(files) == 0 {
		t.Fatal("no files")
	}
	pattern := regexp.MustCompile(`^/\* ERROR( AFTER)? "(.*)" \*/$`)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		src := string(b)
		type want struct {
			tok Token
			rx  *regexp.Regexp
		}
		var wants []want
		toks, _ := Scan(src)
		var prev Token
		for i, tok := range toks {
			if tok.Kind != TokenComment {
				prev = tok
				continue
			}
			m := pattern.FindStringSubmatch(tok.Text(src))
			if m == nil {
				continue
			}
			at := prev
			if m[1] == "" {
				for at = tok; at.Kind == TokenComment; i++ {
					at = toks[i+1]
				}
			}
			wants = append(wants, want{at, regexp.MustCompile(m[2])})
		}
		_, errs := Parse(src)
		for _, e := range errs {
			text := fmt.Sprintf("%s: %s (%s)", e.Code, e.Primary, e.Hint)
			found := false
			for i, w := range wants {
				if w.tok.Pos.Start <= e.Span.Start && e.Span.Start < max(w.tok.Pos.End, w.tok.Pos.Start+1) && w.rx.MatchString(text) {
					wants = append(wants[:i:i], wants[i+1:]...)
					found = true
					break
				}
			}
			if !found {
				t.Errorf("%s: not expected:\n%s", f, diag.Print(diag.Source{Name: f, Text: src}, e))
			}
		}
		for _, w := range wants {
			line, col := diag.Source{Text: src}.Position(w.tok.Pos.Start)
			t.Errorf("%s:%d:%d: no error matches %q", f, line, col, w.rx)
		}
	}
}

// TestCorpusParses asks for trees without errors whose statements, laid end to end,
// are the text.
func TestCorpusParses(t *testing.T) {
	for name, src := range corpus(t) {
		s, errs := Parse(src)
		if len(errs) > 0 {
			t.Errorf("%s:\n%s", name, render(src, errs))
		}
		end := 0
		for _, st := range s.Stmts {
			span := st.Span()
			if span.Start < end || span.End <= span.Start || span.End > len(src) {
				t.Fatalf("%s: statement at %v after %d", name, span, end)
			}
			if strings.HasSuffix(src[span.Start:span.End], ";") {
				t.Errorf("%s: span of %q holds its semicolon", name, src[span.Start:span.End])
			}
			end = span.End
		}
	}
}

// TestSpans asks that every node lies within the one above it and is not empty.
func TestSpans(t *testing.T) {
	for name, src := range corpus(t) {
		s, _ := Parse(src)
		for _, st := range s.Stmts {
			outer := st.Span()
			Walk(st, func(n Node) bool {
				span := n.Span()
				if span.End <= span.Start || span.Start < outer.Start || span.End > outer.End {
					t.Errorf("%s: %T at %v in statement %v: %s", name, n, span, outer, Dump(n))
				}
				return true
			})
		}
	}
}

// roundTrip asks that a text without errors is printed as one with an equal tree and
// the same comments, and that printing that changes nothing.
func roundTrip(t testing.TB, src string) {
	s, errs := Parse(src)
	if len(errs) > 0 {
		return
	}
	once := Format(s, FormatOptions{})
	s2, errs := Parse(once)
	if len(errs) > 0 {
		t.Fatalf("printed text has errors:\n%s\nfrom %q:\n%s", once, src, render(once, errs))
	}
	if !Equal(s, s2) {
		t.Fatalf("trees differ:\n%s\nfrom %q:\n%s\n%s", once, src, Dump(s), Dump(s2))
	}
	if len(s.Comments) != len(s2.Comments) {
		t.Fatalf("%d comments of %d are left:\n%s\nfrom %q", len(s2.Comments), len(s.Comments), once, src)
	}
	if twice := Format(s2, FormatOptions{}); once != twice {
		t.Fatalf("second format differs:\n%s\nfirst:\n%s\nfrom %q", twice, once, src)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, src := range corpus(t) {
		roundTrip(t, src)
		s, _ := Parse(src)
		for _, st := range s.Stmts {
			roundTrip(t, src[st.Span().Start:st.Span().End])
		}
	}
	for _, v := range verdicts(t) {
		roundTrip(t, v.sql)
	}
}

// TestFormatWidth asks that narrow and wide layouts say the same.
func TestFormatWidth(t *testing.T) {
	for name, src := range corpus(t) {
		s, _ := Parse(src)
		for _, w := range []int{20, 60, 1000} {
			out := Format(s, FormatOptions{Width: w, Indent: 4})
			s2, errs := Parse(out)
			if len(errs) > 0 || !Equal(s, s2) {
				t.Errorf("%s at width %d:\n%s\n%s", name, w, out, render(out, errs))
			}
		}
	}
}

// TestFlinkVerdicts compares with what Flink's own parser said.
func TestFlinkVerdicts(t *testing.T) {
	for _, v := range verdicts(t) {
		_, errs := Parse(v.sql)
		errs = Ungrammatical(errs)
		if got := map[bool]string{true: "ok", false: "no"}[len(errs) == 0]; got != v.weir {
			t.Errorf("Flink %s, weir %s, want %s: %s\n%s", v.flink, got, v.weir, v.sql, render(v.sql, errs))
		}
	}
}

// TestKeywords asks that a keyword can be a name just if it is not reserved, in every
// place of a name. Flink's grammar has no exceptions.
func TestKeywords(t *testing.T) {
	for _, k := range Keywords() {
		for _, form := range []string{"SELECT a AS %s FROM t", "SELECT t.%s FROM t", "SELECT * FROM %s", "CREATE TABLE t (%s INT)"} {
			src := fmt.Sprintf(form, strings.ToLower(k))
			_, errs := Parse(src)
			if IsReserved(k) != (len(errs) > 0) {
				t.Errorf("reserved %v: %s\n%s", IsReserved(k), src, render(src, errs))
			}
		}
		if q := Quote(k); IsReserved(k) != (q != k) {
			t.Errorf("Quote(%s) = %s", k, q)
		}
	}
	for name, want := range map[string]string{"a": "a", "A1_$": "A1_$", "größe": "größe", "": "``", "1a": "`1a`", "a b": "`a b`",
		"a`b": "`a``b`", "a-b": "`a-b`", "value": "`value`", "name": "name"} {
		if got := Quote(name); got != want {
			t.Errorf("Quote(%q) = %s, want %s", name, got, want)
		}
	}
}

// TestEqual asks that Equal sees every difference that Dump sees, between statements
// of the corpus.
func TestEqual(t *testing.T) {
	var all []Stmt
	for _, src := range corpus(t) {
		s, _ := Parse(src)
		all = append(all, s.Stmts...)
	}
	for i, a := range all {
		for _, b := range all[i:] {
			if Equal(a, b) != (Dump(a) == Dump(b)) {
				t.Fatalf("Equal says %v:\n%s\n%s", Equal(a, b), Dump(a), Dump(b))
			}
		}
	}
}

func TestWalk(t *testing.T) {
	s, _ := Parse("SELECT a.b, f(c) FROM t WHERE d IN (SELECT e FROM u)")
	var refs, names []string
	Walk(s, func(n Node) bool {
		switch n := n.(type) {
		case *ColumnRef:
			refs = append(refs, FormatNode(n))
		case *QualifiedName:
			names = append(names, n.String())
		}
		return true
	})
	if got := fmt.Sprint(refs, names); got != "[a.b c d e] [f t u]" {
		t.Error(got)
	}
}

// TestCommentsEverywhere puts a comment into each gap between two tokens of the
// corpus, one at a time. None may be lost, and the layout has to be stable.
func TestCommentsEverywhere(t *testing.T) {
	for name, src := range corpus(t) {
		s, _ := Parse(src)
		for _, st := range s.Stmts {
			stmt := src[st.Span().Start:st.Span().End] + ";"
			toks, _ := Scan(stmt)
			hint := false
			for i, tok := range toks {
				if hint = (hint || tok.Kind == TokenHintOpen) && tok.Kind != TokenHintClose; hint && tok.Kind != TokenHintOpen || i == 0 {
					continue
				}
				for _, c := range []string{" /* c */ ", " -- c\n", "\n-- c\n", "\n/* c */\n", "\n-- c\n-- d\n"} {
					at := tok.Pos.Start
					roundTrip(t, stmt[:at]+c+stmt[at:])
					if t.Failed() {
						t.Fatal(name)
					}
				}
			}
		}
	}
}
