package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-sql/weir/session"
)

// TestFunctionExamples runs the examples of `weir functions` that are queries; those that are
// expressions are run beside their kernels.
func TestFunctionExamples(t *testing.T) {
	ran := 0
	for _, f := range session.Functions() {
		if len(f.Examples) == 0 && f.Name != "CURRENT_WATERMARK" && f.Name != "SOURCE_WATERMARK" {
			t.Errorf("%s has no example", f.Name)
		}
		if f.Summary == "" || len(f.Signatures) == 0 {
			t.Errorf("%s has no summary or signature", f.Name)
		}
		for _, ex := range f.Examples {
			if !strings.HasPrefix(ex.SQL, "SELECT ") && !strings.HasPrefix(ex.SQL, "WITH ") {
				continue
			}
			ran++
			if got := exampleRows(t, ex.SQL); got != ex.Result {
				t.Errorf("%s\n%s\n   gives %s\nis said to give %s", f.Name, ex.SQL, got, ex.Result)
			}
		}
	}
	if ran < 50 {
		t.Errorf("%d examples ran", ran)
	}
}

// exampleRows answers a query in batch as the examples write rows: a, b or (a, b), (c, d).
func exampleRows(t *testing.T, query string) string {
	s, err := session.Open(session.Options{Dir: t.TempDir(), Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	line := s.Serve(context.Background(), &session.Request{Mode: "batch", Query: query, LimitMS: 20000}).AppendJSON(nil)
	var a struct {
		Error   string
		Columns []struct{ Type string }
		Rows    [][]any
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Error != "" {
		return a.Error
	}
	var rows []string
	for _, r := range a.Rows {
		var cells []string
		for i, v := range r[1:] {
			cells = append(cells, cell(v, a.Columns[i].Type))
		}
		if row := strings.Join(cells, ", "); len(cells) == 1 {
			rows = append(rows, row)
		} else {
			rows = append(rows, "("+row+")")
		}
	}
	return strings.Join(rows, ", ")
}

// cell writes a value of an answer as an example does.
func cell(v any, column string) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool:
		return strings.ToUpper(fmt.Sprint(v))
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = cell(x, "")
		}
		if strings.HasPrefix(column, "MULTISET") || strings.HasPrefix(column, "MAP") {
			for i, x := range v {
				entry := x.([]any)
				parts[i] = cell(entry[0], "") + "=" + cell(entry[1], "")
			}
			return "{" + strings.Join(parts, ", ") + "}"
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}
