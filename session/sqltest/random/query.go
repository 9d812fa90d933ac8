package random

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// Family is a kind of query.
type Family string

// The families.
const (
	Plain     Family = "plain"     // projections, filters, set operations, DISTINCT, CTEs
	Aggregate Family = "aggregate" // GROUP BY, grouping sets, HAVING, DISTINCT, FILTER
	Join      Family = "join"      // all kinds, of two and three inputs
	Subquery  Family = "subquery"  // IN, EXISTS, scalar, correlated
	Window    Family = "window"    // window table functions, aggregated, ranked, joined
	Rank      Family = "rank"      // Top-N and deduplication
	Over      Family = "over"      // aggregates over rows and ranges of event time
	Interval  Family = "interval"  // joins within a time
	Nested    Family = "nested"    // some of them over each other
	Session   Family = "session"   // session windows, windows of GROUP BY, windows over windows
	Together  Family = "together"  // joins of windows, semi joins of windows, their first and last rows
	Temporal  Family = "temporal"  // the version of another table at a row's time
	Lookup    Family = "lookup"    // what another table has now
	Match     Family = "match"     // MATCH_RECOGNIZE
	Function  Family = "function"  // scalar, aggregate and table functions in SQL
)

// Families lists them.
func Families() []Family {
	return []Family{Plain, Aggregate, Join, Subquery, Window, Rank, Over, Interval, Nested, Session, Together, Temporal, Lookup, Match, Function}
}

// Cases generates cases of a family. growing leaves out tables whose rows change, which a batch of Flink refuses.
func Cases(f Family, growing bool) *rapid.Generator[*Case] {
	return rapid.Custom(func(t *rapid.T) *Case {
		m := &maker{t: t, plain: growing}
		text, _ := m.family(f)
		c := &Case{Query: text, Tables: m.tables, Sources: m.sources, Views: m.views}
		for _, table := range m.tables {
			*table = *rows(t, *table, m.filled, m.ordered)
		}
		return c
	})
}

// family makes a query of a family, with its columns.
func (m *maker) family(f Family) (string, []Column) {
	switch f {
	case Aggregate:
		return m.aggregate(m.base())
	case Join:
		return m.project(m.join(2 + m.n(2)))
	case Subquery:
		return m.subquery()
	case Window:
		return m.window()
	case Rank:
		return m.rank(m.base())
	case Over:
		return m.over()
	case Interval:
		return m.interval()
	case Nested:
		return m.nested()
	case Session:
		return m.session()
	case Together:
		return m.together()
	case Temporal:
		return m.temporal()
	case Lookup:
		return m.lookup()
	case Match:
		return m.match()
	case Function:
		return m.function()
	}
	return m.set()
}

// relation is an item of FROM.
type relation struct {
	from    string
	alias   string
	columns []Column
	where   string // a condition that must be kept
	grows   bool   // a table whose rows stay
}

// scope are the columns of relations, with their aliases.
func (r *relation) scope() scope {
	var s scope
	for _, c := range r.columns {
		text := c.Name
		if r.alias != "" {
			text = r.alias + "." + c.Name
		}
		s = append(s, scoped{text, c.Kind})
	}
	return s
}

// base is a table. Several uses of one table share its rows.
func (m *maker) base() *relation { return m.baseOf(-1) }

func (m *maker) baseOf(i int) *relation {
	if i < 0 {
		i = m.n(3)
		if m.plain && shapes[i].Changes() {
			i = m.n(2)
		}
	}
	m.sources++
	var t *Table
	for _, x := range m.tables {
		if x.Name == shapes[i].Name {
			t = x
		}
	}
	if t == nil {
		shape := shapes[i]
		t = &shape
		m.tables = append(m.tables, t)
	}
	alias := m.name("t")
	return &relation{from: t.Name + " AS " + alias, alias: alias, columns: t.Columns, grows: !t.Changes()}
}

// derived is a query as an item of FROM.
func (m *maker) derived(text string, columns []Column) *relation {
	alias := m.name("q")
	return &relation{from: "(" + text + ") AS " + alias, alias: alias, columns: columns}
}

