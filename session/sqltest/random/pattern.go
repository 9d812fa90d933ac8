package random

import (
	"fmt"
	"strings"
)

// match is MATCH_RECOGNIZE over a table that grows, in the order of time and id.
func (m *maker) match() (string, []Column) {
	table := m.n(2)
	t := m.baseOf(table)
	number := []string{"v", "id"}[table]
	partition := m.one("", "PARTITION BY k ", "PARTITION BY k ", "PARTITION BY "+shapes[table].Columns[2].Name+" ")
	last := m.one("C", "C", "B")
	middle := m.one("B", "B+", "B*", "B+?", "B*?", "B?", "B{2}", "B{1,2}", "B{0,2}?")
	pattern := "A " + middle + " C"
	if last == "B" {
		pattern, middle = "A B", "B"
	}
	var defines []string
	cond := func(v string) string {
		own := v + "." + number
		return m.one(own+" > 0", own+" IS NOT NULL", own+" >= A."+number, v+".k = 1", own+" <> 1", "LAST("+own+", 1) IS NULL OR LAST("+own+", 1) <= "+own, "SUM("+own+") < 4", "COUNT("+own+") < 3", v+".id > A.id")
	}
	for _, v := range []string{"A", "B", "C"} {
		if strings.Contains(pattern, v) && (len(defines) == 0 || m.chance(60)) {
			c := cond(v)
			if v == "A" {
				c = m.one("A."+number+" > 0", "A."+number+" IS NOT NULL", "TRUE", "A.k < 3")
			}
			defines = append(defines, v+" AS "+c)
		}
	}
	measures := []string{"A.id AS m0"}
	out := []Column{{"m0", Int}}
	for i := range 1 + m.n(3) {
		name := fmt.Sprintf("m%d", i+1)
		k, e := Int, ""
		switch m.n(5) {
		case 0:
			e = "LAST(" + last + ".id)"
		case 1:
			k, e = BigInt, "COUNT("+m.one("A", "B", "C")[:1]+".id)"
			if last == "B" {
				e = "COUNT(B.id)"
			}
		case 2:
			e = "SUM(" + number + ")"
		case 3:
			e = m.one("FIRST(A."+number+")", "MAX("+number+")", "MIN("+number+")", "FIRST(id)", "LAST(id)")
		default:
			k, e = String, "LAST(A."+shapes[table].Columns[2].Name+")"
		}
		measures, out = append(measures, e+" AS "+name), append(out, Column{name, k})
	}
	after := m.one("AFTER MATCH SKIP PAST LAST ROW", "AFTER MATCH SKIP PAST LAST ROW", "AFTER MATCH SKIP TO NEXT ROW", "AFTER MATCH SKIP TO FIRST "+last, "AFTER MATCH SKIP TO LAST "+last)
	within := m.one("", "", " WITHIN INTERVAL '8' SECOND")
	if strings.Contains(middle, "*") || strings.Contains(middle, "+") {
		within = m.one(" WITHIN INTERVAL '8' SECOND", "")
	}
	text := fmt.Sprintf("SELECT %s FROM %s MATCH_RECOGNIZE (%sORDER BY ts, id MEASURES %s ONE ROW PER MATCH %s PATTERN (%s)%s DEFINE %s) AS %s",
		list(columnNames(out)), shapes[table].Name, partition, list(measures), after, pattern, within, list(defines), t.alias)
	if m.chance(20) {
		q := m.derived(text, out)
		return m.aggregate(q)
	}
	return text, out
}

func columnNames(columns []Column) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}
