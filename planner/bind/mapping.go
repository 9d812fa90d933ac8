package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// mapping is how the columns of a logical table (mix, hybrid) come from another table.
type mapping struct {
	side    string         // "stream side", for messages
	logical *catalog.Table // whose columns are computed
	table   *catalog.Table // read or written instead; its watermark is the logical table's
	caps    catalog.Capabilities
	// exprs are the logical columns over those of table.
	exprs []rex.Expr
	// lacks: the column has no counterpart: it is virtual, or the flag of mode or side.
	lacks []bool
	// at places what each column comes from, for messages.
	at []diag.Span
	// writes are explicit values for columns of table, over the logical columns.
	writes  map[int]rex.Expr
	writeAt map[int]diag.Span
	// misnamed: an option names a column that there is not, which may be the one that lacks a mapping.
	misnamed bool
}

// sideOptions names the options of one side.
type sideOptions struct {
	side                            string // "stream side"
	table, mappings, virtual, sinks string // keys; sinks "" = the side is only read
	tableName                       string // "" = the value of the option
	flag                            int    // the column of mode or side, -1 = none
	flagValue                       rex.Expr
}

// mapSide binds one side of a logical table and checks it; nil after a report.
func (b *binder) mapSide(t *catalog.Table, o sideOptions) *mapping {
	errs := b.errorsIn()
	m := &mapping{side: o.side, logical: t, writes: map[int]rex.Expr{}, writeAt: map[int]diag.Span{}}
	from := b.sideTable(t, o)
	given, fine := b.sideAssignments(t, o.mappings)
	virtual, alsoFine := b.sideAssignments(t, o.virtual)
	if from == nil || !fine || !alsoFine {
		return nil
	}
	m.table = from
	m.exprs, m.lacks, m.at = make([]rex.Expr, len(t.Columns)), make([]bool, len(t.Columns)), make([]diag.Span, len(t.Columns))
	b.mapNamed(m, o, given, virtual)
	b.mapRest(m, o)
	if b.errorsIn() > errs {
		return nil
	}
	b.mapWatermark(m)
	b.mapComputed(m)
	b.mapKey(m, o)
	if o.sinks != "" {
		b.mapSinks(m, o)
	}
	if b.errorsIn() > errs {
		return nil
	}
	return m
}

// optionAt is the place of an option's value, of the table if it is not given.
func (b *binder) optionAt(t *catalog.Table, key string) diag.Span {
	if s, ok := t.OptionSpans[key]; ok && !s.Value.IsZero() {
		return b.place(s.Value)
	}
	if b.fixed != nil {
		return *b.fixed
	}
	return t.Span
}

// sideTable finds the table of a side.
func (b *binder) sideTable(t *catalog.Table, o sideOptions) *catalog.Table {
	text, at := t.Options[o.table], b.optionAt(t, o.table)
	if o.tableName != "" {
		text = o.tableName
	}
	if strings.TrimSpace(text) == "" {
		b.errorf(codeMissingOption, at, "table %q has no '%s'", t.Path.Name, o.table).WithHint("name the table of the %s", o.side)
		return nil
	}
	var parts []string
	for _, part := range strings.Split(text, ".") {
		parts = append(parts, strings.Trim(strings.TrimSpace(part), "`"))
	}
	if len(parts) > 3 {
		b.errorf(codeNoTable, at, "table name %s has %d parts; catalog.database.table has 3", text, len(parts))
		return nil
	}
	p := b.cat.Resolve(parts...)
	from := b.cat.Table(p)
	switch {
	case p == t.Path:
		b.errorf(codeMapping, at, "table %q is its own %s", t.Path.Name, o.side).WithHint("name the table that is read instead")
	case from == nil:
		if b.failed[p] {
			return nil // its own error is reported
		}
		d := b.errorf(codeNoTable, at, "table %q, the %s of %q, not found", p.Name, o.side, t.Path.Name)
		var cands []string
		for _, c := range b.cat.Tables(p.Catalog, p.Database) {
			if c.Path != t.Path {
				cands = append(cands, c.Path.Name)
			}
		}
		if hintName(d, p.Name, cands); d.d.Hint == "" {
			d.WithHint("declare it before %q", t.Path.Name)
		}
	case from.IsView():
		b.errorf(codeMapping, at, "%q, the %s of %q, is a view", p.Name, o.side, t.Path.Name).WithHint("name a table, and write the view over %q", t.Path.Name)
	case from.IsMix(), from.IsHybrid() && t.IsHybrid():
		b.errorf(codeMapping, at, "table %q, the %s of %q, is a %s table itself", p.Name, o.side, t.Path.Name, from.Connector()).WithHint("name a table with a connector of its own")
	default:
		return from
	}
	return nil
}