func (m *maker) whereOf(r *relation, s scope, percent int) string {
	var conds []string
	if r.where != "" {
		conds = append(conds, r.where)
	}
	if m.chance(percent) {
		conds = append(conds, m.cond(s, 2))
	}
	if len(conds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conds, " AND ")
}

// project is SELECT over a relation.
func (m *maker) project(r *relation) (string, []Column) {
	s := r.scope()
	var items []string
	var out []Column
	for range 1 + m.n(4) {
		e, k := m.any(s, 2)
		name := m.name("c")
		items, out = append(items, e+" AS "+name), append(out, Column{name, k})
	}
	distinct := ""
	if m.chance(15) {
		distinct = "DISTINCT "
	}
	return "SELECT " + distinct + list(items) + " FROM " + r.from + m.whereOf(r, s, 50), out
}

// of makes SELECT of expressions of the given kinds.
func (m *maker) of(r *relation, ks []Kind) string {
	s := r.scope()
	var items []string
	for i, k := range ks {
		items = append(items, fmt.Sprintf("%s AS c%d", m.expr(s, k, 2), i))
	}
	return "SELECT " + list(items) + " FROM " + r.from + m.whereOf(r, s, 50)
}

// set is a set operation, or a projection.
func (m *maker) set() (string, []Column) {
	if m.chance(40) {
		text, columns := m.project(m.base())
		if m.chance(25) {
			q := m.name("w")
			inner := &relation{from: q, alias: q, columns: columns}
			outer, columns := m.project(inner)
			return "WITH " + q + " AS (" + text + ") " + outer, columns
		}
		return text, columns
	}
	var ks []Kind
	var columns []Column
	for i := range 1 + m.n(3) {
		k := m.kind(Int, String, BigInt, Decimal)
		ks, columns = append(ks, k), append(columns, Column{fmt.Sprintf("c%d", i), k})
	}
	text := m.of(m.base(), ks)
	for range 1 + m.n(2) {
		op := m.one("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
		text = "(" + text + ") " + op + " (" + m.of(m.base(), ks) + ")"
	}
	return text, columns
}

// aggs makes aggregates that no order decides.
func (m *maker) aggs(s scope, atLeast int) (items []string, out []Column) {
	for range atLeast + m.n(3) {
		var text string
		k := BigInt
		filter := ""
		if m.chance(25) {
			filter = " FILTER (WHERE " + m.cond(s, 1) + ")"
		}
		distinct := ""
		if m.chance(25) {
			distinct = "DISTINCT "
		}
		switch m.n(6) {
		case 0:
			text = "COUNT(*)"
		case 1:
			e, _ := m.any(s, 1)
			text = "COUNT(" + distinct + e + ")"
		case 2:
			k = m.kind(Int, BigInt)
			text = "SUM(" + distinct + m.expr(s, k, 1) + ")"
		case 3:
			k = m.kind(Int, String, Decimal, BigInt, Double)
			text = m.one("MIN", "MAX") + "(" + m.expr(s, k, 1) + ")"
		case 4:
			k = Int
			text = "AVG(" + distinct + m.expr(s, Int, 1) + ")"
		default:
			k = Double
			text = "SUM(" + m.expr(s, Double, 1) + ")"
		}
		name := m.name("c")
		items, out = append(items, text+filter+" AS "+name), append(out, Column{name, k})
	}
	return items, out
}

// aggregate is a query with GROUP BY.
func (m *maker) aggregate(r *relation) (string, []Column) {
	s := r.scope()
	var groups, items []string
	var out []Column
	// A stream gives no row for an aggregate of nothing, a batch one: without groups there must be rows.
	global := r.grows && m.chance(20)
	m.filled = m.filled || global
	for range 1 + m.n(2) {
		if global {
			break
		}
		c := s[m.n(len(s))]
		e, k := c.text, c.kind
		if k != Time && m.chance(30) {
			e = m.expr(s, k, 1)
		}
		name := m.name("c")
		groups = append(groups, e)
		items, out = append(items, e+" AS "+name), append(out, Column{name, k})
	}
	aggs, more := m.aggs(s, 1)
	items, out = append(items, aggs...), append(out, more...)
	text := "SELECT " + list(items) + " FROM " + r.from
	if len(groups) > 0 {
		text += m.whereOf(r, s, 40)
		by := list(groups)
		switch {
		case m.chance(15):
			by = m.one("ROLLUP", "CUBE") + " (" + by + ")"
		case m.chance(15):
			by = m.groupingSets(groups)
		}
		text += " GROUP BY " + by
		if m.chance(25) {
			text += " HAVING COUNT(*) " + m.one(">", "=", "<") + " " + m.one("1", "2", "3")
		}
	}
	return text, out
}

// groupingSets are some of the sets of the keys, each key in one at least.
func (m *maker) groupingSets(keys []string) string {
	sets := []string{"(" + list(keys) + ")"}
	for range 1 + m.n(2) {
		sets = append(sets, m.one("()", "("+keys[m.n(len(keys))]+")", keys[0]))
	}
	return "GROUPING SETS (" + list(sets) + ")"
}

// joinCond is the condition of a join: mostly some equality.
func (m *maker) joinCond(l, r scope) string {
	both := append(append(scope{}, l...), r...)
	var conds []string
	for _, k := range []Kind{Int, String} {
		ls, rs := l.of(k), r.of(k)
		if len(ls) > 0 && len(rs) > 0 && (len(conds) == 0 || m.chance(20)) {
			conds = append(conds, fmt.Sprintf("%s = %s", ls[m.n(len(ls))], rs[m.n(len(rs))]))
		}
	}
	if len(conds) == 0 || m.chance(30) {
		conds = append(conds, m.cond(both, 1))
	}
	return strings.Join(conds, " AND ")
}

// join is a chain of joins of so many inputs.
func (m *maker) join(inputs int) *relation {
	out := m.input()
	s := out.scope()
	text := out.from
	for range inputs - 1 {
		right := m.input()
		kind := m.one("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "JOIN", "CROSS JOIN")
		text += " " + kind + " " + right.from
		if kind != "CROSS JOIN" {
			text += " ON " + m.joinCond(s, right.scope())
		}
		s = append(s, right.scope()...)
	}
	return &relation{from: text, columns: columnsOf(s)}
}

// columnsOf names columns by the texts of a scope.
func columnsOf(s scope) []Column {
	var out []Column
	for _, c := range s {
		out = append(out, Column{c.text, c.kind})
	}
	return out
}

// input is a table or a small query.
func (m *maker) input() *relation {
	switch m.n(6) {
	case 0:
		return m.derived(m.aggregate(m.base()))
	case 1:
		return m.derived(m.project(m.base()))
	}
	return m.base()
}

// subquery is a query with a subquery in its condition or its list.
func (m *maker) subquery() (string, []Column) {
	r := m.input()
	s := r.scope()
	inner := m.base()
	is := inner.scope()
	k := m.kind(Int, String)
	if len(s.of(k)) == 0 {
		k = Int
	}
	where := ""
	correlated := m.chance(50)
	if correlated {
		ls, rs := s.of(Int), is.of(Int)
		if len(ls) > 0 && len(rs) > 0 {
			where = fmt.Sprintf(" WHERE %s = %s", rs[m.n(len(rs))], ls[m.n(len(ls))])
			if m.chance(30) {
				where += " AND " + m.cond(is, 1)
			}
		}
	} else if m.chance(50) {
		where = " WHERE " + m.cond(is, 1)
	}
	fns := []string{"MAX", "MIN", "SUM"} // COUNT of nothing is 0 in a batch, and nothing in a stream
	if strings.Contains(where, " = ") && correlated {
		fns = append(fns, "COUNT")
	}
	var cond string
	switch m.n(5) {
	case 0:
		cond = fmt.Sprintf("%s IN (SELECT %s FROM %s%s)", m.expr(s, k, 1), m.expr(is, k, 1), inner.from, where)
	case 1:
		cond = fmt.Sprintf("%s NOT IN (SELECT %s FROM %s%s)", m.expr(s, k, 1), m.expr(is, k, 1), inner.from, where)
	case 2:
		cond = fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s%s)", m.one("", "NOT "), inner.from, where)
	case 3:
		cond = fmt.Sprintf("%s %s (SELECT %s(%s) FROM %s%s)", m.expr(s, Int, 1), m.one("=", "<", ">="), m.one(fns...), m.expr(is, Int, 1), inner.from, where)
	default: // in the list
		e, ek := m.any(s, 1)
		a, b := m.name("c"), m.name("c")
		fn := m.one(fns...)
		bk := Int
		if fn == "COUNT" {
			bk = BigInt
		}
		return fmt.Sprintf("SELECT %s AS %s, (SELECT %s(%s) FROM %s%s) AS %s FROM %s", e, a, fn, m.expr(is, Int, 1), inner.from, where, b, r.from),
			[]Column{{a, ek}, {b, bk}}
	}
	r.where = cond
	return m.project(r)
}

// window is a window table function, aggregated or not.
func (m *maker) window() (string, []Column) {
	i := m.n(2)
	t := m.baseOf(i)
	name := shapes[i].Name
	var tvf string
	updates, raw := "", m.chance(15)
	if !raw && m.chance(25) {
		updates = ", UPDATE_EVERY => INTERVAL '1' SECOND"
	}
	switch m.n(3) {
	case 0:
		tvf = fmt.Sprintf("TUMBLE(TABLE %s, DESCRIPTOR(ts), INTERVAL '%s' SECOND%s)", name, m.one("5", "10"), updates)
	case 1:
		tvf = fmt.Sprintf("HOP(TABLE %s, DESCRIPTOR(ts), INTERVAL '%s' SECOND, INTERVAL '10' SECOND%s)", name, m.one("2", "5"), updates)
	default:
		tvf = fmt.Sprintf("CUMULATE(TABLE %s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '%s' SECOND%s)", name, m.one("10", "20"), updates)
	}
	w := &relation{from: "TABLE(" + tvf + ") AS " + t.alias, alias: t.alias, columns: t.columns}
	s := w.scope()
	where := m.whereOf(w, s, 30)
	if raw {
		items := []string{t.alias + ".id AS i", "window_start AS ws", "window_end AS we"}
		return "SELECT " + list(items) + " FROM " + w.from + where, []Column{{"i", Int}, {"ws", Time}, {"we", Time}}
	}
	items := []string{"window_start AS ws", "window_end AS we"}
	out := []Column{{"ws", Time}, {"we", Time}}
	groups := []string{"window_start", "window_end"}
	if m.chance(60) {
		c := s[1+m.n(2)] // k or the text
		key := m.name("c")
		items, out, groups = append(items, c.text+" AS "+key), append(out, Column{key, c.kind}), append(groups, c.text)
	}
	aggs, more := m.aggs(s, 1)
	items, out = append(items, aggs...), append(out, more...)
	text := "SELECT " + list(items) + " FROM " + w.from + where + " GROUP BY " + list(groups)
	if m.chance(25) { // Top-N of a window
		q := m.derived(text, out)
		order := append([]string{q.alias + "." + out[len(out)-1].Name + m.one("", " DESC")}, names(q)...)
		rn := m.name("r")
		columns := list(names(q))
		text = fmt.Sprintf("SELECT %s FROM (SELECT %s, ROW_NUMBER() OVER (PARTITION BY %s.ws, %s.we ORDER BY %s) AS %s FROM %s) WHERE %s <= %d",
			bare(out), columns, q.alias, q.alias, list(order), rn, q.from, rn, 1+m.n(2))
	}
	return text, out
}

// names are the columns of a relation with its alias.
func names(r *relation) []string {
	var out []string
	for _, c := range r.columns {
		out = append(out, r.alias+"."+c.Name)
	}
	return out
}

func bare(columns []Column) string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return list(out)
}

