package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/types"
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

// OutputDiff is how the folded rows of one output differ between two runs.
type OutputDiff struct {
	Name          string
	Before, After int    // rows
	Note          string // what cannot be compared: columns, or the output, of one side only; "" = nothing
	Columns       []result.Column
	Rows          []result.Row // laid out by RowDiff; none if they are equal
}

// CompareRuns compares what two runs gave, output by output, in the columns that both have.
// One of the runs may be nil. The names of the sides stand in the rows.
func CompareRuns(before, after *Rehearsal, nameBefore, nameAfter string) ([]OutputDiff, error) {
	var out []OutputDiff
	seen := map[string]bool{}
	if after != nil && after.Plan != nil {
		for _, o := range after.Plan.Outputs {
			seen[o.Name] = true
			d, err := compareOutput(captured(before, o.Name), captured(after, o.Name), nameBefore, nameAfter)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	if before != nil && before.Plan != nil {
		for _, o := range before.Plan.Outputs {
			if seen[o.Name] {
				continue
			}
			d, err := compareOutput(captured(before, o.Name), nil, nameBefore, nameAfter)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	return out, nil
}

func captured(r *Rehearsal, name string) *Captured {
	if r == nil {
		return nil
	}
	return r.Captured[name]
}

func compareOutput(a, b *Captured, nameA, nameB string) (OutputDiff, error) {
	if a == nil || b == nil {
		only, name := a, nameA
		if a == nil {
			only, name = b, nameB
		}
		rows, err := only.Final()
		if err != nil {
			return OutputDiff{}, err
		}
		d := OutputDiff{Name: only.Output.Name, Note: "only " + name + " has this output"}
		if a == nil {
			d.After = rows.Len
		} else {
			d.Before = rows.Len
		}
		return d, nil
	}
	rowsA, err := a.Final()
	if err != nil {
		return OutputDiff{}, err
	}
	rowsB, err := b.Final()
	if err != nil {
		return OutputDiff{}, err
	}
	d := OutputDiff{Name: b.Output.Name, Before: rowsA.Len, After: rowsB.Len}
	var colsA, colsB []int
	var notes []string
	for j, f := range b.Output.Schema {
		i := slices.IndexFunc(a.Output.Schema, func(g types.Field) bool { return g.Name == f.Name })
		switch {
		case i < 0:
			notes = append(notes, "+ "+term.Clean(f.Name))
		case a.Output.Schema[i].Type.String() != f.Type.String():
			notes = append(notes, fmt.Sprintf("%s was %s and is %s", term.Clean(f.Name), a.Output.Schema[i].Type, f.Type))
		default:
			colsA, colsB = append(colsA, i), append(colsB, j)
		}
	}
	for _, f := range a.Output.Schema {
		if !slices.ContainsFunc(b.Output.Schema, func(g types.Field) bool { return g.Name == f.Name }) {
			notes = append(notes, "- "+term.Clean(f.Name))
		}
	}
	if d.Note = strings.Join(notes, ", "); d.Note != "" {
		d.Note = "columns: " + d.Note
	}
	columns := compareColumns(b.Output.Schema, colsB)
	diffs := fixtures.Compare(columns, lines(rowsA, colsA, false, nil), lines(rowsB, colsB, false, nil), false, fixtures.DefaultTolerance)
	d.Columns, d.Rows = RowDiff(columns, diffs, nameA, nameB)
	return d, nil
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
