package session

import (
	"context"
	"sort"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
)

// player carries out a timeline: it hands one thing to the job, waits until that
// has gone through every operator, and only then hands the next. So two runs see the
// same order on every edge, however tasks are scheduled.
type player struct {
	over       *over
	conns      *fixtureConnectors
	sources    []*fixtureSource // in the order of the graph's nodes
	dimensions map[string]*dimension
	job        *runtime.Job
	next       map[string][]int // rows of each table and split that have not come: table → indexes
}

func newPlayer(o *over, c *fixtureConnectors) *player {
	return &player{over: o, conns: c, dimensions: map[string]*dimension{}, next: map[string][]int{}}
}

// addDimension keeps the state of a table that is looked up. It is done before the run
// begins: operators only read the map.
func (p *player) addDimension(t *fixtureTable) {
	if p.dimensions[t.name] != nil {
		return
	}
	p.dimensions[t.name] = &dimension{table: t}
	p.start(t)
}

// start gives a dimension that the timeline does not name all its rows at once, and so in a batch.
func (p *player) start(t *fixtureTable) {
	for _, s := range p.over.set.Timeline {
		if s.Table == t.name && p.over.mode == Stream {
			return
		}
	}
	p.dimensions[t.name].apply(t.rows)
}

// play goes through the timeline, then gives the rows that are left by event time, then
// ends the sources one after the other.
func (p *player) play(ctx context.Context, job *runtime.Job) {
	p.job = job
	for name, t := range p.conns.tables {
		if d := p.dimensions[name]; d != nil && d.version > 0 && p.reads(name) == nil {
			continue // it has all its rows
		}
		for i := range t.rows.Len {
			p.next[name] = append(p.next[name], i)
		}
	}
	for _, s := range p.over.set.Timeline {
		if p.over.mode == Batch || !p.step(ctx, s) {
			break
		}
	}
	if p.over.mode == Batch || !p.rest(ctx) {
		return
	}
	for _, s := range p.sources {
		for i := range s.readers {
			if !p.give(ctx, s, i, delivery{mark: exec.MinWatermark, end: true}) {
				return
			}
		}
		p.ended(s)
		if p.job.Drain(ctx) != nil {
			return
		}
	}
}

// reads lists the scans of a table.
func (p *player) reads(table string) []*fixtureSource {
	var out []*fixtureSource
	for _, s := range p.sources {
		if s.table.name == table {
			out = append(out, s)
		}
	}
	return out
}

// step carries out one step; false once the job has ended.
func (p *player) step(ctx context.Context, s fixtures.Step) bool {
	switch s.Kind {
	case fixtures.StepRows:
		for n := 0; s.Count < 0 || n < s.Count; n++ {
			i, ok := p.take(s.Table, s.Split)
			if !ok {
				break
			}
			if !p.row(ctx, s.Table, i, i+1) {
				return false
			}
		}
		return true
	case fixtures.StepAdvance:
		p.over.clock.millis.Add(s.For.Milliseconds())
		// The first wakes every task, which fires the timers that are due before it passes
		// the second on.
		if p.job.Drain(ctx) != nil {
			return false
		}
		return p.job.Drain(ctx) == nil
	}
	d := delivery{mark: exec.MinWatermark, idle: s.Kind == fixtures.StepIdle}
	if s.Kind == fixtures.StepWatermark {
		d.mark = s.At.UnixMilli()
	}
	for _, src := range p.reads(s.Table) {
		for i := range src.readers {
			if s.Split < 0 || s.Split == i {
				if !p.give(ctx, src, i, d) {
					return false
				}
			}
		}
		if p.job.Drain(ctx) != nil {
			return false
		}
	}
	return true
}

// take gives the next row of a table (and split) and counts it out.
func (p *player) take(table string, split int) (int, bool) {
	t := p.conns.tables[table]
	for k, i := range p.next[table] {
		if split < 0 || t.splitOf(i) == split {
			p.next[table] = append(p.next[table][:k:k], p.next[table][k+1:]...)
			return i, true
		}
	}
	return 0, false
}

func (ft *fixtureTable) splitOf(row int) int {
	if row >= len(ft.split) {
		return 0
	}
	return ft.split[row]
}

// row lets rows from, … to-1 of one split come to all who read the table.
func (p *player) row(ctx context.Context, table string, from, to int) bool {
	t := p.conns.tables[table]
	if d := p.dimensions[table]; d != nil {
		d.apply(t.rows.Slice(from, to-from))
	}
	for _, s := range p.reads(table) {
		if !p.give(ctx, s, t.splitOf(from), delivery{batch: s.pick(from, to), mark: exec.MinWatermark}) || p.job.Drain(ctx) != nil {
			return false
		}
	}
	return true
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
// time come first.
func (p *player) rest(ctx context.Context) bool {
	var all []arrival
	for _, name := range p.order() {
		t := p.conns.tables[name]
		var times []int64
		if t.mark >= 0 {
			times = eventTimes(t.rows.Cols[t.mark])
		}
		at := int64(exec.MinWatermark)
		for _, i := range p.next[name] {
			if times != nil {
				at = max(at, times[i])
			}
			all = append(all, arrival{name, i, at})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].at < all[j].at })
	straight := p.straight()
	for i := 0; i < len(all); {
		a, n := all[i], 1
		for straight && i+n < len(all) && n < vec.BatchSize && all[i+n].table == a.table && all[i+n].row == a.row+n &&
			p.conns.tables[a.table].splitOf(a.row) == p.conns.tables[a.table].splitOf(a.row+n) {
			n++
		}
		if !p.row(ctx, a.table, a.row, a.row+n) {
			return false
		}
		i += n
	}
	return true
}

// order lists the tables as the fixture does, then those of earlier rehearsals.
func (p *player) order() []string {
	place := map[string]int{}
	for i, t := range p.over.set.Tables {
		place[t.Name] = i + 1
	}
	var names []string
	for name := range p.next {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := place[names[i]], place[names[j]]
		return a < b || a == b && names[i] < names[j]
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
	if len(p.sources) != 1 || len(p.dimensions) > 0 || p.conns.config["table.exec.mini-batch.enabled"] == "true" {
		return false
	}
	for _, n := range p.conns.graph.Nodes {
		if n.Parallelism > 1 || len(p.conns.graph.Inputs(n.ID)) > 1 {
			return false
		}
	}
	return true
}

// give hands something to a reader and waits until it has been passed on; false once
// the job has ended.
func (p *player) give(ctx context.Context, s *fixtureSource, split int, d delivery) bool {
	r := s.readers[split]
	for _, wait := range []func() bool{
		func() bool { return p.until(ctx, r.again, r.gone) },
		func() bool {
			select {
			case r.in <- d:
			case <-r.gone:
			case <-p.job.Done():
				return false
			case <-ctx.Done():
				return false
			}
			return true
		},
		func() bool { return p.until(ctx, r.again, r.gone) },
	} {
		if !wait() {
			return false
		}
	}
	if !d.end {
		select {
		case r.again <- struct{}{}: // the token that the next give waits for
		default:
		}
	}
	return true
}

// until waits for a token, or for the reader to be gone.
func (p *player) until(ctx context.Context, again, gone chan struct{}) bool {
	select {
	case <-again:
	case <-gone:
	case <-p.job.Done():
		return false
	case <-ctx.Done():
		return false
	}
	return true
}

// ended waits until the tasks of a source have ended.
func (p *player) ended(s *fixtureSource) {
	for p.job.Total(s.node.ID).Watermark != exec.MaxWatermark {
		select {
		case <-p.job.Done():
			return
		case <-time.After(20 * time.Microsecond):
		}
	}
}
