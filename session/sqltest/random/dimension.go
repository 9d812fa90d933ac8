package random

import "fmt"

// temporal joins the version of another table at a row's time: of a table with a key, or of a view that keeps the last row.
func (m *maker) temporal() (string, []Column) {
	l := m.baseOf(m.n(2))
	right, columns := "h", shapes[3].Columns
	if m.chance(40) {
		m.ordered = true // of a row that comes late a view keeps no version
		i := m.n(2)
		m.baseOf(i)
		m.sources--
		t := shapes[i]
		right = m.name("v")
		columns = []Column{t.Columns[0], t.Columns[1], t.Columns[2], {"ts", Time}}
		key := m.one("k", "k", t.Columns[2].Name)
		order := m.one("ts DESC", "ts DESC")
		where := " WHERE " + key + " IS NOT NULL" // in Flink NULL finds NULL
		if m.chance(25) {
			where += " AND id <> 2"
		}
		m.views = append(m.views, fmt.Sprintf("CREATE TEMPORARY VIEW %s AS SELECT id, k, %s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY %s ORDER BY %s) AS rn FROM %s%s) WHERE rn = 1",
			right, t.Columns[2].Name, key, order, t.Name, where))
		m.sources++
		return m.versionOf(l, right, key, columns)
	}
	m.baseOf(3)
	return m.versionOf(l, right, "k", columns)
}

// versionOf joins l with a version of a relation by its key.
func (m *maker) versionOf(l *relation, right, key string, columns []Column) (string, []Column) {
	alias := m.name("d")
	d := &relation{alias: alias, columns: columns}
	var s scope
	own := l.alias + ".k"
	for _, c := range columns {
		if c.Name == key && c.Kind == String {
			own = l.scope().of(String)[0]
		}
	}
	s = append(l.scope(), d.scope()...)
	on := own + " = " + alias + "." + key
	if m.chance(20) {
		on += " AND " + m.cond(s, 1)
	}
	r := &relation{from: fmt.Sprintf("%s %s %s FOR SYSTEM_TIME AS OF %s.ts AS %s ON %s", l.from, m.one("JOIN", "LEFT JOIN"), right, l.alias, alias, on), columns: columnsOf(s)}
	if m.chance(25) {
		return m.aggregate(r)
	}
	return m.project(r)
}

// lookup joins what another table holds.
func (m *maker) lookup() (string, []Column) {
	i := m.n(2)
	m.baseOf(i)
	m.sources--
	with := m.name("p")
	m.views = append(m.views, "CREATE TEMPORARY VIEW "+with+" AS SELECT *, PROCTIME() AS pt FROM "+shapes[i].Name)
	m.sources++
	l := &relation{from: with + " AS l", alias: "l", columns: shapes[i].Columns}
	table := []int{0, 1, 2}[m.n(3)]
	d := m.baseOf(table)
	s := append(l.scope(), d.scope()...)
	on := "l.k = " + d.alias + ".k"
	switch m.n(4) {
	case 0:
		on += " AND " + l.scope().of(String)[0] + " = " + d.scope().of(String)[0]
	case 1:
		on += " AND " + d.alias + ".id = " + m.literal(Int)
	case 2:
		on += " AND " + m.cond(s, 1)
	}
	hint := m.one("", "", "", "/*+ LOOKUP('table' = '"+d.alias+"', 'async' = 'true') */ ")
	r := &relation{from: fmt.Sprintf("l %s %s FOR SYSTEM_TIME AS OF l.pt AS %s ON %s", m.one("JOIN", "LEFT JOIN"), shapes[table].Name, d.alias, on), columns: columnsOf(s)}
	r.from = with + " AS " + r.from
	if m.chance(25) {
		return m.aggregate(r)
	}
	text, columns := m.project(r)
	return "SELECT " + hint + text[len("SELECT "):], columns
}
