package lower

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// temporalJoin makes a LookupJoin of a join at processing time, which asks the table
// itself, and a TemporalJoin of one at event time, which keeps versions.
func (b *builder) temporalJoin(n *logical.TemporalJoin) *op {
	if n.Time.Type().Attr == types.Rowtime {
		return b.versionJoin(n)
	}
	dim, ok := dimension(n.Right)
	if !ok {
		b.errorf("W0205", n.At, "processing-time join needs a table on its right side, not a query").
			WithHint("Join FOR SYSTEM_TIME AS OF a rowtime column instead, or join without FOR SYSTEM_TIME.")
		return b.nothing(n)
	}
	return b.lookupJoin(n, dim)
}

func (b *builder) versionJoin(n *logical.TemporalJoin) *op {
	j := &joining{n: &logical.Join{Base: n.Base, Kind: n.Kind, Left: n.Left, Right: n.Right, Cond: n.Cond, RightName: n.RightName},
		left: b.lower(n.Left), right: b.versions(n.Right)}
	j.leftKeys, j.rightKeys, j.nullEquals, j.rest = logical.JoinColumns(j.n)
	time := timeColumn(n.Time)
	version := slices.IndexFunc(j.right.schema(), func(f types.Field) bool { return f.Type.Attr == types.Rowtime })
	unique := slices.ContainsFunc(b.facts.UniqueKeys(n.Right), func(k []int) bool { return within(k, j.rightKeys) })
	switch name := n.RightName; {
	case version < 0 || time < 0:
		b.errorf("W0205", n.At, "event-time join needs a rowtime column with a watermark in table %q", name)
	case !unique:
		b.errorf("W0205", n.At, "event-time join needs the primary key of the versioned table %q in its condition", name).
			WithHint("Declare PRIMARY KEY (…) NOT ENFORCED on the table and compare all its columns for equality.")
	default:
		spec := &physical.TemporalJoin{Out: physical.Out{Fields: n.Fields}, Kind: n.Kind,
			Left: physical.FieldTypes(j.left.schema()), Right: physical.FieldTypes(j.right.schema()),
			LeftKeys: j.leftKeys, RightKeys: j.rightKeys, Rowtime: true, LeftTime: time, RightTime: version, Residual: conjunction(j.rest), TTL: b.stateTTL()}
		o := &op{kind: topology.KindTemporalJoin, spec: spec, fields: n.Fields, ttl: ttls(spec.TTL)}
		b.describeJoin(o, j, "Temporal join")
		return b.add(o, n)
	}
	return b.nothing(n)
}

// versions gives the right side of an event-time join. A stream brings every version of
// a row as time goes by. Batch must not fold them to the last one: it takes the
// changes of a table as they come, and of a view that keeps the latest row of each
// key all rows, each of which is the valid one from its time on.
func (b *builder) versions(n logical.Node) *op {
	if !b.batch {
		return b.lower(n)
	}
	switch n := n.(type) {
	case *logical.Scan:
		return b.source(n)
	case *logical.Project:
		if _, isFilter := n.Input.(*logical.Filter); !isFilter {
			return b.calcOver(n, b.versions(n.Input))
		}
	case *logical.Rank:
		order := n.Order
		if n.Func == physical.RowNumber && n.Start == 1 && n.End == 1 && !n.WithRank && len(order) == 1 && order[0].Desc &&
			n.Input.Schema()[order[0].Col].Type.Attr == types.Rowtime {
			return b.lower(n.Input)
		}
	}
	return b.lower(n)
}

// timeColumn is the column a time is read from, -1 if it is computed.
func timeColumn(e rex.Expr) int {
	if r, ok := e.(*rex.Ref); ok {
		return r.Index
	}
	return -1
}

// dim is the right side of a lookup join: expressions and conditions over a scan.
type dim struct {
	scan  *logical.Scan
	exprs []rex.Expr // the side's columns
	conds []rex.Expr
}

func dimension(n logical.Node) (*dim, bool) {
	switch n := n.(type) {
	case *logical.Scan:
		d := &dim{scan: n}
		for i, f := range n.Fields {
			d.exprs = append(d.exprs, &rex.Ref{Index: i, T: f.Type, Name: f.Name})
		}
		return d, true
	case *logical.Project:
		d, ok := dimension(n.Input)
		if !ok {
			return nil, false
		}
		out := make([]rex.Expr, len(n.Exprs))
		for i, e := range n.Exprs {
			out[i] = rex.Inline(e, d.exprs)
		}
		d.exprs = out
		return d, true
	case *logical.Filter:
		d, ok := dimension(n.Input)
		if ok {
			for _, e := range rex.Conjuncts(n.Cond) {
				d.conds = append(d.conds, rex.Inline(e, d.exprs))
			}
		}
		return d, ok
	}
	return nil, false
}

