package bind

import (
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// hybridTable is what a hybrid table stands for: a union of its sides, which are read in turn.
type hybridTable struct {
	sides  []*hybridSide
	fields []types.Field
	// key are the columns by which rows that sides have in common are left out; nil = none are.
	key []int
	ttl string // how long a key is remembered, "" = for ever
}

// hybridSide is one side, in the order of the list.
type hybridSide struct {
	*mapping
	name   string
	kind   int64    // 0 a batch, 1 a stream
	since  *int64   // the rowtime in milliseconds from which on its rows count, nil = all do
	within rex.Expr // over the side's own columns: its partitions; nil = all
	range_ rex.Expr // over the logical columns: its times, and its part of switch.column; nil = all
}

// sideNames are the names in the option 'sides', as they stand there.
func sideNames(t *catalog.Table) []string {
	var out []string
	for _, s := range strings.FieldsFunc(t.Options["sides"], func(r rune) bool { return r == ',' || r == ';' }) {
		if s = strings.Trim(strings.TrimSpace(s), "`"); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// defineHybrid checks a hybrid table when it is declared.
func (b *binder) defineHybrid(t *catalog.Table) bool {
	errs := b.errorsIn()
	b.capabilities(t, t.Span)
	if b.errorsIn() > errs || !b.checkFlag(t, "side-field", "history") {
		return false
	}
	if n := strings.Count(strings.ReplaceAll(t.Options["sides"], ";", ","), ",") + 1; n != len(sideNames(t)) {
		b.errorf(codeMapping, b.insideValue(t, "sides"), "'sides' has an empty name, or one twice").WithHint("give each side a name of its own: 'sides' = 'history, live'")
		return false
	}
	b.hybrid(t, t.Span)
	return b.errorsIn() == errs
}

// hybrid gives what a hybrid table stands for; nil after a report.
func (b *binder) hybrid(t *catalog.Table, use diag.Span) *hybridTable {
	if h, known := b.hybrids[t]; known {
		return h
	}
	var out *hybridTable
	b.inPlace(!b.declaredHere(t), use, func() {
		errs := b.errorsIn()
		h := b.hybridSides(t)
		if b.errorsIn() > errs {
			return
		}
		h.fields = hybridFields(t, h.sides)
		b.switchRule(t, h)
		if b.errorsIn() == errs {
			out = h
		}
	})
	b.hybrids[t] = out
	return out
}

func (b *binder) hybridSides(t *catalog.Table) *hybridTable {
	h := &hybridTable{}
	names := sideNames(t)
	flag := -1
	if f := strings.Trim(strings.TrimSpace(t.Options["side-field"]), "`"); f != "" {
		flag = t.Column(f)
	}
	for i, name := range names {
		s := &hybridSide{name: name}
		if t.Options[name+".kind"] == "1" {
			s.kind = 1
		}
		o := sideOptions{side: "side " + name, table: name + ".table", mappings: name + ".fieldMappings", virtual: name + ".virtualFields", flag: flag}
		if _, given := t.Options[o.table]; !given { // it has the name of the side
			o.table, o.tableName = "sides", name
		}
		if flag >= 0 {
			if o.flagValue = flagLiteral(t.Columns[flag].Type, s.kind, name); o.flagValue == nil {
				b.errorf(codeMapping, b.insideValue(t, "side-field"), "side name %q does not fit column %q, which is %s", name, t.Columns[flag].Name, t.Columns[flag].Type).
					WithHint("declare it as STRING")
				continue
			}
		}
		if s.mapping = b.mapSide(t, o); s.mapping == nil {
			continue
		}
		b.bounds(t, s)
		caps, ok := b.capabilities(s.table, b.optionAt(t, o.table))
		c := b.env.Connectors.Connector(s.table.Connector())
		switch {
		case !ok || c == nil:
		case !c.Source:
			b.errorf(codeCannotRead, b.optionAt(t, o.table), "table %q, side %q of %q, cannot be read: connector %q only writes", s.table.Path.Name, name, t.Path.Name, c.Name)
		case s.kind == 0 && !caps.Bounded:
			b.errorf(codeMapping, b.optionAt(t, name+".kind"), "side %q is a batch (kind 0), but table %q never ends", name, s.table.Path.Name).
				WithHint("%s, give it an end: '%s.end.timestamp' = '…', or make it kind 1", strings.TrimSuffix(boundedHint(c), ", or run as a stream"), name)
		case s.kind == 1 && i < len(names)-1 && !caps.Bounded:
			b.errorf(codeMapping, b.optionAt(t, name+".kind"), "side %q never ends, so that side %q is never read", name, names[i+1]).
				WithHint("put it last in 'sides', or give it an end: '%s.end.timestamp' = '…'", name)
		}
		s.caps = caps
		h.sides = append(h.sides, s)
	}
	return h
}

// hybridFields are the columns of a hybrid table: a time attribute is one if all sides give it.
func hybridFields(t *catalog.Table, sides []*hybridSide) []types.Field {
	fields := slices.Clone(t.Schema().Fields)
	for i := range fields {
		attr := sides[0].exprs[i].Type().Attr
		for _, s := range sides[1:] {
			if s.exprs[i].Type().Attr != attr {
				attr = types.NoTimeAttr
			}
		}
		fields[i].Type = plainTime(fields[i].Type).WithAttr(attr)
	}
	return fields
}

// switchRule reads which rows count where sides overlap.
func (b *binder) switchRule(t *catalog.Table, h *hybridTable) {
	rule := strings.ToLower(strings.TrimSpace(t.Options["switch"]))
	for key, of := range map[string]string{"switch.at": "column", "switch.key": "key", "switch.position": "position"} {
		if _, given := t.Options[key]; given && rule != of {
			b.errorf(codeMapping, b.optionKeyAt(t, key), "'%s' has no meaning with 'switch' = '%s'", key, rule).WithHint("write 'switch' = '%s', or leave it out", of)
			return
		}
	}
	switch rule {
	case "column":
		b.switchColumn(t, h)
	case "key":
		if _, given := t.Options["switch.key"]; !given {
			if h.key = t.PrimaryKey; h.key == nil {
				b.errorf(codeMapping, b.optionAt(t, "switch"), "table %q has no primary key to tell rows apart by", t.Path.Name).
					WithHint("declare PRIMARY KEY (…) NOT ENFORCED, or name columns: 'switch.key' = '…'")
			}
			break
		}
		h.key = b.columnsOf(t, "switch.key")
	case "position":
		if _, given := t.Options["switch.position"]; !given {
			b.errorf(codeMissingOption, b.optionAt(t, "switch"), "'switch' = 'position' wants the columns that hold the position").
				WithHint("add 'switch.position' = '…': the partition and the offset")
			return
		}
		h.key = b.columnsOf(t, "switch.position")
	}
	if h.key == nil {
		return
	}
	h.ttl = t.Options["switch.state-ttl"]
	for _, s := range h.sides {
		if s.caps.Produces.Updating() {
			b.errorf(codeMapping, b.optionAt(t, "switch"), "table %q, side %q of %q, gives changes of rows, which cannot be told from rows that come twice", s.table.Path.Name, s.name, t.Path.Name).
				WithHint("hand over by a column: 'switch' = 'column'")
		}
		for _, k := range h.key {
			if s.lacks[k] && t.Columns[k].Kind != catalog.Computed {
				b.errorf(codeMapping, s.at[k], "column %q tells rows apart, but side %q lacks it", t.Columns[k].Name, s.name).WithHint("map it to a column of table %q", s.table.Path.Name)
			}
		}
	}
}

func (b *binder) optionKeyAt(t *catalog.Table, key string) diag.Span {
	if s, ok := t.OptionSpans[key]; ok && !s.Key.IsZero() {
		return b.here(s.Key)
	}
	return b.here(t.Span)
}

// columnsOf reads a list of columns of the table; nil after a report.
func (b *binder) columnsOf(t *catalog.Table, key string) []int {
	list, ok := b.sideAssignments(t, key)
	if !ok {
		return nil
	}
	var out []int
	for _, a := range list {
		i := t.Column(a.name)
		if i < 0 || a.value != nil {
			hintName(b.errorf(codeNoColumn, b.here(a.nameAt), "'%s' names column %q, which table %q does not have", key, a.name, t.Path.Name), a.name, columnNames(t))
			return nil
		}
		out = append(out, i)
	}
	if out == nil {
		b.errorf(codeMapping, b.optionAt(t, key), "'%s' names no column", key).WithHint("name one, or several separated by commas")
	}
	return out
}

// handOver is the column by which sides are told apart; -1 if there is none.
func (b *binder) handOver(t *catalog.Table) int {
	name := strings.Trim(strings.TrimSpace(t.Options["switch.column"]), "`")
	if name == "" {
		if t.Watermark != nil {
			return t.Watermark.Column
		}
		return -1
	}
	i := t.Column(name)
	if i < 0 {
		hintName(b.errorf(codeNoColumn, b.insideValue(t, "switch.column"), "'switch.column' names column %q, which table %q does not have", name, t.Path.Name), name, columnNames(t))
	}
	return i
}

// switchColumn gives each side its range of the column: [at before it, at behind it).
func (b *binder) switchColumn(t *catalog.Table, h *hybridTable) {
	errs := b.errorsIn()
	col := b.handOver(t)
	if col < 0 {
		if b.errorsIn() == errs {
			b.errorf(codeMissingOption, b.optionAt(t, "switch"), "'switch' = 'column' wants a column").WithHint("add 'switch.column' = '…', or declare a WATERMARK")
		}
		return
	}
	for _, s := range h.sides {
		if s.lacks[col] && t.Columns[col].Kind != catalog.Computed {
			b.errorf(codeMapping, s.at[col], "column %q hands over from side to side, but side %q lacks it", t.Columns[col].Name, s.name).WithHint("map it to a column of table %q", s.table.Path.Name)
			return
		}
	}
	var at []rex.Expr
	var since []*int64
	if text, given := t.Options["switch.at"]; given {
		e := b.embed(text, t.OptionSpans["switch.at"].Value)
		from := 0
		for _, part := range append(strings.Split(text, ","), "")[:strings.Count(text, ",")+1] {
			v, ok := b.valueOf(t.Columns[col], part, e.place(diag.Span{Start: from, End: from + len(part)}))
			if from += len(part) + 1; !ok {
				return
			}
			at, since = append(at, v), append(since, b.sinceOf(h.fields[col].Type, part))
		}
	}
	if len(at) != len(h.sides)-1 {
		b.errorf(codeMapping, b.optionAt(t, "switch.at"), "'switch.at' has %s, but %s hand over %s", count(len(at), "value"), count(len(h.sides), "side"), times(len(h.sides)-1)).
			WithHint("give the value of %q at which each side but the first begins, separated by commas", t.Columns[col].Name)
		return
	}
	ref := &rex.Ref{Index: col, T: h.fields[col].Type, Name: t.Columns[col].Name}
	for i, s := range h.sides {
		if i > 0 {
			s.range_, s.since = and(s.range_, b.comparison(">=", ref, at[i-1], diag.Span{})), since[i-1]
		}
		if i == len(h.sides)-1 {
			continue
		}
		end := b.comparison("<", ref, at[i], diag.Span{})
		if i == 0 && ref.T.Nullable {
			end = b.logic("OR", isNull(ref), end, diag.Span{})
		}
		s.range_ = and(s.range_, end)
	}
}

// sinceOf gives the milliseconds of a rowtime as watermarks have them; nil for other columns.
func (b *binder) sinceOf(t types.Type, text string) *int64 {
	if t.Attr != types.Rowtime {
		return nil
	}
	zone := time.UTC
	if t.Kind == types.TimestampLTZ {
		zone = b.zone()
	}
	if ms, ok := millisOf(strings.TrimSpace(text), zone); ok {
		return &ms
	}
	return nil
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return itoa(n) + " times"
}

// valueOf reads the text of a value of a column.
func (b *binder) valueOf(c catalog.Column, text string, at diag.Span) (rex.Expr, bool) {
	t := plainTime(c.Type)
	text = strings.TrimSpace(text)
	sql := text
	switch {
	case t.Kind == types.Timestamp, t.Kind == types.TimestampLTZ:
		sql = "TIMESTAMP " + syntax.QuoteString(text)
	case t.Kind == types.Date:
		sql = "DATE " + syntax.QuoteString(text)
	case t.IsCharacter():
		sql = syntax.QuoteString(text)
	case !t.IsNumeric():
		b.errorf(codeMapping, b.here(at), "column %q is %s, which has no order to hand over by", c.Name, t).WithHint("take a number, a text, a date or a time")
		return nil, false
	}
	script, errs := syntax.Parse("SELECT " + sql)
	q, ok := onlyQuery(script)
	sel, isSelect := q.(*syntax.Select)
	if errs.HasErrors() || !ok || !isSelect || len(sel.Items) != 1 {
		b.errorf(codeLiteral, b.here(at), "%q is no value of column %q, which is %s", text, c.Name, t)
		return nil, false
	}
	var e rex.Expr
	b.inside(&embedded{at: b.here(at)}, func() { e = (&exprs{b: b, in: emptyRel(at), clause: "an option"}).bind(sel.Items[0].Expr) })
	if bad(e) {
		return nil, false
	}
	if !types.CanCast(e.Type(), t) || e.Type().IsCharacter() != t.IsCharacter() {
		b.errorf(codeLiteral, b.here(at), "%q is no value of column %q, which is %s", text, c.Name, t)
		return nil, false
	}
	return b.to(e, t), true
}

// hybridScan reads a hybrid table.
func (b *binder) hybridScan(t *catalog.Table, name syntax.QualifiedName, hints []*syntax.Hint) (logical.Node, bool) {
	h := b.hybrid(t, b.at(name))
	if h == nil {
		return nil, false
	}
	union := &logical.Union{Base: logical.Base{At: b.at(name)}}
	number := types.Int32.NotNull()
	for i, s := range h.sides {
		live := map[string]bool{}
		for _, o := range h.sides {
			live[o.name+"."] = o == s
		}
		own, ok := b.sideHints(t, hints, live)
		if !ok {
			return nil, false
		}
		scan, ok := b.scan(s.table, name, own)
		if !ok {
			return nil, false
		}
		scan.For, scan.Turn = &physical.Standing{Table: t.Path, Side: "side " + s.name}, &physical.Turn{Of: t.Path, Place: i, Since: s.since}
		var n logical.Node = scan
		if s.within != nil {
			n = &logical.Filter{Base: logical.Base{Fields: n.Schema(), At: b.at(name)}, Input: n, Cond: s.within}
		}
		n = b.mapRows(s.mapping, n, h.fields)
		if s.range_ != nil {
			n = &logical.Filter{Base: logical.Base{Fields: n.Schema(), At: b.at(name)}, Input: n, Cond: s.range_}
		}
		if h.key != nil { // which side a row is of, for batch: there the first one counts
			fields := append(slices.Clone(h.fields), types.Field{Name: "$side", Type: number})
			exprs := columnRefs(n)
			n = &logical.Project{Base: logical.Base{Fields: fields, At: b.at(name)}, Input: n, Exprs: append(exprs, &rex.Lit{Value: int64(i), T: number})}
		}
		union.In = append(union.In, n)
	}
	union.Fields = union.In[0].Schema()
	var out logical.Node = union
	if h.key != nil {
		width := len(h.fields)
		rank := &logical.Rank{Base: logical.Base{Fields: union.Fields, At: b.at(name)}, Input: union, Func: physical.RowNumber, Partition: h.key,
			Order: []rex.SortKey{{Col: width}}, Start: 1, End: 1, First: true}
		if h.ttl != "" {
			rank.Hints = []logical.Hint{{Name: "STATE_TTL", KV: map[string]string{t.Path.Name: h.ttl}}}
		}
		out = &logical.Project{Base: logical.Base{Fields: h.fields, At: b.at(name)}, Input: rank, Exprs: columnRefs(rank)[:width]}
	}
	return out, true
}

func columnRefs(n logical.Node) []rex.Expr {
	out := make([]rex.Expr, len(n.Schema()))
	for i := range out {
		out[i] = refOf(n, i)
	}
	return out
}
