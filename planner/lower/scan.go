package lower

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// tableText names a table for people and uids: without the default catalog and database.
func tableText(p catalog.Path) string {
	if p.Catalog == catalog.DefaultCatalog && p.Database == catalog.DefaultDatabase {
		return p.Name
	}
	return p.String()
}

// scan reads a table: a Source, and a Normalize behind it where the table's changelog
// is not what operators work on.
func (b *builder) scan(n *logical.Scan) *op { return b.normalized(b.source(n), n) }

// source reads a table as it is. A scan that is read both with and without its
// changes folded has one source.
func (b *builder) source(n *logical.Scan) *op {
	if o, ok := b.sources[n]; ok {
		return o
	}
	spec, exprs := readSpec(n)
	src := &physical.Source{Out: physical.Out{Fields: n.Fields}, Scan: spec, Project: exprs, Bounded: n.Caps.Bounded, Turn: n.Turn}
	if w := n.Table.Watermark; w != nil && !n.NoTime && !b.batch {
		src.Watermark = b.watermark(n, w)
	}
	table := tableText(n.Table.Path)
	o := &op{kind: topology.KindSource, spec: src, fields: n.Fields, name: slug(n.Table.Path.Name), label: table, span: n.At,
		identity: table, bounded: n.Caps.Bounded, wanted: n.Caps.ScanParallelism, made: n.Caps.Produces, props: standingProps(n.For, n.Options)}
	if o.made == 0 {
		o.made = topology.InsertOnly
	}
	o.before = o.made.Has(topology.UpdateBefore)
	o.origins = scanOrigins(n, table)
	o.meaning = scanMeaning(table, src)
	o.detail = scanDetail(n, src)
	if n.Turn != nil && n.Turn.Place > 0 {
		o.props = append(o.props, topology.Prop{Key: "begins", Value: "when the sides before it have ended"})
	}
	if src.Watermark != nil {
		o.props = append(o.props, topology.Prop{Key: "watermark", Value: src.Watermark.Text})
	}
	if b.batch && !n.Caps.Bounded {
		b.errorf("W0203", n.At, "table %q is unbounded and cannot be read in batch mode", n.Table.Path.Name).WithHint("%s", boundHint(n))
	}
	b.sources[n] = o
	return b.add(o, n)
}

// normalized puts a full changelog of the table behind its source. Streaming: for an
// upsert source, whose updates come without −U, and where changes may come twice.
// Batch: for every source of changes, which are folded to the rows that remain.
func (b *builder) normalized(o *op, n *logical.Scan) *op {
	updating := o.made.Updating()
	upsert := updating && !o.made.Has(topology.UpdateBefore)
	if !updating || !b.batch && !upsert && !b.bool("table.exec.source.cdc-events-duplicate", false) {
		return o
	}
	keys := b.facts.UniqueKeys(n)
	if len(keys) == 0 {
		if upsert {
			b.errorf("W0204", n.At, "table %q gives updates by key but has no primary key", n.Table.Path.Name).
				WithHint("Add PRIMARY KEY (…) NOT ENFORCED to the CREATE TABLE statement.")
			return o
		}
		if !b.batch {
			b.errorf("W0204", n.At, "changes of table %q may come twice, and without a primary key nothing tells them apart", n.Table.Path.Name).
				WithHint("add PRIMARY KEY (…) NOT ENFORCED to the CREATE TABLE statement, or set 'table.exec.source.cdc-events-duplicate' = 'false'")
			return o
		}
		return b.folded(o, n)
	}
	names := fieldNames(pick(n.Fields, keys[0]))
	m := &op{kind: topology.KindNormalize, name: slug("normalize", n.Table.Path.Name), label: "Normalize[" + strings.Join(names, ", ") + "]",
		spec:   &physical.Normalize{Out: physical.Out{Fields: n.Fields}, Keys: keys[0], TTL: b.stateTTL()},
		fields: n.Fields, origins: o.origins, identity: o.identity, meaning: "normalize " + o.identity + " by " + strings.Join(pick(o.origins, keys[0]), ", "),
		keyed: keys[0], span: n.At, bounded: o.bounded}
	b.feed(m, o, hashed(keys[0]))
	return b.add(m, n)
}

