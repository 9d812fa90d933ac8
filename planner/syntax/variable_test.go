package syntax

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
)

// fixed gives variables their texts as strings; names that begin with raw are raw.
type fixed map[string]string

func (f fixed) Known(name string) bool { _, ok := f[name]; return ok }

func (f fixed) Value(r *VariableRef) (VariableValue, *diag.Diagnostic) {
	text, ok := f[r.Name]
	if !ok {
		return VariableValue{}, diag.Errorf("W0661", r.NameSpan, "there is no variable %q", r.Name)
	}
	if strings.HasPrefix(r.Name, "raw") {
		return VariableValue{Text: text, Raw: true}, nil
	}
	return VariableValue{Text: text, Literal: func(at Base, _ bool) Expr { return &StringLit{Base: at, Value: text} }}, nil
}

// payloads are texts made of what could end a string, a statement or a comment.
func payloads(n int) []string {
	pieces := []string{"'", "''", ";", "--", "/*", "*/", "/*+", "`", `"`, "\\", "\n", "\x00", "$$", "${v}", "${", "}", "$${v}", ")", "(", "=", ",", "%", "_",
		" OR 1=1", " UNION SELECT 1", "DROP TABLE t", "SELECT", "END", "x", "é", "漢", "\u2019", "\u202e", "$", "{", "\r\n", "\t", "E'", "U&'\\0027", "0x27", "''''"}
	r := rand.New(rand.NewPCG(7, 7))
	out := []string{"'; DROP TABLE t; --", "' OR '1'='1", "*/ DROP TABLE t /*", "", " ", "\\'; --"}
	for len(out) < n {
		var b strings.Builder
		for range 1 + r.IntN(7) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		out = append(out, b.String())
	}
	return out
}

// TestHostileValuesStayLiterals: whatever a value is, the tree is the one that has the value as a string in each place, and
// nothing else.
func TestHostileValuesStayLiterals(t *testing.T) {
	const script = "CREATE TABLE t (c STRING, d AS c || ${v}) WITH ('connector' = 'x', 'path' = 'a/${v}/b', 'p' = ${v});\n" +
		"SET 'k' = '${v}';\n" +
		"-- a comment with ${v}\n" +
		"INSERT INTO o SELECT c, 'x${v}y' AS b, ${v} AS a FROM t /*+ OPTIONS('o'='${v}') */ WHERE c = ${v} AND c LIKE '%${v}' OR f(${v}) = 'it''s ${v}';"
	seen := map[string]bool{}
	for _, payload := range payloads(600) {
		seen[payload] = true
		got, errs := ParseWith(script, fixed{"v": payload})
		if len(errs) > 0 {
			t.Fatalf("%q: %v", payload, errs)
		}
		const mark = "\x01mark\x01"
		want, errs := Parse(strings.NewReplacer("'%${v}'", "'%"+mark+"'", "'a/${v}/b'", "'a/"+mark+"/b'", "'x${v}y'", "'x"+mark+"y'", "'${v}'", "'"+mark+"'",
			"'it''s ${v}'", "'it''s "+mark+"'", "${v}", "'"+mark+"'").Replace(script))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		strs := 0
		Walk(want, func(n Node) bool {
			if s, ok := n.(*StringLit); ok && strings.Contains(s.Value, mark) {
				s.Value = strings.ReplaceAll(s.Value, mark, payload)
				strs++
			}
			return true
		})
		if strs != 11 {
			t.Fatalf("%d literals hold the variable", strs)
		}
		if !Equal(got, want) {
			t.Fatalf("%q changes the tree:\n%s\n%s", payload, Dump(got), Dump(want))
		}
		for _, r := range got.Replaced { // the SQL that stands for a place is one literal again
			again, errs := Parse("SELECT " + r.SQL)
			if len(errs) > 0 || len(again.Stmts) != 1 {
				t.Fatalf("%q is kept as %s: %v", payload, r.SQL, errs)
			}
		}
	}
	if len(seen) < 500 {
		t.Errorf("%d payloads", len(seen))
	}
}

