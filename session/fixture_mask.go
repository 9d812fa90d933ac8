package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
)

// MaskRule says how the values of some columns are covered.
type MaskRule struct {
	Table, Column string // patterns as of path.Match: * is any
	How           string // shape, hash, null, keep
}

// The ways to cover a value. All but null and keep are the same for the same input, in every
// table, so that masked rows still join.
const (
	MaskShape = "shape" // every letter by a letter, every digit by a digit: lengths, signs and separators stay
	MaskHash  = "hash"  // texts by 16 hexadecimal digits
	MaskNull  = "null"
	MaskKeep  = "keep"
)

var maskWays = []string{MaskShape, MaskHash, MaskNull, MaskKeep}

// ParseMaskRule reads "users.email=shape"; without a table it is about every table.
func ParseMaskRule(text string) (MaskRule, error) {
	column, how, ok := strings.Cut(text, "=")
	if !ok || column == "" {
		return MaskRule{}, fmt.Errorf("a rule is TABLE.COLUMN=HOW, such as users.email=shape, not %q", text)
	}
	r := MaskRule{Table: "*", Column: column, How: how}
	if t, c, ok := strings.Cut(column, "."); ok {
		r.Table, r.Column = t, c
	}
	if !slices.Contains(maskWays, how) {
		hint := ""
		if near := diag.Nearest(how, maskWays); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return r, fmt.Errorf("a value is covered by %s, not %q%s", strings.Join(maskWays, ", "), how, hint)
	}
	for _, p := range []string{r.Table, r.Column} {
		if _, err := path.Match(p, ""); err != nil {
			return r, fmt.Errorf("the pattern %q does not parse", p)
		}
	}
	return r, nil
}

// MaskFixture writes a fixture anew with values covered. The first rule that fits a column
// counts; a column without one is kept. key makes the masks its own: without it nobody
// can tell which value became which. The script gives the tables their types.
func (s *Session) MaskFixture(src diag.Source, set *fixtures.Set, rules []MaskRule, key, dir string) (covered map[string]string, err error) {
	tables, err := s.tablesOf(src, set)
	if err != nil {
		return nil, err
	}
	covered = map[string]string{}
	used := make([]bool, len(rules))
	var files []fixtureFile
	for _, name := range sortedKeys(tables) {
		t := tables[name]
		how := make([]string, len(t.fields))
		for c, f := range t.fields {
			for i, r := range rules {
				inTable, _ := path.Match(r.Table, name)     // patterns were looked at when they were read
				inColumn, _ := path.Match(r.Column, f.Name) // the same
				if inTable && inColumn {
					how[c], used[i] = r.How, true
					covered[name+"."+f.Name] = r.How
					break
				}
			}
		}
		files = append(files, fileOf(t, func(int) bool { return true }, func(c int, json []byte) []byte { return masked(json, how[c], key) }))
	}
	for i, r := range rules {
		if !used[i] {
			var names []string
			for _, name := range sortedKeys(tables) {
				for _, f := range tables[name].fields {
					names = append(names, name+"."+f.Name)
				}
			}
			d := diag.Errorf("W0657", diag.Span{}, "no column fits %s.%s", r.Table, r.Column)
			if near := diag.Nearest(r.Table+"."+r.Column, names); near != "" {
				return nil, d.WithHint("did you mean %q?", near)
			}
			return nil, d.WithHint("columns: %s", strings.Join(names, ", "))
		}
	}
	var steps []string
	for _, st := range set.Timeline {
		steps = append(steps, st.String())
	}
	return covered, writeFixture(dir, fmt.Sprintf("Fixture %s with values covered.", set.Name), set, files, steps)
}

// tablesOf types the rows of a fixture as a script declares its tables.
func (s *Session) tablesOf(src diag.Source, set *fixtures.Set) (map[string]*fixtureTable, error) {
	var first diag.List
	for _, mode := range []Mode{Stream, Batch} {
		over := s.over(set, mode, nil)
		plan, list := over.Plan(src, mode)
		if plan != nil && plan.Graph != nil {
			over.mode = Stream // rows as they are in their files
			return over.tables(plan)
		}
		if first == nil {
			first = list
		}
	}
	if first.HasErrors() {
		return nil, first
	}
	return nil, noQuery("")
}

// noQuery is the error of what needs a plan, for a script that gives none.
func noQuery(file string) *diag.Diagnostic {
	return &diag.Diagnostic{Severity: diag.Error, Code: "W0640", File: file, Primary: "the script has no query and no INSERT"}
}

// masked covers one value, given and returned as JSON. What is inside of rows, arrays and maps
// is covered in the same way, text by text.
func masked(json []byte, how, key string) []byte {
	switch how {
	case MaskNull:
		return []byte("null")
	case "", MaskKeep:
		return json
	}
	if s := string(json); s == "null" || s == "true" || s == "false" {
		return json
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(json)
	sum := mac.Sum(nil)
	if how == MaskHash && json[0] == '"' {
		return []byte(`"` + hex.EncodeToString(sum[:8]) + `"`)
	}
	return shaped(json, sum)
}

// shaped replaces letters and digits by others that follow from a hash; escapes, signs and a
// number's first digit stay what they are.
func shaped(json, sum []byte) []byte {
	var out []byte
	k, escape := 0, 0
	next := func() int {
		if k > 0 && k%len(sum) == 0 {
			more := sha256.Sum256(sum)
			sum = more[:]
		}
		n := int(sum[k%len(sum)])
		k++
		return n
	}
	for i, r := range string(json) {
		switch {
		case escape > 0:
			escape--
			if r == 'u' {
				escape = 4
			}
			out = append(out, string(r)...)
		case r == '\\':
			escape = 1
			out = append(out, '\\')
		case r >= '0' && r <= '9':
			first := i == 0 || json[i-1] == '-' && i == 1 // a number has no zero at its head
			switch {
			case first && r != '0':
				out = append(out, byte('1'+next()%9))
			case first:
				out = append(out, '0')
			default:
				out = append(out, byte('0'+next()%10))
			}
		case json[0] != '"': // the e of 1e5, brackets, names of fields
			out = append(out, string(r)...)
		case unicode.IsUpper(r):
			out = append(out, byte('A'+next()%26))
		case unicode.IsLetter(r):
			out = append(out, byte('a'+next()%26))
		default:
			out = append(out, string(r)...)
		}
	}
	return out
}