// rank is Top-N: ties are broken by all columns.
func (m *maker) rank(r *relation) (string, []Column) {
	s := r.scope()
	partition := ""
	if m.chance(70) {
		partition = "PARTITION BY " + s[m.n(len(s))].text + " "
	}
	var order []string
	for range 1 + m.n(2) {
		order = append(order, s[m.n(len(s))].text+m.one("", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST"))
	}
	order = append(order, names(r)...)
	rn := m.name("r")
	out := r.columns
	shown := bare(out)
	if m.chance(40) {
		shown += ", " + rn
		out = append(append([]Column{}, out...), Column{rn, BigInt})
	}
	where := m.whereOf(r, s, 30)
	cond := fmt.Sprintf("%s <= %d", rn, 1+m.n(3))
	return fmt.Sprintf("SELECT %s FROM (SELECT %s, ROW_NUMBER() OVER (%sORDER BY %s) AS %s FROM %s%s) WHERE %s",
		shown, list(names(r)), partition, list(order), rn, r.from, where, cond), out
}

// over is an aggregate over rows before, by event time.
func (m *maker) over() (string, []Column) {
	r := m.baseOf(m.n(2))
	s := r.scope()
	partition := ""
	if m.chance(70) {
		partition = "PARTITION BY " + s[1+m.n(2)].text + " "
	}
	frame := m.one("", "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "RANGE BETWEEN INTERVAL '3' SECOND PRECEDING AND CURRENT ROW")
	if m.plain {
		frame = "" // Flink's code for a range of time does not compile in a batch
	}
	spec := partition + "ORDER BY " + r.alias + ".ts " + frame
	items := []string{r.alias + ".id AS i"}
	out := []Column{{"i", Int}}
	for range 1 + m.n(2) {
		name := m.name("c")
		k := BigInt
		var call string
		switch m.n(4) {
		case 0:
			call = "COUNT(*)"
		case 1:
			k = Int
			call = "SUM(" + m.expr(s, Int, 1) + ")"
		case 2:
			k = Int
			call = m.one("MIN", "MAX") + "(" + m.expr(s, Int, 1) + ")"
		default:
			k = Int
			call = "AVG(" + m.expr(s, Int, 1) + ")"
		}
		items, out = append(items, call+" OVER w AS "+name), append(out, Column{name, k})
	}
	return "SELECT " + list(items) + " FROM " + r.from + m.whereOf(r, s, 30) + " WINDOW w AS (" + spec + ")", out
}

// interval joins rows whose times are near.
func (m *maker) interval() (string, []Column) {
	l, r := m.baseOf(m.n(2)), m.baseOf(m.n(2))
	kind := m.one("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	cond := fmt.Sprintf("%s.k = %s.k AND %s.ts BETWEEN %s.ts - INTERVAL '%s' SECOND AND %s.ts + INTERVAL '%s' SECOND",
		l.alias, r.alias, l.alias, r.alias, m.one("0", "2", "5"), r.alias, m.one("0", "2", "5"))
	if m.chance(25) {
		cond += " AND " + m.cond(append(l.scope(), r.scope()...), 1)
	}
	return fmt.Sprintf("SELECT %s.id AS i, %s.id AS j, %s.k AS k FROM %s %s %s ON %s", l.alias, r.alias, r.alias, l.from, kind, r.from, cond), []Column{{"i", Int}, {"j", Int}, {"k", Int}}
}

// nested puts a query over another.
func (m *maker) nested() (string, []Column) {
	inner := []Family{Plain, Aggregate, Join, Subquery, Rank, Window}[m.n(6)]
	text, columns := m.family(inner)
	r := m.derived(text, columns)
	switch m.n(5) {
	case 0:
		return m.project(r)
	case 1:
		return m.rank(r)
	case 2:
		other := m.base()
		joined := &relation{from: r.from + " " + m.one("JOIN", "LEFT JOIN", "FULL JOIN") + " " + other.from + " ON " + m.joinCond(r.scope(), other.scope())}
		joined.columns = columnsOf(append(r.scope(), other.scope()...))
		return m.project(joined)
	}
	return m.aggregate(r)
}
