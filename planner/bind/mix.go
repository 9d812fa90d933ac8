package bind

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// mixTable is what a mix table stands for in this run.
type mixTable struct {
	*mapping
	options sideOptions
	fields  []types.Field // the same in both modes
}

// sideFor gives the options of one mode's side of a mix table.
func (b *binder) sideFor(t *catalog.Table, stream bool) sideOptions {
	mode := "batch"
	if stream {
		mode = "stream"
	}
	o := sideOptions{side: mode + " side", table: mode + ".table", mappings: mode + ".field-mappings", virtual: mode + ".virtual-fields",
		sinks: mode + ".sink-mappings", flag: -1}
	if name := strings.TrimSpace(t.Options["mode-field"]); name != "" {
		o.flag = t.Column(strings.Trim(name, "`"))
		if o.flag >= 0 {
			o.flagValue = flagLiteral(t.Columns[o.flag].Type, map[bool]int64{false: 0, true: 1}[stream], mode)
		}
	}
	return o
}

// flagLiteral is the value of a column that tells a mode or side: of BOOLEAN whether the
// number is 1, of a number the number, else the name; nil if the type is none of those.
func flagLiteral(t types.Type, number int64, name string) rex.Expr {
	t = plainTime(t)
	switch {
	case t.Kind == types.Boolean:
		return &rex.Lit{Value: number == 1, T: t.NotNull()}
	case t.IsInteger():
		return &rex.Lit{Value: number, T: t.NotNull()}
	case t.Kind == types.VarChar && t.Precision >= len(name):
		return &rex.Lit{Value: name, T: t.NotNull()}
	}
	return nil
}

// checkFlag checks the column that tells the mode or side; -1 after a report.
func (b *binder) checkFlag(t *catalog.Table, key, example string) bool {
	text, given := t.Options[key]
	if !given {
		return true
	}
	name, at := strings.Trim(strings.TrimSpace(text), "`"), b.insideValue(t, key)
	i := t.Column(name)
	switch {
	case i < 0:
		d := b.errorf(codeNoColumn, at, "'%s' names column %q, which table %q does not have", key, name, t.Path.Name)
		if hintName(d, name, columnNames(t)); d.d.Hint == "" {
			d.WithHint("declare it: %s BOOLEAN NOT NULL", syntax.Quote(name))
		}
	case t.Columns[i].Kind != catalog.Physical:
		b.errorf(codeMapping, at, "column %q of '%s' is not a plain column", name, key).WithHint("declare it with a type alone: %s BOOLEAN NOT NULL", syntax.Quote(name))
	case flagLiteral(t.Columns[i].Type, 1, example) == nil:
		b.errorf(codeMapping, at, "column %q of '%s' is %s, which cannot tell the difference", name, key, t.Columns[i].Type).
			WithHint("declare it as BOOLEAN, INT or STRING")
	default:
		return true
	}
	return false
}

// insideValue places the text inside the quotes of an option.
func (b *binder) insideValue(t *catalog.Table, key string) diag.Span {
	e := b.embed(t.Options[key], t.OptionSpans[key].Value)
	text := strings.TrimSpace(e.text)
	from := strings.Index(e.text, text)
	return b.placeIn(e, diag.Span{Start: from, End: from + len(text)})
}

// defineMix checks a mix table when it is declared: both sides, whatever the mode.
func (b *binder) defineMix(t *catalog.Table) bool {
	errs := b.errorsIn()
	b.capabilities(t, t.Span)
	if b.errorsIn() > errs || !b.checkFlag(t, "mode-field", "stream") {
		return false
	}
	for _, stream := range []bool{true, false} {
		o := b.sideFor(t, stream)
		m := b.mapSide(t, o)
		if m == nil {
			continue
		}
		caps, ok := b.capabilities(m.table, b.optionAt(t, o.table))
		if c := b.env.Connectors.Connector(m.table.Connector()); ok && !stream && c != nil && c.Source && !caps.Bounded && b.batch() {
			b.errorf(codeMapping, b.optionAt(t, o.table), "table %q, the batch side of %q, never ends", m.table.Path.Name, t.Path.Name).WithHint("%s", boundedHint(c))
		}
	}
	return b.errorsIn() == errs
}

// mix gives what a mix table stands for in the mode at hand; nil after a report.
func (b *binder) mix(t *catalog.Table, use diag.Span) *mixTable {
	if m, known := b.mixes[t]; known {
		return m
	}
	var out *mixTable
	b.inPlace(!b.declaredHere(t), use, func() {
		o := b.sideFor(t, !b.batch())
		m, other := b.mapSide(t, o), b.mapSide(t, b.sideFor(t, b.batch()))
		if m == nil || other == nil {
			return
		}
		out = &mixTable{mapping: m, options: o, fields: mixFields(t, m, other, b.batch())}
	})
	b.mixes[t] = out
	return out
}

// mixFields are the columns of a mix table, the same in both modes: a time attribute of
// the stream side is one of the table; processing time is if both sides give it.
func mixFields(t *catalog.Table, m, other *mapping, batch bool) []types.Field {
	stream, files := m, other
	if batch {
		stream, files = other, m
	}
	fields := slices.Clone(t.Schema().Fields)
	for i := range fields {
		attr := stream.exprs[i].Type().Attr
		if attr == types.Proctime && files.exprs[i].Type().Attr != types.Proctime {
			attr = types.NoTimeAttr
		}
		fields[i].Type = plainTime(fields[i].Type).WithAttr(attr)
	}
	return fields
}

