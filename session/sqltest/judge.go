package sqltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// Verdict compares an answer with the expected one: columns, the phase of an error,
// final rows, and with strict the changelog row by row. "" means that they agree.
func Verdict(want, got Answer, strict bool) string {
	switch {
	case want.Error != "" && got.Error == "":
		return "should fail: " + clip(want.Error)
	case want.Error != "":
		if w, g := phase(want), phase(got); w != g {
			return fmt.Sprintf("fails in phase %s, want %s: %s (want %s)", g, w, clip(got.Error), clip(want.Error))
		}
		return ""
	case got.Error != "":
		return "failed: " + clip(got.Error)
	}
	if w, g := columnTexts(want), columnTexts(got); w != g {
		return fmt.Sprintf("columns %s, want %s", g, w)
	}
	if onlyWant, onlyGot := difference(final(want, got.UpsertKey), final(got, got.UpsertKey)); len(onlyWant)+len(onlyGot) > 0 {
		return fmt.Sprintf("final rows: only here %s, only there %s", clip(strings.Join(onlyGot, " ")), clip(strings.Join(onlyWant, " ")))
	}
	if strict {
		w, g := changelog(want), changelog(got)
		for i := range max(len(w), len(g)) {
			switch {
			case i >= len(g):
				return "changelog: missing " + w[i]
			case i >= len(w):
				return "changelog: more than expected: " + g[i]
			case w[i] != g[i]:
				return fmt.Sprintf("changelog: row %d is %s, want %s", i+1, g[i], w[i])
			}
		}
	}
	return ""
}

// Folded is an answer whose rows are those that its changelog leaves.
func (a Answer) Folded() Answer {
	rows := a.Rows
	if a.Rows = make([][]any, len(a.Final)); a.Final == nil {
		a.Rows = rows
	}
	for i, r := range a.Final {
		a.Rows[i] = append([]any{"+I"}, r...)
	}
	return a
}

// phase is run, or plan for all that comes before.
func phase(a Answer) string {
	if a.ErrorPhase == "run" || a.ErrorPhase == "timeout" {
		return a.ErrorPhase
	}
	return "plan"
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 240 {
		return s[:240] + "…"
	}
	return s
}

func columnTexts(a Answer) string {
	parts := make([]string, len(a.Columns))
	for i, c := range a.Columns {
		parts[i] = c.Name + " " + c.Type
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// final materialises a changelog, by its upsert key if it has one: text of a row → how often it is there.
func final(a Answer, upsertKey []int) map[string]int {
	rows, newest := map[string]int{}, map[string]string{}
	add := func(row string, n int) {
		if rows[row] += n; rows[row] == 0 {
			delete(rows, row)
		}
	}
	for _, r := range a.Rows {
		row, values := key(r[1:]), r[1:]
		there := r[0] == "+I" || r[0] == "+U"
		if upsertKey == nil {
			if there {
				add(row, 1)
			} else {
				add(row, -1)
			}
			continue
		}
		var of strings.Builder
		for _, k := range upsertKey {
			of.WriteString(key(values[k]) + ", ")
		}
		if old, ok := newest[of.String()]; ok {
			add(old, -1)
			delete(newest, of.String())
		}
		if there {
			add(row, 1)
			newest[of.String()] = row
		}
	}
	return rows
}

func changelog(a Answer) []string {
	out := make([]string, len(a.Rows))
	for i, r := range a.Rows {
		out[i] = fmt.Sprint(r[0], key(r[1:]))
	}
	return out
}

// key is a text that is equal for equal values; doubles count to nine digits.
func key(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = key(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			if f, err := v.Float64(); err == nil {
				return fmt.Sprintf("%.9e", f)
			}
		}
		return string(v)
	default:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return fmt.Sprint(v)
		}
		return strings.TrimSpace(b.String())
	}
}

// difference lists rows that only one side has, or has more often.
func difference(want, got map[string]int) (onlyWant, onlyGot []string) {
	for k, n := range want {
		if d := n - got[k]; d > 0 {
			onlyWant = append(onlyWant, times(k, d))
		}
	}
	for k, n := range got {
		if d := n - want[k]; d > 0 {
			onlyGot = append(onlyGot, times(k, d))
		}
	}
	sort.Strings(onlyWant)
	sort.Strings(onlyGot)
	return onlyWant, onlyGot
}

func times(k string, n int) string {
	if n == 1 {
		return k
	}
	return fmt.Sprintf("%s×%d", k, n)
}

// Decode reads an answer with its numbers as they are written.
func Decode(line []byte) (Answer, error) {
	var a Answer
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	err := d.Decode(&a)
	return a, err
}