func (b *binder) sideAssignments(t *catalog.Table, key string) ([]assignment, bool) {
	text := t.Options[key]
	if strings.TrimSpace(text) == "" {
		return nil, true
	}
	return b.assignments(b.embed(text, t.OptionSpans[key].Value), key)
}

// mapNamed binds what the options say of columns.
func (b *binder) mapNamed(m *mapping, o sideOptions, given, virtual []assignment) {
	t := m.logical
	seen := map[string]diag.Span{}
	target := func(a assignment, key string) int {
		i := t.Column(a.name)
		first, twice := seen[a.name]
		seen[a.name] = a.nameAt
		switch {
		case i < 0:
			m.misnamed = true
			d := b.errorf(codeNoColumn, b.here(a.nameAt), "'%s' names column %q, which table %q does not have", key, a.name, t.Path.Name)
			if from := m.table.Column(a.name); from >= 0 {
				d.WithHint("left of = stands a column of %q, right of it what it is in %q", t.Path.Name, m.table.Path.Name)
			} else {
				hintName(d, a.name, columnNames(t))
			}
		case twice && key == o.virtual && !slices.ContainsFunc(virtual, func(v assignment) bool { return v.name == a.name && v.nameAt == first }):
			b.errorf(codeMapping, b.here(a.nameAt), "column %q is ambiguous: it is mapped in '%s' and virtual in '%s'", a.name, o.mappings, o.virtual).
				WithHint("leave one of them out").related(b.here(first), "here it is mapped")
		case twice:
			b.errorf(codeDuplicate, b.here(a.nameAt), "column %q stands twice in '%s'", a.name, key).WithHint("leave one of them out").related(b.here(first), "the first time")
		case i == o.flag:
			b.errorf(codeMapping, b.here(a.nameAt), "column %q tells the mode or side and has no mapping", a.name).WithHint("leave it out of '%s'", key)
		case t.Columns[i].Kind == catalog.Computed:
			b.errorf(codeMapping, b.here(a.nameAt), "column %q is computed by table %q and has no mapping", a.name, t.Path.Name).
				WithHint("declare it with a type instead, or leave it out of '%s'", key)
		default:
			return i
		}
		return -1
	}
	in := sideRel(m.table)
	for _, a := range given {
		i := target(a, o.mappings)
		if i < 0 {
			continue
		}
		m.at[i], m.exprs[i] = b.here(a.at), invalid()
		if a.value == nil {
			b.errorf(codeMapping, b.here(a.nameAt), "column %q has no expression in '%s'", a.name, o.mappings).
				WithHint("write %s = …, or name it in '%s' if the %s lacks it", a.name, o.virtual, m.side)
			continue
		}
		if e, ok := b.mapped(in, a, "a field mapping"); ok {
			m.exprs[i] = b.fit(m, i, e, a)
		}
	}
	for _, a := range virtual {
		if i := target(a, o.virtual); i >= 0 {
			m.at[i], m.lacks[i] = b.here(a.at), true
			m.exprs[i] = b.virtual(m, i, a, o)
		}
	}
}

// here is a place that is in the script already.
func (b *binder) here(s diag.Span) diag.Span {
	if b.fixed != nil {
		return *b.fixed
	}
	return s
}

// sideRel gives mappings the columns of a side to see.
func sideRel(t *catalog.Table) *rel {
	fields := slices.Clone(t.Schema().Fields)
	return newRel(&logical.Values{Base: logical.Base{Fields: fields}}, t.Path.Name, t.Path)
}

// mapped binds the expression of a mapping; ok is false after a report.
func (b *binder) mapped(in *rel, a assignment, clause string) (e rex.Expr, ok bool) {
	b.inside(a.in, func() {
		e = (&exprs{b: b, in: in, clause: clause}).bind(a.value)
		if !bad(e) && holds(e, subMark) {
			b.errorf(codeMapping, b.at(a.value), "%s cannot hold a subquery", clause).WithHint("join the other table in the query")
			e = invalid()
		}
	})
	return e, !bad(e)
}