// folded gives, in batch, the rows that remain of a changelog without a key: equal
// rows are counted, and come as often as the count in the end says.
func (b *builder) folded(o *op, n *logical.Scan) *op {
	all := make([]int, len(n.Fields))
	for i := range all {
		all[i] = i
	}
	counted := append(slices.Clone(n.Fields), types.Field{Name: "times", Type: types.Int64.NotNull()})
	count := &op{kind: topology.KindGroupAgg, name: slug("fold", n.Table.Path.Name), label: "Fold changes", fields: counted,
		spec: &physical.GroupAgg{Out: physical.Out{Fields: counted}, In: physical.FieldTypes(n.Fields), Keys: all, Retract: true,
			Aggs: []rex.AggCall{{Fn: "COUNT", Filter: -1, T: types.Int64.NotNull(), Name: "times"}}},
		origins: append(slices.Clone(o.origins), "times"), identity: o.identity, meaning: "fold " + o.identity, keyed: all, bounded: true, span: n.At}
	b.feed(count, o, hashed(all))
	b.add(count, nil)
	out := &op{kind: "replicate", name: "replicate", label: "Replicate by count", fields: n.Fields, origins: o.origins, bounded: true, span: n.At,
		spec:    &physical.Replicate{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(counted), Count: len(all)},
		meaning: "replicate"}
	b.feed(out, count, anywhere)
	return b.add(out, n)
}

// readSpec says what a source reads for a scan, and how the scan's columns are computed
// from that; nil = they are what is read.
func readSpec(n *logical.Scan) (physical.Scan, []rex.Expr) {
	r := &reading{scan: n, at: map[string]int{}}
	spec := physical.Scan{Table: n.Table, Options: n.Options, Limit: -1}
	if n.Limit > 0 {
		spec.Limit = n.Limit
	}
	columns := n.Columns
	if columns == nil {
		for i := range n.Table.Columns {
			columns = append(columns, logical.ScanColumn{Column: i})
		}
	}
	exprs := make([]rex.Expr, len(columns))
	asRead := true
	for i, c := range columns {
		exprs[i] = r.column(c)
		ref, isRef := exprs[i].(*rex.Ref)
		asRead = asRead && isRef && ref.Index == i
	}
	if len(r.read) == 0 { // only constants and times are asked for: rows must be counted all the same
		for i, c := range n.Table.Columns {
			if c.Kind == catalog.Physical {
				r.column(logical.ScanColumn{Column: i})
				break
			}
		}
	}
	for _, f := range n.Filters {
		spec.Filters = append(spec.Filters, rex.Inline(f, exprs))
	}
	spec.Read = r.read
	if asRead && len(r.read) == len(columns) {
		exprs = nil
	}
	return spec, exprs
}

// reading gathers the columns that a source must read.
type reading struct {
	scan *logical.Scan
	read []physical.ReadColumn
	at   map[string]int
}

// column gives the value of a column of the table over what is read.
func (r *reading) column(s logical.ScanColumn) rex.Expr {
	c := r.scan.Table.Columns[s.Column]
	switch c.Kind {
	case catalog.Computed:
		return rex.Map(c.Expr, func(e rex.Expr) rex.Expr {
			if ref, ok := e.(*rex.Ref); ok {
				return r.column(logical.ScanColumn{Column: ref.Index})
			}
			return e
		})
	case catalog.Metadata:
		key, t := c.MetadataKey, c.Type
		if key == "" {
			key = c.Name
		}
		for _, m := range r.scan.Caps.Metadata {
			if m.Key == key && !m.Type.Same(c.Type) {
				t = m.Type
			}
		}
		e := r.add(physical.ReadColumn{Name: c.Name, Metadata: key, Type: t})
		if t.Same(c.Type) {
			return e
		}
		return &rex.Call{Fn: "CAST", Args: []rex.Expr{e}, T: c.Type, Span: c.Span}
	}
	name, path, t, nullable := c.Name, []string{c.Name}, c.Type, c.Type.Nullable
	for _, i := range s.Path {
		f := t.Fields[i]
		name, path, t, nullable = name+"_"+f.Name, append(path, f.Name), f.Type, nullable || f.Type.Nullable
	}
	return r.add(physical.ReadColumn{Name: name, Path: path, Type: t.WithNull(nullable)})
}

