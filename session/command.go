package session

import (
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// explainWidth is the width in which EXPLAIN draws a graph.
const explainWidth = 120

// command gives the result of a statement that only shows something.
func (p *planning) command(c bind.Command) (Command, diag.List) {
	out := Command{Name: c.Kind}
	if len(c.Sinks) > 0 {
		g, list := p.graph(c.Sinks)
		if list.HasErrors() {
			return out, list
		}
		text, err := Render(g, "tree", topology.Options{Width: explainWidth})
		if err != nil {
			return out, diag.List{diag.Errorf("W0600", c.Span, "drawing the graph: %v", err)}
		}
		out.Text = text
		out.Schema = []types.Field{{Name: "result", Type: types.String}}
		row := vec.NewBatchBuilder([]types.Type{types.String}, 1)
		row.Cols[0].String(text)
		row.EndRow(vec.Insert)
		out.Rows = row.Finish()
		return out, list
	}
	if len(c.Columns) == 0 {
		return out, nil
	}
	ts := make([]types.Type, len(c.Columns))
	for i, name := range c.Columns {
		if ts[i] = types.String; name == "null" || name == "used" { // a column takes NULL, a module is in use
			ts[i] = types.Bool
		}
		out.Schema = append(out.Schema, types.Field{Name: name, Type: ts[i]})
	}
	rows := vec.NewBatchBuilder(ts, len(c.Rows))
	for _, r := range c.Rows {
		for i := range ts {
			if (c.Kind == "DESCRIBE" || c.Kind == "DESCRIBE CATALOG" || c.Kind == "SHOW COLUMNS") && r[i] == "NULL" {
				rows.Cols[i].Null()
				continue
			}
			if ts[i].Kind == types.Boolean {
				rows.Cols[i].Append(strings.EqualFold(r[i], "true"))
				continue
			}
			rows.Cols[i].String(r[i])
		}
		rows.EndRow(vec.Insert)
	}
	if out.Rows = rows.Finish(); out.Rows == nil {
		out.Rows = emptyBatch(ts)
	}
	if len(c.Rows) == 1 && len(ts) == 1 && strings.Contains(c.Rows[0][0], "\n") { // SHOW CREATE: a text, not a table's cell
		out.Text = c.Rows[0][0]
	}
	return out, nil
}

// emptyBatch is a batch of columns without rows.
func emptyBatch(ts []types.Type) *vec.Batch {
	b := vec.NewBatch(0)
	for _, t := range ts {
		b.Cols = append(b.Cols, vec.New(t, 0))
	}
	return b
}
