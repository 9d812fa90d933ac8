package lower

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// lookupKeys sorts the conditions of a lookup join into keys and a residual.
type lookupKeys struct {
	lw       int
	dim      *dim
	spec     *physical.LookupJoin
	only     []string // columns that may be keys; nil = all
	residual []rex.Expr
	extra    []types.Field // columns added for the residual
	added    []rex.Expr
}

// equality gives the column read that a conjunct over left ++ the side's columns
// compares with a value of the left.
func (k *lookupKeys) equality(e rex.Expr) (column int, value rex.Expr, ok bool) {
	c, isCall := e.(*rex.Call)
	if !isCall || c.Fn != "=" {
		return 0, nil, false
	}
	for i, x := range c.Args {
		r, isRef := x.(*rex.Ref)
		other := c.Args[1-i]
		if !isRef || r.Index < k.lw || !k.leftOnly(other) {
			continue
		}
		if col, isCol := k.dim.exprs[r.Index-k.lw].(*rex.Ref); isCol {
			return col.Index, other, true
		}
	}
	return 0, nil, false
}

// equalsConstant gives the column that a condition over the columns read compares with a constant.
func equalsConstant(e rex.Expr) (column int, value rex.Expr, ok bool) {
	c, isCall := e.(*rex.Call)
	if !isCall || c.Fn != "=" {
		return 0, nil, false
	}
	for i, x := range c.Args {
		r, isRef := x.(*rex.Ref)
		lit, isLit := c.Args[1-i].(*rex.Lit)
		if isRef && isLit {
			return r.Index, lit, true
		}
	}
	return 0, nil, false
}

// condition handles a conjunct over left ++ the side's columns.
func (k *lookupKeys) condition(e rex.Expr) {
	if col, value, ok := k.equality(e); !ok || !k.key(col, value) {
		k.residual = append(k.residual, e)
	}
}

func (k *lookupKeys) leftOnly(e rex.Expr) bool {
	for _, i := range rex.Refs(e) {
		if i >= k.lw {
			return false
		}
	}
	return true
}

// own handles a condition over the columns read: column = constant is a key.
func (k *lookupKeys) own(e rex.Expr) {
	if col, value, ok := equalsConstant(e); ok && k.key(col, value) {
		return
	}
	k.residual = append(k.residual, rex.Map(e, func(x rex.Expr) rex.Expr {
		r, isRef := x.(*rex.Ref)
		if !isRef {
			return x
		}
		return &rex.Ref{Index: k.lw + k.shown(r), T: r.T, Name: r.Name}
	}))
}

// key adds a lookup key; a column that has one already does not get a second.
func (k *lookupKeys) key(column int, value rex.Expr) bool {
	if k.only != nil && !slices.Contains(k.only, columnName(k.spec.Scan.Read[column])) {
		return false
	}
	for _, have := range k.spec.Keys {
		if have.Column == column {
			return false
		}
	}
	k.spec.Keys = append(k.spec.Keys, physical.LookupKey{Column: column, Value: value})
	return true
}

// columnName is the name of a column of the table as read whole, "" of anything else.
func columnName(c physical.ReadColumn) string {
	if len(c.Path) == 1 {
		return c.Path[0]
	}
	return ""
}

// shown gives the position among the dimension's output columns of a column read.
func (k *lookupKeys) shown(r *rex.Ref) int {
	for i, e := range k.columns() {
		if x, ok := e.(*rex.Ref); ok && x.Index == r.Index {
			return i
		}
	}
	k.added = append(k.added, &rex.Ref{Index: r.Index, T: r.T, Name: r.Name})
	k.extra = append(k.extra, types.Field{Name: r.Name, Type: r.T.Null()})
	return len(k.dim.exprs) + len(k.added) - 1
}

func (k *lookupKeys) columns() []rex.Expr { return slices.Concat(k.dim.exprs, k.added) }

// choose decides which columns are keys, among those that the conditions give values for:
// what the connector is asked by, else the columns of an index table, which is given
// then, else any if the connector takes any. ok is false if the table cannot be asked.
func (k *lookupKeys) choose(conds []rex.Expr) (index *logical.Scan, given []string, ok bool) {
	add := func(column int) {
		if name := columnName(k.spec.Scan.Read[column]); name != "" && !slices.Contains(given, name) {
			given = append(given, name)
		}
	}
	for _, e := range conds {
		if col, _, ok := k.equality(e); ok {
			add(col)
		}
	}
	for _, e := range k.dim.conds {
		if col, _, ok := equalsConstant(e); ok {
			add(col)
		}
	}
	scan := k.dim.scan
	if own := mainKey(scan); len(own) > 0 && containsAll(given, own) {
		if scan.Caps.LookupBy != nil && !k.spec.Preload {
			k.only = own
		}
		return nil, given, true
	}
	for _, x := range scan.Indexes {
		by := x.Caps.LookupBy
		if by == nil {
			for _, name := range given {
				if physicalColumn(x.Table, name) {
					by = append(by, name)
				}
			}
		}
		if len(by) > 0 && containsAll(given, by) && !slices.ContainsFunc(mainKey(scan), func(name string) bool { return !physicalColumn(x.Table, name) }) {
			k.only = by
			return x, given, true
		}
	}
	return nil, given, scan.Caps.LookupBy == nil || k.spec.Preload
}

// mainKey are the columns by which rows of a table are fetched.
func mainKey(s *logical.Scan) []string {
	if s.Caps.LookupBy != nil {
		return s.Caps.LookupBy
	}
	var out []string
	for _, c := range s.Table.PrimaryKey {
		out = append(out, s.Table.Columns[c].Name)
	}
	return out
}

