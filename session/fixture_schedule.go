package session

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/physical"
)

// Moment is one thing that happens to a job in a rehearsal.
type Moment struct {
	Kind  fixtures.StepKind
	Table string
	Split int // < 0 = every split
	// Rows From, … To-1 of the table, counted from 0 in the order of its file, come.
	From, To int
	At       int64         // the watermark, in milliseconds
	For      time.Duration // by which processing time goes on
	Line     int           // of the step in fixture.yaml; 0 = it follows from the event times

	source int // whose split ends
}

// momentEnd is the end of one split of a source: everything it has was given.
const momentEnd fixtures.StepKind = "end"

// String prints a moment.
func (m Moment) String() string {
	of := m.Table
	if m.Split > 0 {
		of += fmt.Sprintf("/%d", m.Split)
	}
	switch m.Kind {
	case fixtures.StepRows:
		if m.To == m.From+1 {
			return fmt.Sprintf("row %s#%d", of, m.To)
		}
		return fmt.Sprintf("rows %s#%d to #%d", of, m.From+1, m.To)
	case fixtures.StepWatermark:
		return fmt.Sprintf("watermark %s %s", of, stampOf(m.At))
	case fixtures.StepAdvance:
		return "advance " + m.For.String()
	case fixtures.StepIdle:
		return "idle " + of
	case momentEnd:
		return "end of " + of
	}
	return string(m.Kind)
}

// schedule lists all moments of a rehearsal as a stream: first what the timeline says,
// then the rows that it does not name by event time, then the end of each source. fine
// gives every row a moment of its own.
func (p *player) schedule(fine bool) []Moment {
	next := map[string][]int{} // rows that have not come
	for name, t := range p.conns.tables {
		if d := p.dimensions[name]; d != nil && d.version > 0 && len(p.scans(name)) == 0 {
			continue // it has all its rows
		}
		next[name] = upTo(t.rows.Len)
	}
	var out []Moment
	for _, s := range p.over.set.Timeline {
		if t := p.conns.tables[s.Table]; t == nil && s.Table != "" {
			continue // the script does not read it
		}
		if s.Kind == fixtures.StepRows {
			out = append(out, p.take(next, s)...)
			continue
		}
		out = append(out, Moment{Kind: s.Kind, Table: s.Table, Split: s.Split, At: s.At.UnixMilli(), For: s.For, Line: s.Line})
	}
	out = append(out, p.rest(next, !fine && p.straight())...)
	for i, name := range p.scans("") {
		for split := range p.splits(name) {
			out = append(out, Moment{Kind: momentEnd, Table: name, Split: split, source: i})
		}
	}
	return p.inTurn(out)
}

// inTurn moves what happens to a side of a hybrid table behind the end of the sides before
// it, which nobody reads earlier. Other moments keep their place among those of the first sides.
func (p *player) inTurn(moments []Moment) []Moment {
	places, last := map[string]int{}, 0
	for _, n := range p.conns.graph.Nodes {
		if spec, ok := n.Spec.(*physical.Source); ok && spec.Turn != nil {
			places[spec.Table.Path.Name] = max(places[spec.Table.Path.Name], spec.Turn.Place)
			last = max(last, spec.Turn.Place)
		}
	}
	if last == 0 {
		return moments
	}
	var out, ends []Moment
	for place := 0; place <= last; place++ {
		at := 0 // of the moment before, to which those without a table belong
		for _, m := range moments {
			own, sided := places[m.Table]
			if m.Table != "" {
				at = own
			}
			switch {
			case m.Kind == momentEnd && !sided:
				if place == 0 {
					ends = append(ends, m)
				}
			case at == place:
				out = append(out, m)
			}
		}
	}
	return append(out, ends...)
}

// scans lists the tables of the graph's sources in order; with a name, only those of it.
func (p *player) scans(name string) []string {
	var out []string
	for _, n := range p.conns.graph.Nodes {
		if spec, ok := n.Spec.(*physical.Source); ok && (name == "" || spec.Table.Path.Name == name) {
			out = append(out, spec.Table.Path.Name)
		}
	}
	return out
}