func (r *reading) add(c physical.ReadColumn) rex.Expr {
	key := fmt.Sprintf("%q %s", c.Path, c.Metadata)
	i, ok := r.at[key]
	if !ok {
		i = len(r.read)
		r.at[key], r.read = i, append(r.read, c)
	}
	return &rex.Ref{Index: i, T: c.Type, Name: c.Name}
}

func (b *builder) watermark(n *logical.Scan, w *catalog.Watermark) *physical.Watermark {
	column := n.Find(w.Column)
	if column < 0 {
		return nil
	}
	options := settings{values: n.Options, diags: &b.diags, bad: b.settings.bad}
	out := &physical.Watermark{Column: column, Text: w.ExprText,
		Expr:        rex.Remap(w.Expr, n.Find),
		IdleTimeout: options.duration("scan.watermark.idle-timeout", b.duration("table.exec.source.idle-timeout", 0)),
		Group:       options.text("scan.watermark.alignment.group", ""),
		MaxDrift:    options.duration("scan.watermark.alignment.max-drift", 0),
		Interval:    b.duration("pipeline.auto-watermark-interval", 200*time.Millisecond),
	}
	if options.text("scan.watermark.emit.strategy", "on-periodic") == "on-event" {
		out.Interval = 0
	}
	if out.Text == "" {
		out.Text = exprText(out.Expr, fieldNames(n.Fields))
	}
	return out
}

func scanOrigins(n *logical.Scan, table string) []string {
	out := make([]string, len(n.Fields))
	for i := range n.Fields {
		c := logical.ScanColumn{Column: i}
		if n.Columns != nil {
			c = n.Columns[i]
		}
		t := n.Table.Columns[c.Column].Type
		out[i] = table + "." + n.Table.Columns[c.Column].Name
		for _, f := range c.Path {
			out[i] += "." + t.Fields[f].Name
			t = t.Fields[f].Type
		}
	}
	return out
}

// scanMeaning leaves out which columns are read: that follows from what reads them.
func scanMeaning(table string, s *physical.Source) string {
	m := "scan " + table
	if s.Watermark != nil {
		m += " watermark " + s.Watermark.Text
	}
	return m
}

func scanDetail(n *logical.Scan, s *physical.Source) []string {
	names := make([]string, len(s.Read))
	for i, c := range s.Read {
		names[i] = c.Name
	}
	out := []string{"read " + joinShort(names, 12)}
	if len(s.Filters) > 0 {
		parts := make([]string, len(s.Filters))
		for i, f := range s.Filters {
			parts[i] = exprText(f, names)
		}
		out = append(out, "skip unless "+strings.Join(parts, " AND "))
	}
	if s.Limit >= 0 {
		out = append(out, fmt.Sprintf("at most %d rows", s.Limit))
	}
	return out
}

// standingProps shows the mix or hybrid table for which a table stands, and what it is
// connected to.
func standingProps(s *physical.Standing, options map[string]string) []topology.Prop {
	props := tableProps(options)
	if s == nil {
		return props
	}
	return append([]topology.Prop{{Key: "for", Value: tableText(s.Table) + ", " + s.Side}}, props...)
}

// tableProps shows what a table is connected to.
func tableProps(options map[string]string) []topology.Prop {
	var out []topology.Prop
	for _, key := range []string{"connector", "format", "value.format", "topic", "path"} {
		if v := options[key]; v != "" && !catalog.IsSecretKey(key) {
			out = append(out, topology.Prop{Key: key, Value: v})
		}
	}
	return out
}

// boundHint says how a table of this connector becomes bounded.
func boundHint(n *logical.Scan) string {
	switch n.Options["connector"] {
	case "kafka", "upsert-kafka":
		return "Set 'scan.bounded.mode' = 'latest-offset' to read what is there now, or run with --mode stream."
	case "datagen":
		return "Set 'number-of-rows' = '…', or run with --mode stream."
	case "filesystem":
		return "Leave out 'source.monitor-interval', or run with --mode stream."
	}
	return "Run with --mode stream, or read a bounded table."
}

// sourceOf finds the span and name to report a problem of an input at.
func sourceOf(o *op) (string, diag.Span) {
	for len(o.in) > 0 {
		o = o.in[0].from
	}
	return o.name, o.span
}