// mixScan reads a mix table: the columns of the mode's table, mapped.
func (b *binder) mixScan(t *catalog.Table, name syntax.QualifiedName, hints []*syntax.Hint) (logical.Node, bool) {
	m := b.mix(t, b.at(name))
	if m == nil {
		return nil, false
	}
	hints, ok := b.sideHints(t, hints, map[string]bool{"stream.": !b.batch(), "batch.": b.batch()})
	if !ok {
		return nil, false
	}
	s, ok := b.scan(m.table, name, hints)
	if !ok {
		return nil, false
	}
	s.For = &physical.Standing{Table: t.Path, Side: m.side}
	return b.mapRows(m.mapping, s, m.fields), true
}

// mapRows gives the logical columns over the rows of a side's table.
func (b *binder) mapRows(m *mapping, in logical.Node, fields []types.Field) logical.Node {
	exprs := make([]rex.Expr, len(m.exprs))
	for i, e := range m.exprs {
		exprs[i] = e
		if e.Type().Attr == types.Proctime && fields[i].Type.Attr != types.Proctime {
			exprs[i] = &rex.Call{Fn: "CAST", Args: []rex.Expr{e}, T: plainTime(e.Type())}
		}
	}
	return &logical.Project{Base: logical.Base{Fields: fields, At: in.Span()}, Input: in, Exprs: exprs}
}

// sideHints sorts the options of OPTIONS hints by the prefix that says for which side they
// are: those of live ones go to the table, without it.
func (b *binder) sideHints(t *catalog.Table, hints []*syntax.Hint, live map[string]bool) ([]*syntax.Hint, bool) {
	var out []*syntax.Hint
	for _, h := range hints {
		if !strings.EqualFold(h.Name.Name, "OPTIONS") {
			out = append(out, h)
			continue
		}
		kept := *h
		kept.Args = nil
	args:
		for _, a := range h.Args {
			if a.Key == nil {
				kept.Args = append(kept.Args, a) // reported where it is read
				continue
			}
			key := hintText(a.Key)
			for prefix, on := range live {
				rest, ok := strings.CutPrefix(key, prefix)
				if !ok {
					continue
				}
				if on {
					c := *a
					c.Key = &syntax.StringLit{Base: syntax.At(a.Key.Span()), Value: rest}
					kept.Args = append(kept.Args, &c)
				}
				continue args
			}
			b.errorf(codeHint, b.at(a), "option '%s' does not say for which side of table %q it is", key, t.Path.Name).
				WithHint("write '%s%s'", firstKey(live), key)
			return nil, false
		}
		if len(kept.Args) > 0 {
			out = append(out, &kept)
		}
	}
	return out, true
}

func firstKey(m map[string]bool) string {
	best := ""
	for k, on := range m {
		if on && (best == "" || k < best) {
			best = k
		}
	}
	return best
}

// mixSink turns rows for a mix table into rows for the table of the mode at hand.
func (b *binder) mixSink(ins *insertion) {
	m := b.mix(ins.table, ins.at)
	if m == nil {
		return
	}
	in, ok := b.logicalRows(ins)
	if !ok {
		return
	}
	var rows logical.Node
	var target []int
	b.inPlace(!b.declaredHere(ins.table), ins.at, func() { rows, target, ok = b.write(m.mapping, m.options, in, ins) })
	if !ok {
		return
	}
	side := &insertion{table: m.table, name: ins.name, query: rows, target: target, overwrite: ins.overwrite, at: ins.at, hints: ins.hints,
		whereAt: func(int) diag.Span { return ins.at }, standing: &physical.Standing{Table: ins.table.Path, Side: m.side}}
	if h := ins.optionsHint; h != nil {
		hints, fine := b.sideHints(ins.table, []*syntax.Hint{h}, map[string]bool{"stream.": !b.batch(), "batch.": b.batch()})
		if !fine {
			return
		}
		for _, h := range hints {
			side.used, side.options = b.dynamicOptions(m.table, h, maps.Clone(m.table.Options))
		}
	}
	b.sinkInto(side)
}

// logicalRows gives the rows of an INSERT with all columns of the table, in their order.
func (b *binder) logicalRows(ins *insertion) (logical.Node, bool) {
	t := ins.table
	var exprs []rex.Expr
	fields := t.Schema().Fields
	ok := true
	for i, c := range t.Columns {
		want := plainTime(c.Type)
		if c.Kind != catalog.Physical {
			exprs = append(exprs, nullLit(want))
			fields[i].Type = want.Null()
			continue
		}
		e, fine := b.sinkValue(ins, i, want)
		if ok = ok && fine; !fine {
			continue
		}
		exprs = append(exprs, e)
		fields[i].Type = want.WithNull(e.Type().Nullable && want.Nullable)
	}
	if !ok {
		return nil, false
	}
	return &logical.Project{Base: logical.Base{Fields: fields, At: ins.query.Span()}, Input: ins.query, Exprs: exprs}, true
}