// splits is the number of parts in which a table is read.
func (p *player) splits(table string) int {
	if t := p.conns.tables[table]; t.def != nil && p.over.mode == Stream {
		return max(1, t.def.Splits)
	}
	return 1
}

// take gives the next rows of a table (and split), one at a time.
func (p *player) take(next map[string][]int, s fixtures.Step) []Moment {
	t := p.conns.tables[s.Table]
	var out []Moment
	var now []int
	now, next[s.Table] = t.chosen(next[s.Table], s)
	for _, i := range now {
		out = append(out, Moment{Kind: s.Kind, Table: s.Table, Split: t.splitOf(i), From: i, To: i + 1, Line: s.Line})
	}
	return out
}

// chosen parts rows into those that a step lets come and those that wait.
func (ft *fixtureTable) chosen(rows []int, s fixtures.Step) (now, left []int) {
	for _, i := range rows {
		if s.Split >= 0 && ft.splitOf(i) != s.Split || s.Count >= 0 && len(now) == s.Count {
			left = append(left, i)
			continue
		}
		now = append(now, i)
	}
	return now, left
}

func (ft *fixtureTable) splitOf(row int) int {
	if row >= len(ft.split) {
		return 0
	}
	return ft.split[row]
}

// arrival is a row with the time at which it comes.
type arrival struct {
	table string
	row   int
	at    int64
}

// rest lets the rows that no step named come: every table in its own order, tables
// among each other by event time. A row comes when the latest event time before it
// in its table was reached, so that a late row stays late; rows of tables without event
// time come first. Rows that follow each other may come together.
func (p *player) rest(next map[string][]int, together bool) []Moment {
	var all []arrival
	for _, name := range p.order(next) {
		t := p.conns.tables[name]
		var times []int64
		if t.mark >= 0 {
			times = eventTimes(t.rows.Cols[t.mark])
		}
		at := int64(exec.MinWatermark)
		for _, i := range next[name] {
			if times != nil {
				at = max(at, times[i])
			}
			all = append(all, arrival{name, i, at})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].at < all[j].at })
	var out []Moment
	for _, a := range all {
		split := p.conns.tables[a.table].splitOf(a.row)
		if n := len(out); together && n > 0 {
			if m := &out[n-1]; m.Table == a.table && m.Split == split && m.To == a.row && m.To-m.From < vec.BatchSize {
				m.To++
				continue
			}
		}
		out = append(out, Moment{Kind: fixtures.StepRows, Table: a.table, Split: split, From: a.row, To: a.row + 1})
	}
	return out
}

// order lists the tables as the fixture does, then those of earlier rehearsals.
func (p *player) order(next map[string][]int) []string {
	place := map[string]int{}
	for i, t := range p.over.set.Tables {
		place[t.Name] = i + 1
	}
	var names []string
	for name := range next {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if place[a] != place[b] {
			return place[a] - place[b]
		}
		if a < b {
			return -1
		}
		return 1
	})
	return names
}

// eventTimes gives the times of a column in milliseconds; NULL is the beginning of time.
func eventTimes(v *vec.Vec) []int64 {
	perMilli := int64(vec.Milli / vec.UnitOf(v.Type.Precision))
	out := make([]int64, v.Len)
	for i, t := range v.Int64s() {
		if v.IsNull(i) {
			out[i] = exec.MinWatermark
			continue
		}
		out[i] = t / perMilli
	}
	return out
}

// straight tells that rows cannot overtake each other: one source, no operator with
// several inputs, one subtask each, nothing held back for a while. Many rows may then come at once.
func (p *player) straight() bool {
	if len(p.scans("")) != 1 || len(p.dimensions) > 0 || p.conns.config["table.exec.mini-batch.enabled"] == "true" {
		return false
	}
	for _, n := range p.conns.graph.Nodes {
		if n.Parallelism > 1 || len(p.conns.graph.Inputs(n.ID)) > 1 {
			return false
		}
	}
	return true
}
