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

// insertion is a query whose rows go into a table.
type insertion struct {
	table     *catalog.Table
	used      *catalog.Table // with the options of an OPTIONS hint; nil = table
	options   map[string]string
	name      string
	query     logical.Node
	target    []int            // the table's column for each column of the query
	partition map[int]rex.Expr // static values of partition columns
	static    map[string]string
	overwrite bool
	at        diag.Span               // the target
	whereAt   func(col int) diag.Span // places a column of the query
	hints     []logical.Hint
	// optionsHint is an OPTIONS hint on a mix table, for the table it stands for; standing
	// names the mix table for which table stands.
	optionsHint *syntax.Hint
	standing    *physical.Standing
}

// insert binds INSERT INTO|OVERWRITE.
func (b *binder) insert(s *syntax.Insert) {
	t := b.table(s.Target, nil)
	errs := b.errorsIn()
	q := b.topQuery(s.Query)
	if t == nil || b.errorsIn() > errs {
		return
	}
	if t.IsView() {
		b.errorf(codeSink, b.at(s.Target), "%q is a view; rows go into tables", t.Path.Name)
		return
	}
	ins := &insertion{table: t, name: t.Path.Name, query: q, overwrite: s.Overwrite, at: b.at(s.Target), hints: b.hints(s.Hints, tableHints)}
	ins.whereAt = func(col int) diag.Span { return b.itemSpan(innerQuery(s.Query), col) }
	for _, h := range s.Hints {
		if strings.EqualFold(h.Name.Name, "OPTIONS") && t.IsMix() {
			ins.optionsHint = h
		} else if strings.EqualFold(h.Name.Name, "OPTIONS") {
			ins.used, ins.options = b.dynamicOptions(t, h, maps.Clone(t.Options))
		}
	}
	if !b.staticPartition(ins, s) || !b.insertTarget(ins, s) {
		return
	}
	b.sinkInto(ins)
}

// innerQuery is the body below WITH and ORDER BY.
func innerQuery(q syntax.Query) syntax.Query {
	if e, ok := q.(*syntax.QueryExpr); ok {
		return innerQuery(e.Body)
	}
	if s, ok := q.(*syntax.SetOp); ok {
		return innerQuery(s.L)
	}
	return q
}

// persisted lists the columns that are written: physical ones and metadata that is not virtual.
func persisted(t *catalog.Table) []int {
	var out []int
	for i, c := range t.Columns {
		if c.Kind == catalog.Physical || c.Kind == catalog.Metadata && !c.Virtual {
			out = append(out, i)
		}
	}
	return out
}

// staticPartition reads PARTITION (col = value, …).
func (b *binder) staticPartition(ins *insertion, s *syntax.Insert) bool {
	ok := true
	for i, p := range s.Partition {
		name := p.Key.Name
		if !slices.Contains(ins.table.PartitionKey, name) {
			d := b.errorf(codeSink, b.at(p.Key), "%q is no partition column of table %q", name, ins.table.Path.Name)
			hintName(d, name, ins.table.PartitionKey)
			if len(ins.table.PartitionKey) == 0 {
				d.WithHint("the table is not partitioned")
			}
			ok = false
			continue
		}
		if slices.ContainsFunc(s.Partition[:i], func(q *syntax.PartitionEntry) bool { return q.Key.Name == name }) {
			b.errorf(codeDuplicate, b.at(p.Key), "partition column %q is given twice", name)
			ok = false
			continue
		}
		if p.Value == nil {
			continue // a dynamic partition: its values come from the query
		}
		col := ins.table.Column(name)
		v := (&exprs{b: b, in: emptyRel(b.at(p)), clause: "PARTITION"}).bind(p.Value)
		if bad(v) {
			ok = false
			continue
		}
		cast, fits := b.implicit(v, plainTime(ins.table.Columns[col].Type))
		if !fits {
			// as Flink casts it; the text of the literal names the folder, so one side is text
			to := ins.table.Columns[col].Type
			if !types.CanCast(v.Type(), to) || !v.Type().IsCharacter() && !to.IsCharacter() {
				b.errorf(codeSinkType, b.at(p.Value), "partition column %q is %s, not %s", name, ins.table.Columns[col].Type, v.Type())
				ok = false
				continue
			}
			cast = b.to(v, plainTime(ins.table.Columns[col].Type))
		}
		if ins.partition == nil {
			ins.partition, ins.static = map[int]rex.Expr{}, map[string]string{}
		}
		ins.partition[col] = cast
		ins.static[name] = partitionText(p.Value, v)
	}
	return ok
}