// virtual is the value of a column that a side lacks.
func (b *binder) virtual(m *mapping, i int, a assignment, o sideOptions) rex.Expr {
	c := m.logical.Columns[i]
	if m.table.Column(c.Name) >= 0 {
		b.errorf(codeMapping, b.here(a.nameAt), "column %q is ambiguous: it is virtual on the %s, but table %q has it", c.Name, m.side, m.table.Path.Name).
			WithHint("leave it out of '%s', or map it: '%s' = '%s = …'", o.virtual, o.mappings, c.Name)
		return invalid()
	}
	if a.value == nil {
		if !c.Type.Nullable {
			b.errorf(codeMapping, b.here(a.nameAt), "column %q is %s and cannot be NULL on the %s", c.Name, plainTime(c.Type).String(), m.side).
				WithHint("give it a default: '%s' = '%s = …', or declare it without NOT NULL", o.virtual, c.Name)
			return invalid()
		}
		return nullLit(plainTime(c.Type))
	}
	e, ok := b.mapped(sideRel(m.table), a, "the default of a virtual field")
	if !ok {
		return e
	}
	if len(rex.Refs(e)) > 0 {
		b.errorf(codeMapping, b.here(a.at), "virtual column %q is computed from columns of table %q", c.Name, m.table.Path.Name).
			WithHint("what the side has is a mapping: '%s' = '%s = …'", o.mappings, c.Name)
		return invalid()
	}
	return b.fit(m, i, e, a)
}

// fit brings a mapped value to the type of its column, if that loses nothing.
func (b *binder) fit(m *mapping, i int, e rex.Expr, a assignment) rex.Expr {
	c := m.logical.Columns[i]
	want, have, at := plainTime(c.Type), plainTime(e.Type()), b.here(a.at)
	source := "the mapping"
	if r, ok := e.(*rex.Ref); ok {
		source = "column \"" + r.Name + "\" of table \"" + m.table.Path.Name + "\""
	}
	cast := a.name + " = CAST(" + b.assignedText(a) + " AS " + want.Null().String() + ")"
	switch {
	case have.Kind == types.Null:
	case !types.CanCast(have, want):
		d := b.errorf(codeMapping, at, "column %q is %s, but %s is %s, which cannot be cast to that", c.Name, want, source, have)
		if hint := castHint(have, want); hint != "" {
			d.WithHint("%s", hint)
		} else {
			d.WithHint("compute it: %s = CASE … END, or declare the column as %s", a.name, have.Null())
		}
		return invalid()
	case !types.CanCastImplicitly(have, want):
		d := b.errorf(codeMapping, at, "column %q is %s, but %s is %s: the cast is lossy or may fail", c.Name, want, source, have)
		if have.IsCharacter() && want.Kind == types.Boolean {
			d.WithHint("say which texts stand for what: %s = CASE %s WHEN 'Y' THEN TRUE WHEN 'N' THEN FALSE END", a.name, b.assignedText(a))
		} else if have.IsNumeric() && want.Kind == types.Boolean {
			d.WithHint("say which numbers stand for what: %s = CASE %s WHEN 1 THEN TRUE WHEN 0 THEN FALSE END", a.name, b.assignedText(a))
		} else {
			d.WithHint("write the cast if that is meant: %s", cast)
		}
		return invalid()
	case lossy(have, want) && !litFits(e, want):
		b.errorf(codeMapping, at, "column %q is %s, but %s is %s: the cast is lossy", c.Name, want, source, have).
			WithHint("write the cast if that is meant: %s, or declare the column as %s", cast, have.Null())
		return invalid()
	}
	if !want.Nullable && e.Type().Nullable && (m.logical.IsHybrid() || !slices.Contains(m.logical.PrimaryKey, i)) { // of a key, mapKey tells
		b.errorf(codeMapping, at, "column %q is %s, but %s may be NULL", c.Name, want.String(), source).
			WithHint("declare it without NOT NULL, or map it with a default: %s = COALESCE(%s, …)", a.name, b.assignedText(a))
		return invalid()
	}
	if e.Type().IsTimeAttr() && e.Type().Same(c.Type) {
		return e
	}
	return b.to(e, want)
}

// assignedText is the expression of a mapping as written.
func (b *binder) assignedText(a assignment) string {
	if a.value == nil || a.in == nil {
		return syntax.Quote(a.name)
	}
	s := a.value.Span()
	if from, to := s.Start+a.in.shift, s.End+a.in.shift; 0 <= from && from <= to && to <= len(a.in.text) {
		return a.in.text[from:to]
	}
	return "…"
}

// litFits tells a literal that a lossy type change leaves as it is.
func litFits(e rex.Expr, want types.Type) bool {
	l, ok := e.(*rex.Lit)
	if !ok {
		return false
	}
	if s, isText := l.Value.(string); isText {
		return len([]rune(s)) <= want.Precision
	}
	_, fits := castLit(l, want)
	return fits
}