func (b *builder) lookupJoin(n *logical.TemporalJoin, d *dim) *op {
	from := b.lower(n.Left)
	scan, base := readSpec(d.scan)
	if base != nil { // the scan's columns over what is read
		for i := range d.exprs {
			d.exprs[i] = rex.Inline(d.exprs[i], base)
		}
		for i := range d.conds {
			d.conds[i] = rex.Inline(d.conds[i], base)
		}
	}
	table := tableText(d.scan.Table.Path)
	lw := len(from.schema())
	spec := &physical.LookupJoin{Left: physical.FieldTypes(from.schema()), Kind: n.Kind, Scan: scan}
	spec.Scan.Filters = nil
	spec.Preload = inMemory(d.scan, b.lookupSettings(n, d))
	k := &lookupKeys{lw: lw, dim: d, spec: spec}
	index, given, ok := k.choose(rex.Conjuncts(n.Cond))
	if !ok && d.scan.Caps.Lookup {
		b.cannotAsk(n, d, given)
		return b.nothing(n)
	}
	for _, e := range rex.Conjuncts(n.Cond) {
		k.condition(e)
	}
	for _, e := range d.conds {
		k.own(e)
	}
	if !slices.ContainsFunc(spec.Keys, func(k physical.LookupKey) bool { return len(rex.Refs(k.Value)) > 0 }) {
		b.errorf("W0205", n.At, "lookup join needs an equality with a column of table %q", table).
			WithHint("Add ON l.key = %s.key.", orName(n.RightName, table))
		return b.nothing(n)
	}
	if index != nil {
		spec.Index = b.lookupIndex(n, d, index, spec)
		spec.Scan.Read = spec.Index.Fetch.Scan.Read
	}
	fields := append(slices.Clone(n.Fields), k.extra...)
	spec.Fields, spec.Computed, spec.Residual = fields, k.columns(), conjunction(k.residual)
	if asRead(spec.Computed, len(scan.Read)) {
		spec.Computed = nil
	}
	o := &op{kind: topology.KindLookupJoin, spec: spec, fields: fields, span: n.At, name: slug("lookup", d.scan.Table.Path.Name),
		label: "Lookup " + table, bounded: from.bounded, props: standingProps(d.scan.For, d.scan.Options)}
	b.lookupOptions(o, spec, n, d)
	b.describeLookup(o, spec, from, table)
	in := b.feed(o, from, anywhere)
	for _, key := range spec.Keys {
		if r, ok := key.Value.(*rex.Ref); ok {
			in.helpful = append(in.helpful, r.Index)
		}
	}
	b.spreadLookup(in, n, d)
	if len(k.extra) == 0 {
		return b.add(o, n)
	}
	b.add(o, nil) // columns that only the residual needed go again
	exprs := make([]rex.Expr, len(n.Fields))
	for i, f := range n.Fields {
		exprs[i] = &rex.Ref{Index: i, T: f.Type, Name: f.Name}
	}
	c := &op{kind: topology.KindCalc, name: "calc", label: "Project " + joinShort(fieldNames(n.Fields), 6), fields: n.Fields, span: n.At, bounded: from.bounded,
		spec:    &physical.Calc{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(fields), Exprs: exprs},
		origins: o.origins[:len(n.Fields)], meaning: "project"}
	b.feed(c, o, anywhere)
	return b.add(c, n)
}

func asRead(exprs []rex.Expr, width int) bool {
	for i, e := range exprs {
		if r, ok := e.(*rex.Ref); !ok || r.Index != i {
			return false
		}
	}
	return len(exprs) == width
}

func (b *builder) describeLookup(o *op, spec *physical.LookupJoin, from *op, table string) {
	names := fieldNames(from.schema())
	var keys []string
	for _, k := range spec.Keys {
		column := table + "." + spec.Scan.Read[k.Column].Name
		keys = append(keys, short(resolve(k.Value, from.origins))+"="+column)
		o.detail = append(o.detail, column+" = "+exprText(k.Value, names))
	}
	slices.Sort(keys)
	o.identity = strings.Join(keys, ", ")
	if spec.Index != nil {
		o.detail = append(o.detail, "by index "+tableText(spec.Index.Ask.Scan.Table.Path))
	}
	o.meaning = fmt.Sprintf("%s lookup %s", spec.Kind, o.identity)
	o.origins = slices.Clone(from.origins)
	readNames := make([]string, len(spec.Scan.Read))
	for i, c := range spec.Scan.Read {
		readNames[i] = table + "." + c.Name
	}
	for i := len(from.origins); i < len(o.fields); i++ {
		if spec.Computed == nil {
			o.origins = append(o.origins, readNames[i-len(from.origins)])
		} else {
			o.origins = append(o.origins, short(resolve(spec.Computed[i-len(from.origins)], readNames)))
		}
	}
	if spec.Residual != nil {
		o.meaning += " where " + short(resolve(spec.Residual, o.origins))
		o.detail = append(o.detail, "where "+exprText(spec.Residual, fieldNames(o.fields)))
	}
}