func physicalColumn(t *catalog.Table, name string) bool {
	i := t.Column(name)
	return i >= 0 && t.Columns[i].Kind == catalog.Physical
}

func containsAll(list, of []string) bool {
	return !slices.ContainsFunc(of, func(x string) bool { return !slices.Contains(list, x) })
}

// cannotAsk reports a join that gives no values for what its table is looked up by.
func (b *builder) cannotAsk(n *logical.TemporalJoin, d *dim, given []string) {
	table := d.scan.Table.Path.Name
	by := strings.Join(d.scan.Caps.LookupBy, ", ")
	e := diag.Errorf("W0205", n.At, "table %q is looked up by %s, and the join compares %s", table, by, orName(strings.Join(given, ", "), "no column of it for equality"))
	if len(given) > 0 {
		e = e.WithHint("Compare %s too, declare a table with the columns %s and name it in 'lookup.index.table', or hold the table in memory: 'lookup.cache' = 'FULL'.",
			by, strings.Join(append(slices.Clone(given), d.scan.Caps.LookupBy...), ", "))
	}
	b.diags.Add(e)
}

// readKey adds the columns of the table's own key to what is read of it, if they are not.
func readKey(scan *physical.Scan, names []string) []int {
	var at []int
	for _, name := range names {
		i := slices.IndexFunc(scan.Read, func(c physical.ReadColumn) bool { return columnName(c) == name })
		if i < 0 {
			i = len(scan.Read)
			scan.Read = append(slices.Clip(scan.Read), readWhole(scan.Table, name))
		}
		at = append(at, i)
	}
	return at
}

func readWhole(t *catalog.Table, name string) physical.ReadColumn {
	return physical.ReadColumn{Name: name, Path: []string{name}, Type: t.Columns[t.Column(name)].Type}
}

// lookupIndex makes the two lookups of a join by an index: the index table by the join's
// keys, and the table by its own.
func (b *builder) lookupIndex(n *logical.TemporalJoin, d *dim, x *logical.Scan, spec *physical.LookupJoin) *physical.LookupIndex {
	index := physical.Scan{Table: x.Table, Options: x.Options, Limit: -1}
	out := &physical.LookupIndex{
		Ask:   &physical.LookupJoin{Scan: index, Preload: inMemory(x, b.lookupSettings(n, &dim{scan: x}))},
		Fetch: &physical.LookupJoin{Scan: spec.Scan, Preload: spec.Preload}}
	same := func(name string, t types.Type) {
		if have := x.Table.Columns[x.Table.Column(name)].Type; !have.Null().Equal(t.Null()) {
			b.errorf("W0205", n.At, "column %q is %s in table %q, but %s in its index table %q", name, t, d.scan.Table.Path.Name, have, x.Table.Path.Name)
		}
	}
	for i, k := range spec.Keys {
		c := spec.Scan.Read[k.Column]
		same(c.Name, c.Type)
		at := readKey(&out.Ask.Scan, []string{columnName(c)})
		out.Ask.Keys = append(out.Ask.Keys, physical.LookupKey{Column: at[0], Value: &rex.Ref{Index: i, T: c.Type}})
	}
	key := mainKey(d.scan)
	for i, at := range readKey(&out.Fetch.Scan, key) {
		c := out.Fetch.Scan.Read[at]
		same(c.Name, c.Type)
		out.Fetch.Keys = append(out.Fetch.Keys, physical.LookupKey{Column: at, Value: &rex.Ref{Index: i, T: c.Type}})
	}
	out.Columns = readKey(&out.Ask.Scan, key)
	return out
}

// inMemory tells that a table is read as a whole before the first row is joined.
func inMemory(s *logical.Scan, settings settings) bool {
	return settings.upper("lookup.cache", "NONE") == "FULL" || s.Caps.LookupInMemory || !s.Caps.Lookup && s.Caps.Bounded
}

// keyedBy gives the columns of the left input by which its rows are to be sent to tasks,
// so that each task's cache holds its own share of the table; nil = they need not. keys
// are the lookup's own.
func (b *builder) keyedBy(n *logical.TemporalJoin, d *dim, left []types.Field, keys []int) []int {
	for _, h := range n.Hints {
		if h.Name != "KEYBY" || len(h.Values) > 0 && !strings.EqualFold(h.Values[0], n.RightName) && !strings.EqualFold(h.Values[0], d.scan.Table.Path.Name) {
			continue
		}
		if len(h.Values) < 2 {
			return keys
		}
		var columns []int
		for _, name := range h.Values[1:] {
			c := slices.IndexFunc(left, func(f types.Field) bool { return f.Name == name })
			if c < 0 {
				e := diag.Errorf("W0205", h.Span, "KEYBY names column %q, which the left side of the join does not have", name)
				if near := diag.Nearest(name, fieldNames(left)); near != "" {
					e = e.WithHint("did you mean %q?", near)
				}
				b.diags.Add(e)
				return nil
			}
			columns = append(columns, c)
		}
		return columns
	}
	s := b.lookupSettings(n, d)
	if s.bool("lookup.hash.enable", s.bool("shuffle", false)) {
		return keys
	}
	return nil
}

// spreadLookup sends the rows of a lookup join's input by those columns. The rows of very
// frequent keys may go to other tasks too, unless they are changes, which must not
// overtake each other.
func (b *builder) spreadLookup(in *input, n *logical.TemporalJoin, d *dim) {
	in.prefer = b.keyedBy(n, d, in.from.schema(), in.helpful)
	s := b.lookupSettings(n, d)
	in.splitHot = in.prefer != nil && !in.from.made.Updating() && s.bool("lookup.hash.split-hot-keys", true)
	if in.splitHot {
		in.to.props = append(in.to.props, topology.Prop{Key: "hot keys", Value: "split"})
	}
}