// lossy reports an implicit cast that some values do not survive.
func lossy(from, to types.Type) bool {
	switch {
	case from.IsCharacter() && to.IsCharacter(), from.IsBinary() && to.IsBinary():
		return from.Precision > to.Precision
	case from.IsTimestamp() && to.IsTimestamp():
		return from.Precision > to.Precision || from.Kind != to.Kind
	case from.IsTimestamp() && to.In(types.Date, types.Time):
		return true
	case from.IsInteger() && to.Kind == types.Decimal:
		return types.AsDecimal(from).Precision > to.Precision-to.Scale
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		return from.Scale > to.Scale || from.Precision-from.Scale > to.Precision-to.Scale
	case from.Kind == types.Decimal && to.In(types.Float, types.Double), from.In(types.Float, types.Double) && to.Kind == types.Decimal:
		return true
	case from.Kind == types.BigInt && to.In(types.Float, types.Double), from.Kind == types.Integer && to.Kind == types.Float:
		return true
	case from.Kind == types.Row && to.Kind == types.Row:
		for i := range from.Fields {
			if lossy(from.Fields[i].Type, to.Fields[i].Type) {
				return true
			}
		}
	case from.In(types.Array, types.Multiset) && from.Kind == to.Kind:
		return lossy(*from.Elem, *to.Elem)
	case from.Kind == types.Map && to.Kind == types.Map:
		return lossy(*from.Key, *to.Key) || lossy(*from.Elem, *to.Elem)
	}
	return false
}

// mapRest maps the flag, and the columns that have the name of one of the side's.
func (b *binder) mapRest(m *mapping, o sideOptions) {
	t := m.logical
	for i, c := range t.Columns {
		switch {
		case m.exprs[i] != nil || c.Kind == catalog.Computed:
		case c.Kind == catalog.Metadata:
			b.errorf(codeMapping, b.here(columnAt(t, c)), "column %q is metadata, which a %s table has none of", c.Name, t.Connector()).
				WithHint("declare the metadata in table %q and map it: %s = …", m.table.Path.Name, c.Name)
			m.exprs[i] = invalid()
		case i == o.flag:
			m.exprs[i], m.lacks[i], m.at[i] = o.flagValue, true, b.here(columnAt(t, c))
		default:
			m.at[i] = b.optionAt(t, o.table)
			if _, ok := t.OptionSpans[o.mappings]; ok {
				m.at[i] = b.optionAt(t, o.mappings)
			}
			from := m.table.Column(c.Name)
			if from < 0 {
				if m.exprs[i] = invalid(); !m.misnamed {
					b.unmapped(m, c, m.at[i], o)
				}
				continue
			}
			r := &rex.Ref{Index: from, T: m.table.Columns[from].Type, Name: c.Name}
			m.exprs[i] = b.fit(m, i, r, assignment{name: c.Name, at: m.at[i]})
		}
	}
}

func columnAt(t *catalog.Table, c catalog.Column) diag.Span {
	if c.Span.IsZero() {
		return t.Span
	}
	return c.Span
}

func (b *binder) unmapped(m *mapping, c catalog.Column, at diag.Span, o sideOptions) {
	d := b.errorf(codeMapping, at, "column %q is unmapped: table %q, the %s, has no column of that name", c.Name, m.table.Path.Name, m.side)
	if near := diag.Nearest(c.Name, columnNames(m.table)); near != "" {
		d.WithHint("map it: '%s' = '%s = %s'", o.mappings, c.Name, syntax.Quote(near))
	} else {
		d.WithHint("map it: '%s' = '%s = …', or say that it is missing: '%s' = '%s'", o.mappings, c.Name, o.virtual, c.Name)
	}
	d.related(b.here(c.Span), "the column is declared here")
}

// mapComputed gives the computed columns of the logical table their values.
func (b *binder) mapComputed(m *mapping) {
	for i, c := range m.logical.Columns {
		if c.Kind == catalog.Computed {
			m.exprs[i], m.lacks[i] = rex.Inline(c.Expr, m.exprs), true
		}
	}
}

