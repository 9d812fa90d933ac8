package random

import (
	"fmt"
	"strings"
)

// seconds is a length of time.
func (m *maker) seconds(of ...string) string { return "INTERVAL '" + m.one(of...) + "' SECOND" }

// windowed is a window table function over a table, with the table's columns.
func (m *maker) windowed(table int, call func(table string) string) *relation {
	t := m.baseOf(table)
	return &relation{from: "TABLE(" + call(shapes[table].Name) + ") AS " + t.alias, alias: t.alias, columns: t.columns}
}

// session is an aggregate over session windows, over windows of GROUP BY, or over windows of windows.
func (m *maker) session() (string, []Column) {
	table := m.n(2)
	key := m.one("k", shapes[table].Columns[2].Name)
	switch m.n(4) {
	case 0: // of old
		r := m.baseOf(table)
		s := r.scope()
		ts := r.alias + ".ts"
		kind, args := "SESSION", m.seconds("2", "4")
		switch m.n(3) {
		case 0:
			kind, args = "TUMBLE", m.seconds("5", "10")
		case 1:
			kind, args = "HOP", m.seconds("2", "5")+", "+m.seconds("10", "20")
		}
		w := kind + "(" + ts + ", " + args + ")"
		items := []string{kind + "_START(" + ts + ", " + args + ") AS ws", kind + "_END(" + ts + ", " + args + ") AS we"}
		out := []Column{{"ws", Time}, {"we", Time}}
		groups := []string{w}
		if m.chance(60) {
			name := m.name("c")
			items, out, groups = append(items, r.alias+"."+key+" AS "+name), append(out, Column{name, s[keyAt(table, key)].kind}), append(groups, r.alias+"."+key)
		}
		aggs, more := m.aggs(s, 1)
		return "SELECT " + list(append(items, aggs...)) + " FROM " + r.from + m.whereOf(r, s, 30) + " GROUP BY " + list(groups), append(out, more...)
	case 1: // windows over windows
		inner, columns := m.windowAggregate(m.windowed(table, func(t string) string {
			return "TUMBLE(TABLE " + t + ", DESCRIPTOR(ts), INTERVAL '5' SECOND)"
		}), "", true)
		view := m.name("w")
		m.views = append(m.views, "CREATE TEMPORARY VIEW "+view+" AS "+inner)
		w := m.one("TUMBLE", "HOP")
		args := "INTERVAL '10' SECOND"
		if w == "HOP" {
			args = "INTERVAL '5' SECOND, INTERVAL '10' SECOND"
		}
		alias := m.name("t")
		r := &relation{from: fmt.Sprintf("TABLE(%s(TABLE %s, DESCRIPTOR(wt), %s)) AS %s", w, view, args, alias), alias: alias, columns: columns}
		return m.windowAggregate(r, "", false)
	}
	partition := ""
	if m.chance(70) {
		partition = " PARTITION BY " + key
	} else {
		key = ""
	}
	gap := m.seconds("2", "3", "5")
	updates, raw := "", m.chance(15)
	if !raw && m.chance(25) {
		updates = ", UPDATE_EVERY => INTERVAL '2' SECOND"
	}
	r := m.windowed(table, func(t string) string {
		return "SESSION(TABLE " + t + partition + ", DESCRIPTOR(ts), " + gap + updates + ")"
	})
	if raw {
		return "SELECT " + r.alias + ".id AS i, window_start AS ws, window_end AS we FROM " + r.from, []Column{{"i", Int}, {"ws", Time}, {"we", Time}}
	}
	return m.windowAggregate(r, key, false)
}

func keyAt(table int, name string) int {
	for i, c := range shapes[table].Columns {
		if c.Name == name {
			return i
		}
	}
	panic(name)
}

// windowAggregate aggregates windows by a column (empty: by one or none); asTime selects window_time as wt first.
func (m *maker) windowAggregate(r *relation, key string, asTime bool) (string, []Column) {
	s := r.scope()
	items := []string{"window_start AS ws", "window_end AS we"}
	out := []Column{{"ws", Time}, {"we", Time}}
	groups := []string{"window_start", "window_end"}
	if asTime {
		items, out, groups = append(items, "window_time AS wt"), append(out, Column{"wt", Time}), append(groups, "window_time")
	}
	for _, c := range s {
		if c.text == r.alias+"."+key || key == "" && c.kind != Time && len(groups) < 4 && m.chance(30) {
			name := m.name("c")
			items, out, groups = append(items, c.text+" AS "+name), append(out, Column{name, c.kind}), append(groups, c.text)
			if key != "" {
				break
			}
		}
	}
	aggs, more := m.aggs(s, 1)
	return "SELECT " + list(append(items, aggs...)) + " FROM " + r.from + m.whereOf(r, s, 30) + " GROUP BY " + list(groups), append(out, more...)
}

// together joins windows, tests for rows in the same window, or keeps the first or last row of each.
func (m *maker) together() (string, []Column) {
	kind := m.one("TUMBLE(TABLE %s, DESCRIPTOR(ts), INTERVAL '10' SECOND)", "HOP(TABLE %s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)",
		"CUMULATE(TABLE %s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)")
	call := func(table string) string { return fmt.Sprintf(kind, table) }
	side := func(name string) (string, []Column) {
		r := m.windowed(m.n(2), call)
		where := m.whereOf(r, r.scope(), 20)
		return "(SELECT * FROM " + r.from + where + ") AS " + name, r.columns
	}
	if m.chance(25) { // first or last row
		r := m.windowed(m.n(2), call)
		rn := m.name("r")
		return fmt.Sprintf("SELECT id, k, ws, we FROM (SELECT %s.id, %s.k, window_start AS ws, window_end AS we, ROW_NUMBER() OVER (PARTITION BY window_start, window_end%s ORDER BY %s.ts %s, %s.id) AS %s FROM %s) WHERE %s <= %d",
				r.alias, r.alias, m.one("", ", "+r.alias+".k"), r.alias, m.one("ASC", "DESC"), r.alias, rn, r.from, rn, 1+m.n(2)),
			[]Column{{"id", Int}, {"k", Int}, {"ws", Time}, {"we", Time}}
	}
	l, lc := side("l")
	r, rc := side("r")
	on := "l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k"
	if m.chance(25) {
		var s scope
		for _, c := range lc {
			s = append(s, scoped{"l." + c.Name, c.Kind})
		}
		for _, c := range rc {
			s = append(s, scoped{"r." + c.Name, c.Kind})
		}
		on += " AND " + m.cond(s, 1)
	}
	out := []Column{{"i", Int}, {"ws", Time}}
	switch m.n(5) {
	case 0:
		return "SELECT l.id AS i, l.window_start AS ws FROM " + l + " WHERE " + m.one("", "NOT ") + "EXISTS (SELECT * FROM " + r + " WHERE " + on + ")", out
	case 1:
		where := strings.TrimSuffix(on, " AND l.k = r.k")
		if where == on {
			where = "l.window_start = r.window_start AND l.window_end = r.window_end"
		}
		return "SELECT l.id AS i, l.window_start AS ws FROM " + l + " WHERE l.k " + m.one("", "NOT ") + "IN (SELECT r.k FROM " + r + " WHERE " + where + ")", out
	}
	join := m.one("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	return fmt.Sprintf("SELECT l.id AS i, l.window_start AS ws, r.id AS j, r.window_end AS we FROM %s %s %s ON %s", l, join, r, on), append(out, Column{"j", Int}, Column{"we", Time})
}