// TestRawVariables: raw values are tokens in their place, and cannot end what they stand in.
func TestRawVariables(t *testing.T) {
	got, errs := ParseWith("SELECT ${rawcols} FROM ${rawdb}.`o_${rawday}` WHERE ${rawcond} AND x = '${rawday}'",
		fixed{"rawcols": "a, b + 1 AS c", "rawdb": "db", "rawday": "2026`1", "rawcond": "(a > 1 OR b < 2)"})
	want, _ := Parse("SELECT a, b + 1 AS c FROM db.`o_2026``1` WHERE (a > 1 OR b < 2) AND x = '2026`1'")
	if len(errs) > 0 || !Equal(got, want) {
		t.Errorf("%v\n%s\n%s", errs, Dump(got), Dump(want))
	}
	for value, says := range map[string]string{
		"a; DROP TABLE t": "it ends the statement", "a -- x": "it holds a comment", "a /* x */": "it holds a comment", "a)": `")" closes nothing in it`,
		"(a": `")" is missing in it`, "'a": "string is not closed", " ": "it is empty", "${rawx}": "it holds another variable", "(a]": `"]" closes nothing in it`,
	} {
		_, errs := ParseWith("SELECT ${rawx} FROM t", fixed{"rawx": value})
		if len(errs) == 0 || !strings.Contains(errs[0].Primary, says) || (errs[0].Span != diag.Span{Start: 7, End: 14}) {
			t.Errorf("%q: %v", value, errs)
		}
	}
	if _, errs := ParseWith("SELECT a AS ${v} FROM `t${v}`", fixed{"v": "x"}); len(errs) != 2 || !strings.Contains(errs[0].Hint, "raw") {
		t.Errorf("a value for a name: %v", errs)
	}
}

// TestVariablesInStrings: which ${ in a string is a variable.
func TestVariablesInStrings(t *testing.T) {
	for in, want := range map[string]string{
		"'${v}'": "V", "'a${v}b${ v }c'": "aVbVc", "'$${v}'": "${v}", "'$$${v}'": "$${v}", "'${'": "${", "'${}'": "${}", "'${1}'": "${1}", "'^a${2}'": "^a${2}",
		"'${v'": "${v", "'{v}'": "{v}", "'$v'": "$v", "'${a b}'": "${a b}", "$$${v}$$": "${v}", "N'${v}'": "V", `E'\n${v}'`: "\nV", "'a' '${v}'": "aV",
		"'${x-${v}'": "${x-V", "'${v}' ": "V",
	} {
		script, errs := ParseWith("SELECT "+in, fixed{"v": "V"})
		if len(errs) > 0 {
			t.Errorf("%s: %v", in, errs)
			continue
		}
		lit, ok := script.Stmts[0].(*QueryStmt).Query.(*Select).Items[0].Expr.(*StringLit)
		if !ok || lit.Value != want {
			t.Errorf("%s is %s, want %q", in, Dump(script.Stmts[0]), want)
		}
	}
	for in, at := range map[string]string{"'a''b ${nope}'": "nope", "'${nope - 1d}'": "nope", "${nope}": "nope", "'${v, yyyy}'": "yyyy", "'${v - }'": "${v - }", "${v -1}x": "",
		"DATE '${nope}'": "nope", "INTERVAL '${nope}' DAY": "nope", "U&'${nope}'": "nope"} {
		src := "SELECT " + in
		_, errs := ParseWith(src, fixed{"v": "V"})
		if at == "" {
			continue
		}
		if len(errs) != 1 {
			t.Errorf("%s: %v", in, errs)
		} else if got := src[errs[0].Span.Start:errs[0].Span.End]; got != at {
			t.Errorf("%s: the caret is at %q, want %q: %v", in, got, at, errs[0])
		}
	}
}

// TestVariablesAreFormattedAsWritten: the printer keeps them, and what it prints parses to the same tree.
func TestVariablesAreFormattedAsWritten(t *testing.T) {
	const src = "CREATE TABLE t (a INT) WITH ('path' = ${p}, 'x' = '${now, ''yyyy''}');\n" +
		"SELECT ${a - 1d} + 1, INTERVAL ${n} DAY, ${f}(x) FROM ${db}.`t_${day}` AS ${al} WHERE ${cond} LIMIT ${n};"
	script, errs := Parse(src)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	out := Format(script, FormatOptions{})
	for _, v := range []string{"= ${p}", "'${now, ''yyyy''}'", "${a - 1d} + 1", "INTERVAL ${n} DAY", "${f}(x)", "${db}.`t_${day}` AS ${al}", "WHERE ${cond}", "LIMIT ${n}"} {
		if !strings.Contains(out, v) {
			t.Errorf("%s is not in\n%s", v, out)
		}
	}
	again, errs := Parse(out)
	if len(errs) > 0 || !Equal(script, again) {
		t.Errorf("%v\n%s", errs, out)
	}
}

// TestVariableFormsNeverPanic reads every cut of a text with variables.
func TestVariableFormsNeverPanic(t *testing.T) {
	const src = "SELECT ${now - 2h, 'yyyyMMdd''x', 'Asia/Shanghai'}, '${v + 1 d}', `${raw1}`, DATE '${v}' FROM ${raw1} LIMIT ${v}"
	for i := range src {
		for j := i; j <= len(src); j++ {
			ParseWith(src[i:j], fixed{"v": "1", "now": "2", "raw1": "t"})
		}
	}
	for i, p := range payloads(200) {
		ParseWith(fmt.Sprintf("SELECT ${%s}, '${%s}' FROM `${%s}`", p, p, p), fixed{"v": p, "x": fmt.Sprint(i)})
	}
}