// mapWatermark gives the side's table the watermark that the logical one declares, over
// the side's own columns; a mapped rowtime that is computed becomes a column of it.
func (b *binder) mapWatermark(m *mapping) {
	w := m.logical.Watermark
	if w == nil {
		return
	}
	t := *m.table
	t.Columns = slices.Clone(m.table.Columns)
	over := slices.Clone(m.exprs)
	for i, c := range m.logical.Columns {
		if c.Kind == catalog.Computed {
			over[i] = rex.Inline(c.Expr, m.exprs)
		}
	}
	if old := t.Watermark; old != nil && old.Column >= 0 {
		t.Columns[old.Column].Type = plainTime(t.Columns[old.Column].Type)
	}
	var at int
	switch e := over[w.Column].(type) {
	case *rex.Ref:
		at = e.Index
	default:
		if m.lacks[w.Column] && len(rex.Refs(e)) == 0 {
			t.Watermark = nil
			m.replace(b, &t)
			return // a side without times has no watermark
		}
		at = len(t.Columns)
		name := m.logical.Columns[w.Column].Name
		for t.Column(name) >= 0 {
			name += "_"
		}
		t.Columns = append(t.Columns, catalog.Column{Name: name, Type: plainTime(e.Type()), Kind: catalog.Computed, Expr: inlineComputed(m.table, e), ExprText: "…"})
		over[w.Column] = &rex.Ref{Index: at, T: plainTime(e.Type()), Name: name}
	}
	t.Columns[at].Type = plainTime(t.Columns[at].Type).WithAttr(types.Rowtime)
	t.Watermark = &catalog.Watermark{Column: at, Expr: rex.Inline(w.Expr, over), ExprText: w.ExprText, Span: w.Span}
	if m.logical.Columns[w.Column].Kind != catalog.Computed {
		m.exprs[w.Column] = &rex.Ref{Index: at, T: t.Columns[at].Type, Name: t.Columns[at].Name}
	}
	m.replace(b, &t)
}

// inlineComputed puts computed columns of a table in place: a computed column refers to none.
func inlineComputed(t *catalog.Table, e rex.Expr) rex.Expr {
	return rex.Map(e, func(x rex.Expr) rex.Expr {
		if r, ok := x.(*rex.Ref); ok && t.Columns[r.Index].Kind == catalog.Computed {
			return t.Columns[r.Index].Expr
		}
		return x
	})
}

// replace puts a changed copy in place of the side's table. Its options stand where they stood.
func (m *mapping) replace(b *binder, t *catalog.Table) {
	if b.declaredHere(m.table) {
		b.declared = append(b.declared, t)
	}
	if c := b.checked[m.table]; c != nil {
		b.checked[t] = c
	}
	m.table = t
}

// mapKey checks that the logical table's primary key is one of the side's.
func (b *binder) mapKey(m *mapping, o sideOptions) {
	t := m.logical
	if t.PrimaryKey == nil || t.IsHybrid() { // no side has all rows of a hybrid table
		return
	}
	at := b.optionAt(t, o.table)
	var want []int
	for _, k := range t.PrimaryKey {
		c := t.Columns[k]
		switch r := m.exprs[k].(type) {
		case *rex.Ref:
			want = append(want, r.Index)
		default:
			if m.lacks[k] {
				if k == o.flag {
					continue // one value: it tells no rows apart
				}
				b.errorf(codeMapping, m.at[k], "column %q of the primary key is virtual on the %s", c.Name, m.side).
					WithHint("leave it out of the key, or map it to a column")
				return
			}
			b.errorf(codeMapping, m.at[k], "column %q of the primary key is computed on the %s: two keys of %q may become one", c.Name, m.side, m.table.Path.Name).
				WithHint("map it to a column, or compute it in a view over the table")
			return
		}
	}
	if len(m.table.PrimaryKey) == 0 {
		b.errorf(codeMapping, at, "table %q has a primary key, but table %q, its %s, has none", t.Path.Name, m.table.Path.Name, m.side).
			WithHint("declare PRIMARY KEY (%s) NOT ENFORCED there", columnList(m.table, want)).related(t.Span, "the key is declared here")
		return
	}
	for _, k := range m.table.PrimaryKey {
		if !slices.Contains(want, k) {
			b.errorf(codeMapping, at, "the primary key of table %q is (%s), but that of table %q, its %s, is (%s)", t.Path.Name, columnList(t, t.PrimaryKey),
				m.table.Path.Name, m.side, columnList(m.table, m.table.PrimaryKey)).WithHint("a row is then not told apart by the same columns: make the keys equal, or leave the key of %q out", t.Path.Name)
			return
		}
	}
	if len(want) != len(m.table.PrimaryKey) {
		b.errorf(codeMapping, at, "the primary key of table %q has %s, that of table %q, its %s, only (%s)", t.Path.Name, count(len(t.PrimaryKey), "column"),
			m.table.Path.Name, m.side, columnList(m.table, m.table.PrimaryKey)).WithHint("make the keys equal")
	}
}

func columnList(t *catalog.Table, cols []int) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = syntax.Quote(t.Columns[c].Name)
	}
	return strings.Join(names, ", ")
}
