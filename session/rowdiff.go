package session

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/session/term"
)

// RowDiff lays out differences as rows of a table: in its first column the side that a row
// is of (want or got), in its last the columns in which it differs from the row of the
// other side that belongs to it.
func RowDiff(columns []fixtures.Column, diffs []fixtures.Difference, want, got string) ([]result.Column, []result.Row) {
	head := []result.Column{{Name: "side"}}
	for _, c := range columns {
		head = append(head, result.Column{Name: term.Clean(c.Name), Type: c.Type})
	}
	head = append(head, result.Column{Name: "differs in"})
	var rows []result.Row
	for _, d := range diffs {
		differs := ""
		for _, c := range d.Columns {
			if differs != "" {
				differs += ", "
			}
			if c == fixtures.KindDiffers {
				differs += "row kind"
			} else if c >= 0 && c < len(columns) {
				differs += term.Clean(columns[c].Name)
			}
		}
		for _, side := range []struct {
			name, alone string
			line        *fixtures.Line
		}{{want, "only " + want, d.Want}, {got, "only " + got, d.Got}} {
			if side.line == nil {
				continue
			}
			r := result.Row{Kind: side.line.Kind, Cells: []result.Cell{{Text: side.name}}}
			for _, c := range side.line.Cells {
				r.Cells = append(r.Cells, result.Cell{Text: term.Clean(unquoted(c)), Null: c == "null"})
			}
			for len(r.Cells) < len(head)-1 {
				r.Cells = append(r.Cells, result.Cell{})
			}
			if d.Want == nil || d.Got == nil {
				differs = side.alone
			}
			rows = append(rows, result.Row{Kind: r.Kind, Cells: append(slices.Clip(r.Cells), result.Cell{Text: differs})})
		}
	}
	return head, rows
}

// unquoted is a JSON string as its text; anything else stays as it is.
func unquoted(value string) string {
	var text string
	if strings.HasPrefix(value, `"`) && json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}

// Kept gives the rows of an output for a table; final folds the changelog first.
func (c *Captured) Kept(p *Plan, final bool) (*result.Kept, error) {
	kept := result.NewKept(c.Output.Schema, !final && p.Mode == Stream, p.Zone, 0)
	b := c.Batch()
	if final {
		var err error
		if b, err = c.Final(); err != nil {
			return nil, err
		}
	}
	return kept, kept.Write(b)
}