func partitionText(e syntax.Expr, v rex.Expr) string {
	if l, ok := v.(*rex.Lit); ok {
		if s, isText := l.Value.(string); isText {
			return s
		}
	}
	switch e := e.(type) {
	case *syntax.NumberLit:
		return e.Text
	case *syntax.DatetimeLit:
		return e.Text
	}
	return v.String()
}

// insertTarget maps the query's columns to the table's.
func (b *binder) insertTarget(ins *insertion, s *syntax.Insert) bool {
	t := ins.table
	if s.Columns == nil {
		for _, c := range persisted(t) {
			if _, static := ins.partition[c]; !static {
				ins.target = append(ins.target, c)
			}
		}
		if have := len(ins.query.Schema()); have != len(ins.target) {
			names := make([]string, len(ins.target))
			for i, c := range ins.target {
				names[i] = t.Columns[c].Name + " " + plainTime(t.Columns[c].Type).String()
			}
			d := b.errorf(codeArity, ins.at, "table %q takes %s, the query has %d", t.Path.Name, count(len(ins.target), "column"), have)
			d.WithDetail("The table takes (%s).", strings.Join(names, ", "))
			if have < len(ins.target) {
				d.WithHint("select the missing columns, or name those you give: INSERT INTO %s (…)", syntax.Quote(t.Path.Name))
			}
			return false
		}
		return true
	}
	ok := true
	seen := map[int]bool{}
	for _, name := range s.Columns {
		if len(name.Parts) > 1 {
			b.refuseToo(b.at(name), "INSERT into a nested field")
			ok = false
			continue
		}
		col := t.Column(name.Parts[0].Name)
		switch {
		case col < 0:
			hintName(b.errorf(codeNoColumn, b.at(name), "column %q not found in table %q", name.Parts[0].Name, t.Path.Name), name.Parts[0].Name, columnNames(t))
			ok = false
		case !slices.Contains(persisted(t), col):
			kind := map[catalog.ColumnKind]string{catalog.Computed: "computed", catalog.Metadata: "virtual"}[t.Columns[col].Kind]
			b.errorf(codeSink, b.at(name), "column %q is %s and cannot be written", name.Parts[0].Name, kind)
			ok = false
		case seen[col] || ins.partition[col] != nil:
			b.errorf(codeDuplicate, b.at(name), "column %q is given twice", name.Parts[0].Name)
			ok = false
		}
		seen[col] = true
		ins.target = append(ins.target, col)
	}
	if !ok {
		return false
	}
	if have := len(ins.query.Schema()); have != len(ins.target) {
		b.errorf(codeArity, ins.at, "INSERT names %s, the query has %d", count(len(ins.target), "column"), have)
		return false
	}
	return true
}

// sinkInto checks that a table takes the rows of a query, casts them to its columns, and
// adds the output.
func (b *binder) sinkInto(ins *insertion) {
	t := ins.table
	switch {
	case t.IsMix():
		b.mixSink(ins)
		return
	case t.IsHybrid():
		b.errorf(codeCannotWrite, ins.at, "table %q cannot be written: a hybrid table only reads", t.Path.Name).
			WithHint("write one of its sides, or a mix table, which has one table to write in each mode")
		return
	}
	used := ins.used
	if used == nil {
		used = t
	}
	caps, ok := b.capabilities(used, ins.at)
	if !ok {
		return
	}
	c := b.env.Connectors.Connector(used.Connector())
	switch {
	case !c.Sink:
		b.errorf(codeCannotWrite, ins.at, "table %q cannot be written: connector %q only reads", t.Path.Name, c.Name)
		return
	case ins.overwrite && !caps.Overwrite:
		b.errorf(codeSink, ins.at, "table %q cannot be overwritten: connector %q only adds rows", t.Path.Name, c.Name).WithHint("write INSERT INTO")
		return
	case ins.static != nil && !caps.Partitioned:
		b.errorf(codeSink, ins.at, "connector %q takes no PARTITION clause", c.Name)
		return
	}
	exprs, fields, columns, ok := b.sinkColumnsOf(ins, caps, c)
	if !ok {
		return
	}
	in := ins.query
	if !identity(in, exprs, fields) {
		in = &logical.Project{Base: logical.Base{Fields: fields, At: ins.query.Span()}, Input: in, Exprs: exprs}
	}
	options := ins.options
	if options == nil {
		options = t.Options
	}
	sink := &logical.Sink{Base: logical.Base{Fields: fields, At: ins.at, Hints: ins.hints}, Input: in, Name: b.sinkName(ins.name), Table: t,
		Options: options, Caps: caps, Columns: columns, Overwrite: ins.overwrite, Partition: ins.static, For: ins.standing}
	b.addSink(sink)
}