// lookupOptions reads 'lookup.*' options of the table and LOOKUP hints.
func (b *builder) lookupOptions(o *op, spec *physical.LookupJoin, n *logical.TemporalJoin, d *dim) {
	s := b.lookupSettings(n, d)
	cache := s.upper("lookup.cache", "NONE")
	if !spec.Preload && !d.scan.Caps.Lookup {
		b.errorf("W0205", n.At, "table %q cannot be looked up: connector %q gives no rows by key and the table has no end",
			d.scan.Table.Path.Name, d.scan.Options["connector"]).
			WithHint("Join it FOR SYSTEM_TIME AS OF a rowtime column, as a versioned table, or without FOR SYSTEM_TIME.")
		return
	}
	if rows := s.int("lookup.cache.max-rows", 0); cache == "NONE" && rows > 0 { // the older spelling
		cache, spec.CacheRows = "PARTIAL", int64(rows)
	}
	if cache == "PARTIAL" {
		if spec.CacheRows == 0 {
			spec.CacheRows = int64(s.int("lookup.partial-cache.max-rows", 10_000))
		}
		spec.CacheTTL = s.duration("lookup.partial-cache.expire-after-write", s.duration("lookup.partial-cache.expire-after-access", s.duration("lookup.cache.ttl", 0)))
	}
	spec.Async = s.bool("lookup.async", false) && !spec.Preload
	spec.BatchSize = s.int("lookup.async.batch.size", 0)
	spec.BatchLinger = s.duration("lookup.async.batch.linger", 0)
	spec.Timeout = s.duration("hint.timeout", b.duration("table.exec.async-lookup.timeout", 3*60*1e9))
	spec.Capacity = s.int("hint.capacity", 0)
	mode := s.upper("output-mode", b.upper("table.exec.async-lookup.output-mode", "ORDERED"))
	spec.Unordered = spec.Async && mode == "ALLOW_UNORDERED" && !b.lower(n.Left).made.Updating()
	if s.text("retry-predicate", "") == "lookup_miss" {
		spec.RetryMax, spec.RetryWait = s.int("max-attempts", 1), s.duration("fixed-delay", 0)
	}
	switch {
	case spec.Preload:
		o.props = append(o.props, topology.Prop{Key: "cache", Value: "whole table"})
	case spec.CacheRows > 0:
		o.props = append(o.props, topology.Prop{Key: "cache", Value: strconv.FormatInt(spec.CacheRows, 10)})
	case spec.BatchSize == 0:
		b.diags.Add(diag.Warnf("W0213", n.At, "every row asks table %q anew", d.scan.Table.Path.Name).
			WithHint("Give the table 'lookup.cache' = 'PARTIAL' and 'lookup.partial-cache.max-rows' = '…', or 'FULL' if it fits into memory."))
	}
	if spec.Async {
		o.props = append(o.props, topology.Prop{Key: "lookup", Value: "async"})
	}
	if spec.Index != nil {
		o.props = append(o.props, topology.Prop{Key: "index", Value: spec.Index.Ask.Scan.Table.Path.Name})
	}
}

// lookupHints are what a LOOKUP hint may say, beside options of the table that begin with
// lookup.
var lookupHints = []string{"table", "async", "output-mode", "capacity", "timeout", "retry-predicate", "retry-strategy", "fixed-delay", "max-attempts", "shuffle"}

func (b *builder) unknownHint(h logical.Hint, key string) {
	text := fmt.Sprintf("hint LOOKUP has no option %q and ignores it", key)
	if slices.ContainsFunc(b.diags, func(d *diag.Diagnostic) bool { return d.Primary == text }) {
		return // settings are read more than once
	}
	d := diag.Warnf("W0213", h.Span, "%s", text)
	if near := diag.Nearest(key, lookupHints); near != "" {
		d = d.WithHint("did you mean '%s'?", near)
	}
	b.diags.Add(d)
}

// lookupSettings are the table's options with those of a LOOKUP hint for it on top.
func (b *builder) lookupSettings(n *logical.TemporalJoin, d *dim) settings {
	values := map[string]string{}
	for k, v := range d.scan.Options {
		values[k] = v
	}
	for _, h := range n.Hints {
		if t := h.KV["table"]; h.Name != "LOOKUP" || t != "" && !strings.EqualFold(t, n.RightName) && !strings.EqualFold(t, d.scan.Table.Path.Name) {
			continue
		}
		for k, v := range h.KV {
			switch {
			case k == "async":
				values["lookup.async"] = v
			case k == "timeout" || k == "capacity": // a table may have an option of that name
				values["hint."+k] = v
			case slices.Contains(lookupHints, k) || strings.HasPrefix(k, "lookup."):
				values[k] = v
			default:
				b.unknownHint(h, k)
			}
		}
	}
	return settings{values: values, diags: &b.diags, bad: b.settings.bad}
}

func orName(name, otherwise string) string {
	if name != "" {
		return name
	}
	return otherwise
}
