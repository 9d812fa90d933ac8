package random

// functions in SQL, of which random queries make expressions.
var functions = []string{
	"CREATE TEMPORARY FUNCTION f_twice(a INT) RETURNS INT RETURN a * 2",
	"CREATE TEMPORARY FUNCTION f_sum(a INT, b INT) RETURNS INT RETURN CASE WHEN a > b THEN a ELSE f_twice(b) + COALESCE(a, 1) END",
	"CREATE TEMPORARY FUNCTION f_len(a STRING) RETURNS INT RETURN CHAR_LENGTH(a || a) + 1",
	"CREATE TEMPORARY FUNCTION f_mark(a STRING, b INT) RETURNS STRING RETURN IF(b > 1, UPPER(a), CONCAT(a, '!'))",
	"CREATE TEMPORARY FUNCTION f_even(a INT) RETURNS BOOLEAN RETURN MOD(a, 2) = 0",
	"CREATE TEMPORARY AGGREGATE FUNCTION f_span(a INT) RETURNS INT RETURN MAX(a) - MIN(a)",
	"CREATE TEMPORARY AGGREGATE FUNCTION f_mean(a INT, b INT) RETURNS BIGINT RETURN COUNT(a) + COUNT(DISTINCT b)",
	"CREATE TEMPORARY FUNCTION f_rows(a INT) RETURNS TABLE (n INT, w STRING) RETURN (SELECT a + x, y FROM (VALUES (0, 'x'), (1, 'y')) AS q(x, y))",
}

// function is a query with functions in SQL.
func (m *maker) function() (string, []Column) {
	m.own = true
	m.views = append(m.views, functions...)
	switch m.n(5) {
	case 0:
		return m.project(m.base())
	case 1: // an aggregate
		r := m.base()
		s := r.scope()
		c := s[m.n(len(s))]
		e := m.expr(s, Int, 1)
		call := m.one("f_span("+e+")", "f_mean("+e+", "+m.expr(s, Int, 1)+")")
		k := Int
		if call[:6] == "f_mean" {
			k = BigInt
		}
		aggs, more := m.aggs(s, 1)
		return "SELECT " + c.text + " AS g0, " + call + " AS g1, " + list(aggs) + " FROM " + r.from + m.whereOf(r, s, 30) + " GROUP BY " + c.text,
			append([]Column{{"g0", c.kind}, {"g1", k}}, more...)
	case 2: // a table
		r := m.base()
		s := r.scope()
		alias := m.name("q")
		kind := m.one("CROSS JOIN", ",", "LEFT JOIN")
		joined := &relation{from: r.from + " " + kind + " LATERAL TABLE(f_rows(" + s.of(Int)[0] + ")) AS " + alias + " (n, w)"}
		if kind == "LEFT JOIN" {
			joined.from += " ON TRUE"
		}
		joined.columns = columnsOf(append(s, scoped{alias + ".n", Int}, scoped{alias + ".w", String}))
		return m.project(joined)
	case 3:
		return m.project(m.join(2))
	}
	return m.aggregate(m.base())
}