// sinkColumnsOf gives the value of each written column.
func (b *binder) sinkColumnsOf(ins *insertion, caps catalog.Capabilities, c *catalog.Connector) (es []rex.Expr, fields []types.Field, cols []physical.SinkColumn, ok bool) {
	t := ins.table
	ok = true
	offered := append(slices.Clone(c.Metadata), caps.Metadata...)
	for _, i := range persisted(t) {
		col := t.Columns[i]
		want := plainTime(col.Type)
		if col.Kind == catalog.Metadata && !slices.ContainsFunc(offered, func(m catalog.MetadataColumn) bool { return m.Key == col.MetadataKey && m.Writable }) {
			at := ins.at
			if !col.Span.IsZero() && b.fixed == nil && b.declaredHere(t) {
				at = col.Span
			}
			b.errorf(codeSink, at, "metadata %q of column %q can be read only, but table %q is written", col.MetadataKey, col.Name, t.Path.Name).
				WithHint("declare the column VIRTUAL to leave it out of what is written")
			ok = false
			continue
		}
		e, fine := b.sinkValue(ins, i, want)
		ok = ok && fine
		if !fine {
			continue
		}
		es = append(es, e)
		ft := want.WithNull(e.Type().Nullable)
		ft.Attr = e.Type().Attr
		fields = append(fields, types.Field{Name: col.Name, Type: ft})
		sc := physical.SinkColumn{Name: col.Name, Type: want}
		if col.Kind == catalog.Metadata {
			sc.Metadata = col.MetadataKey
		}
		cols = append(cols, sc)
	}
	return es, fields, cols, ok
}

// sinkValue is what goes into one column: a column of the query, a static partition
// value, or NULL.
func (b *binder) sinkValue(ins *insertion, i int, want types.Type) (rex.Expr, bool) {
	col := ins.table.Columns[i]
	if v := ins.partition[i]; v != nil {
		return v, true
	}
	q := slices.Index(ins.target, i)
	if q < 0 {
		if !want.Nullable {
			b.errorf(codeSinkType, ins.at, "column %q is %s and cannot be left out", col.Name, want.String()).WithHint("give it a value in the query")
			return nil, false
		}
		return nullLit(want), true
	}
	e := refOf(ins.query, q)
	have := plainTime(e.T)
	if !types.CanCastImplicitly(have, want) {
		d := b.errorf(codeSinkType, ins.whereAt(q), "column %q of table %q is %s, but the query gives %s", col.Name, ins.table.Path.Name, want, have)
		if types.CanCast(have, want) {
			d.WithHint("write CAST(%s AS %s)", valueText(ins.query, q), want.Null())
		}
		return nil, false
	}
	if l := literalOf(ins.query, q); l != nil && l.Value == nil && !want.Nullable {
		b.errorf(codeSinkType, ins.whereAt(q), "column %q of table %q is %s, but the query gives NULL", col.Name, ins.table.Path.Name, want.String())
		return nil, false
	}
	return b.to(e, want), true
}

// literalOf gives the literal that a column of a projection is.
func literalOf(n logical.Node, col int) *rex.Lit {
	if p, ok := n.(*logical.Project); ok {
		l, _ := p.Exprs[col].(*rex.Lit)
		return l
	}
	return nil
}

func valueText(n logical.Node, col int) string {
	name := n.Schema()[col].Name
	if strings.HasPrefix(name, "EXPR$") || strings.HasPrefix(name, "$") {
		return "…"
	}
	return syntax.Quote(name)
}

// identity reports a projection that would change nothing.
func identity(n logical.Node, es []rex.Expr, fields []types.Field) bool {
	have := n.Schema()
	if len(es) != len(have) {
		return false
	}
	for i, e := range es {
		r, ok := e.(*rex.Ref)
		if !ok || r.Index != i || have[i].Name != fields[i].Name {
			return false
		}
	}
	return true
}

// sinkColumns are the written columns of a SELECT's result.
func sinkColumns(fields []types.Field) []physical.SinkColumn {
	out := make([]physical.SinkColumn, len(fields))
	for i, f := range fields {
		out[i] = physical.SinkColumn{Name: f.Name, Type: plainTime(f.Type)}
	}
	return out
}

// canCastMetadata reports whether a metadata value can be declared as a column's type.
func canCastMetadata(from, to types.Type) bool { return types.CanCast(plainTime(from), plainTime(to)) }
