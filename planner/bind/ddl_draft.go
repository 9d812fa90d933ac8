package bind

import (
	"maps"
	"slices"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// tableDraft is a table being declared or altered: expressions still as syntax, keys by
// name. build checks it as a whole and makes the catalog's table.
type tableDraft struct {
	path         catalog.Path
	temporary    bool
	columns      []columnDraft
	watermark    *watermarkDraft
	key          []syntax.Ident // nil = no primary key
	keyName      string
	partition    []syntax.Ident
	distribution string
	options      map[string]string
	spans        map[string]catalog.OptionSpan
	comment      string
	at           diag.Span
}

// columnDraft is a column of a draft.
type columnDraft struct {
	catalog.Column
	expr syntax.Expr // of a computed column
	// foreign: the column comes from another table, its expression from that one's text.
	foreign bool
}

type watermarkDraft struct {
	column  syntax.Ident
	expr    syntax.Expr
	text    string
	at      diag.Span
	foreign bool
}

func (d *tableDraft) column(name string) int {
	return slices.IndexFunc(d.columns, func(c columnDraft) bool { return c.Name == name })
}

// draftOf takes a table apart again, for LIKE and ALTER.
func (b *binder) draftOf(t *catalog.Table, at diag.Span) (*tableDraft, bool) {
	d := &tableDraft{path: t.Path, temporary: t.Temporary, keyName: t.KeyName, distribution: t.Distribution,
		options: maps.Clone(t.Options), spans: maps.Clone(t.OptionSpans), comment: t.Comment, at: t.Span}
	if d.options == nil {
		d.options = map[string]string{}
	}
	if d.spans == nil {
		d.spans = map[string]catalog.OptionSpan{}
	}
	ident := func(name string) syntax.Ident { return syntax.Ident{Base: syntax.At(at), Name: name} }
	for _, c := range t.Columns {
		cd := columnDraft{Column: c, foreign: true}
		cd.Type = plainTime(c.Type)
		if c.Kind == catalog.Computed {
			if cd.expr = b.parseExpr(c.ExprText, at); cd.expr == nil {
				return nil, false
			}
			cd.Expr = nil
		}
		d.columns = append(d.columns, cd)
	}
	for _, k := range t.PrimaryKey {
		d.key = append(d.key, ident(t.Columns[k].Name))
	}
	for _, p := range t.PartitionKey {
		d.partition = append(d.partition, ident(p))
	}
	if w := t.Watermark; w != nil {
		d.watermark = &watermarkDraft{column: ident(t.Columns[w.Column].Name), text: w.ExprText, at: at, foreign: true}
		if d.watermark.expr = b.parseExpr(w.ExprText, at); d.watermark.expr == nil {
			return nil, false
		}
	}
	return d, true
}

// parseExpr reads the text of an expression that was bound before.
func (b *binder) parseExpr(text string, at diag.Span) syntax.Expr {
	script, errs := syntax.Parse("SELECT " + text)
	if q, ok := onlyQuery(script); ok && !errs.HasErrors() {
		if s, isSelect := q.(*syntax.Select); isSelect && len(s.Items) == 1 {
			return s.Items[0].Expr
		}
	}
	b.errorf(codeColumn, at, "expression %q of the table does not parse", text)
	return nil
}

// inPlace binds with everything placed at a span if the text is not this script's.
func (b *binder) inPlace(foreign bool, at diag.Span, f func()) {
	if foreign && b.fixed == nil {
		b.fixed = &at
		defer func() { b.fixed = nil }()
	}
	f()
}

// build checks a draft and makes the table; nil after a report.
func (b *binder) build(d *tableDraft) *catalog.Table {
	errs := b.errorsIn()
	t := &catalog.Table{Path: d.path, Temporary: d.temporary, Distribution: d.distribution, Options: d.options,
		OptionSpans: d.spans, Comment: d.comment, Span: d.at, KeyName: d.keyName}
	seen := map[string]diag.Span{}
	for _, c := range d.columns {
		if first, twice := seen[c.Name]; twice {
			e := b.errorf(codeDuplicate, c.Span, "column %q is declared twice", c.Name)
			if !first.IsZero() && first != c.Span {
				e.related(first, "the first declaration")
			}
		}
		seen[c.Name] = c.Span
		t.Columns = append(t.Columns, c.Column)
	}
	b.buildKey(d, t)
	b.buildComputed(d, t)
	b.buildWatermark(d, t)
	b.buildPartition(d, t)
	if b.errorsIn() > errs {
		return nil
	}
	return t
}

// declaredRel gives expressions of a table's declaration its columns to see.
func declaredRel(t *catalog.Table, visible func(int) bool) *rel {
	n := &logical.Values{Base: logical.Base{Fields: t.Schema().Fields}}
	r := newRel(n, t.Path.Name, t.Path)
	all := r.shown
	r.shown, r.items[0].cols = nil, nil
	for i, s := range all {
		if visible(i) {
			r.shown = append(r.shown, s)
			r.items[0].cols = append(r.items[0].cols, itemCol{s.name, s.index})
		}
	}
	return r
}

const computedClause = "a computed column"

// buildComputed binds computed columns, which see the physical and metadata columns.
func (b *binder) buildComputed(d *tableDraft, t *catalog.Table) {
	for i, c := range d.columns {
		if c.Kind != catalog.Computed || c.expr == nil {
			continue
		}
		b.inPlace(c.foreign, c.Span, func() {
			r := declaredRel(t, func(j int) bool { return t.Columns[j].Kind != catalog.Computed })
			x := &exprs{b: b, in: r, clause: computedClause}
			for _, other := range d.columns {
				if other.Kind == catalog.Computed {
					if x.aliases == nil {
						x.aliases = map[string]bool{}
					}
					x.aliases[other.Name] = true
				}
			}
			e := x.bind(c.expr)
			if bad(e) {
				return
			}
			if holds(e, subMark) {
				b.errorf(codeColumn, b.at(c.expr), "a computed column cannot hold a subquery")
				return
			}
			if e.Type().Kind == types.Null {
				b.errorf(codeLiteral, b.at(c.expr), "NULL has no type here").WithHint("write CAST(NULL AS INT) or similar")
				return
			}
			t.Columns[i].Expr, t.Columns[i].Type = e, e.Type()
			if t.Columns[i].Type.Attr == types.Rowtime {
				t.Columns[i].Type = plainTime(e.Type())
			}
		})
	}
}

// buildKey resolves the primary key; its columns cannot be NULL.
func (b *binder) buildKey(d *tableDraft, t *catalog.Table) {
	seen := map[string]bool{}
	for _, k := range d.key {
		i := t.Column(k.Name)
		switch {
		case i < 0:
			e := b.errorf(codeKey, b.at(k), "column %q of the primary key not found", k.Name)
			hintName(e, k.Name, columnNames(t))
			continue
		case t.Columns[i].Kind != catalog.Physical:
			b.errorf(codeKey, b.at(k), "column %q of the primary key is not a physical column", k.Name)
			continue
		case seen[k.Name]:
			b.errorf(codeKey, b.at(k), "column %q stands twice in the primary key", k.Name)
			continue
		}
		seen[k.Name] = true
		t.PrimaryKey = append(t.PrimaryKey, i)
		t.Columns[i].Type = t.Columns[i].Type.NotNull()
	}
}

// buildWatermark makes the rowtime column. Its type is TIMESTAMP(p) or TIMESTAMP_LTZ(p)
// with p up to 3, and so is the watermark's.
func (b *binder) buildWatermark(d *tableDraft, t *catalog.Table) {
	w := d.watermark
	if w == nil {
		return
	}
	i := t.Column(w.column.Name)
	if i < 0 {
		hintName(b.errorf(codeWatermark, b.at(w.column), "column %q of the watermark not found", w.column.Name), w.column.Name, columnNames(t))
		return
	}
	ct := t.Columns[i].Type
	if ct.Kind == types.Invalid {
		return // its own error is reported
	}
	if !ct.IsTimestamp() || ct.Precision > 3 || ct.Attr == types.Proctime {
		e := b.errorf(codeWatermark, b.at(w.column), "a watermark stands on TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p up to 3, but column %q is %s", w.column.Name, ct)
		switch {
		case ct.IsTimestamp() && ct.Attr != types.Proctime:
			short := ct.Null()
			short.Precision = 3
			e.WithHint("declare it as %s", short)
		case ct.IsCharacter():
			e.WithHint("add a column: ts AS TO_TIMESTAMP(%s)", syntax.Quote(w.column.Name))
		case ct.IsInteger():
			e.WithHint("add a column: ts AS TO_TIMESTAMP_LTZ(%s, 3)", syntax.Quote(w.column.Name))
		}
		return
	}
	b.inPlace(w.foreign, w.at, func() {
		r := declaredRel(t, func(int) bool { return true })
		e := (&exprs{b: b, in: r, clause: "WATERMARK"}).bind(w.expr)
		if bad(e) {
			return
		}
		if call, ok := e.(*rex.Call); ok && call.Fn == "SOURCE_WATERMARK" {
			call.T = plainTime(ct) // it stands for the source's own watermark of this column
		}
		et := plainTime(e.Type())
		if !et.IsTimestamp() || et.Precision > 3 {
			b.errorf(codeWatermark, b.at(w.expr), "a watermark is TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p up to 3, but this is %s", et)
			return
		}
		if et.Kind != ct.Kind {
			b.errorf(codeWatermark, b.at(w.expr), "the watermark is %s, but column %q is %s", et, w.column.Name, ct)
			return
		}
		t.Watermark = &catalog.Watermark{Column: i, Expr: e, ExprText: w.text, Span: w.at}
		t.Columns[i].Type = ct.WithAttr(types.Rowtime)
	})
}

func (b *binder) buildPartition(d *tableDraft, t *catalog.Table) {
	for _, p := range d.partition {
		i := t.Column(p.Name)
		switch {
		case i < 0:
			hintName(b.errorf(codeColumn, b.at(p), "partition column %q not found", p.Name), p.Name, columnNames(t))
		case t.Columns[i].Kind != catalog.Physical:
			b.errorf(codeColumn, b.at(p), "partition column %q is not a physical column", p.Name)
		case slices.Contains(t.PartitionKey, p.Name):
			b.errorf(codeColumn, b.at(p), "partition column %q stands twice", p.Name)
		default:
			t.PartitionKey = append(t.PartitionKey, p.Name)
		}
	}
}

func columnNames(t *catalog.Table) []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Name
	}
	return out
}
