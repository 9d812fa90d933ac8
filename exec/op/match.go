package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

const codeSkip diag.Code = "W0538" // AFTER MATCH SKIP leads nowhere

// Match is MATCH_RECOGNIZE with one row per match, as Flink's CepOperator and NFA.
//
// Event time: rows wait for the watermark and are then looked at in order of time, of
// equal times in the further order, else as they came. Rows not later than the watermark
// are late: dropped and counted. Processing time: rows are looked at as they come.
//
// A match that is complete waits as long as a match that began earlier may still be
// completed. One that takes longer than WITHIN is given up.
//
// Rows of a match follow one another in their partition, so a match in the making is its
// first row and how many rows each variable has (matchRun); the rows are held once, from
// the first row on that some run needs.
//
// Input and output are insert-only. State: rows that wait, rows of runs, runs, timers.
type Match struct {
	ctx      *exec.Context
	expr     *expr.Ctx
	spec     *physical.Match
	outTypes []types.Type
	keyTypes []types.Type
	table    *vec.GroupTable
	keys     []*matchKey // by key id
	store    *rowStore
	timers   timerHeap // of key ids
	mark     int64
	auto     *matchAutomaton
	conds    []*matchValues // by variable; nil = every row
	measures *matchValues
	then     []vec.SortKey // ORDER BY behind the time

	found []foundMatch // not yet put out
	freed []int32      // slots that only found matches need
	ids   []int32

	// Of one row and run: which conditions hold, and what a step needs.
	memo   []int8
	stack  []int32
	edges  []matchEdge
	next   []matchRun
	potent matchQueue
	spare  matchQueue
}

// matchKey is the state of one partition.
type matchKey struct {
	waiting []waitingMatchRow // by time, then arrival
	rows    []matchRow        // from row number base on
	base    int64
	runs    matchQueue // in the making, with the one that has not begun
	done    matchQueue // complete, waiting for earlier ones
	timers  map[int64]struct{}
	changed bool // since the timers were last looked at, as Flink's NFAState
	started bool
}

// matchRow is a row with the conditions that are known to hold or not to hold: bit v
// stands for variable v.
type matchRow struct {
	slot        int32
	holds, know uint64
}

type waitingMatchRow struct {
	matchRow
	at int64
}

// NewMatch compiles the pattern.
func NewMatch(spec *physical.Match, batch bool, reg expr.Registry, lib agg.Library) (exec.Operator, error) {
	m := &Match{spec: spec, outTypes: outTypes(spec), keyTypes: pickTypes(spec.In, spec.Partition), store: newRowStore(spec.In),
		mark: exec.MinWatermark, auto: newMatchAutomaton(spec.Pattern.Vars), memo: make([]int8, len(spec.Pattern.Vars))}
	m.table = vec.NewGroupTable(m.keyTypes)
	m.then = sortKeys(spec.Order[1:])
	m.conds = make([]*matchValues, len(spec.Pattern.Vars))
	for i := range spec.Pattern.Vars {
		c := &spec.Pattern.Vars[i].Cond
		if len(c.Exprs) == 0 {
			continue
		}
		var err error
		if m.conds[i], err = newMatchValues(c, spec.In, reg, lib); err != nil {
			return nil, err
		}
	}
	var err error
	if m.measures, err = newMatchValues(&spec.Pattern.Measures, spec.In, reg, lib); err != nil {
		return nil, err
	}
	if batch {
		return newMatchBatch(m), nil
	}
	return m, nil
}

// Open takes the context.
func (m *Match) Open(ctx *exec.Context) error {
	m.ctx, m.expr = ctx, exprContext(ctx)
	return nil
}

// Process keeps rows until their time, or looks at them at once.
func (m *Match) Process(_ int, b *vec.Batch, out exec.Out) error {
	m.find(b)
	rows := m.look(b)
	if !m.spec.Rowtime {
		return m.now(b, rows, out)
	}
	times, err := millis(b.Cols[m.spec.Order[0].Col], nil)
	if err != nil {
		return err
	}
	for i, id := range m.ids {
		k, at := m.keys[id], times[i]
		if at <= m.mark {
			m.ctx.Counters.LateRows.Add(1)
			continue
		}
		rows[i].slot = m.store.add(b.Cols, i)
		m.wait(id, k, waitingMatchRow{rows[i], at})
	}
	m.sweep()
	return nil
}

// sweep forgets the keys of a batch that have no state: only late rows asked for them.
func (m *Match) sweep() {
	slices.Sort(m.ids)
	for _, id := range slices.Compact(m.ids) {
		m.forget(id)
	}
}

// find gives the rows of a batch their keys.
func (m *Match) find(b *vec.Batch) {
	m.ids = scratch(m.ids, b.Len)
	m.table.Find(pick(b.Cols, m.spec.Partition), nil, m.ids, true)
	m.grow()
}

func (m *Match) grow() {
	for len(m.keys) < m.table.Cap() {
		m.keys = append(m.keys, nil)
	}
	for _, id := range m.ids {
		if m.keys[id] == nil {
			m.keys[id] = &matchKey{runs: matchQueue{{node: m.auto.start, start: noStart}}}
		}
	}
}

// look evaluates, for all rows of a batch, the conditions that look at one row only. If
// one fails it is left to be evaluated for the rows that need it.
func (m *Match) look(b *vec.Batch) []matchRow {
	rows := make([]matchRow, b.Len)
	for v, c := range m.conds {
		if c == nil || len(c.spec.Values) > 0 || v > 63 {
			continue
		}
		vals, err := c.exprs.Eval(m.expr, b)
		if err != nil {
			continue
		}
		bit := uint64(1) << v
		for i := range rows {
			rows[i].know |= bit
			if isTrue(vals[0], i) {
				rows[i].holds |= bit
			}
		}
	}
	return rows
}

// wait puts a row where its time is, with a timer.
func (m *Match) wait(id int32, k *matchKey, r waitingMatchRow) {
	p := len(k.waiting)
	for p > 0 && k.waiting[p-1].at > r.at {
		p--
	}
	if p == 0 || k.waiting[p-1].at < r.at {
		m.timer(id, k, r.at)
	}
	k.waiting = slices.Insert(k.waiting, p, r)
}

// timer asks for a key to be looked at; at one time once.
func (m *Match) timer(id int32, k *matchKey, at int64) {
	if _, there := k.timers[at]; there {
		return
	}
	if k.timers == nil {
		k.timers = map[int64]struct{}{}
	}
	k.timers[at] = struct{}{}
	m.timers.push(timer{at: at, id: id})
}

// OnWatermark looks at the rows that it has reached.
func (m *Match) OnWatermark(wm int64, out exec.Out) error {
	if !m.spec.Rowtime {
		return nil
	}
	m.mark = wm
	if err := m.fire(wm, out); err != nil {
		return err
	}
	return m.flush(out)
}

// fire handles the keys whose timers are due.
func (m *Match) fire(now int64, out exec.Out) error {
	for m.timers.len() > 0 && m.timers.next() <= now {
		t := m.timers.pop()
		k := m.keys[t.id]
		delete(k.timers, t.at)
		for len(k.waiting) > 0 && k.waiting[0].at <= now {
			if err := m.due(t.id, k); err != nil {
				return err
			}
		}
		if err := m.advance(k, now); err != nil {
			return err
		}
		m.settle(t.id, k)
		if len(m.found) >= vec.BatchSize {
			if err := m.flush(out); err != nil {
				return err
			}
		}
	}
	return nil
}

// due looks at the waiting rows of the earliest time.
func (m *Match) due(id int32, k *matchKey) error {
	at, n := k.waiting[0].at, 1
	for n < len(k.waiting) && k.waiting[n].at == at {
		n++
	}
	rows := slices.Clone(k.waiting[:n])
	k.waiting = slices.Delete(k.waiting, 0, n)
	if err := m.advance(k, at); err != nil {
		return err
	}
	if n > 1 && len(m.then) > 0 {
		slots := make([]int32, n)
		for i, r := range rows {
			slots[i] = r.slot
		}
		sorted := make([]waitingMatchRow, n)
		for j, i := range vec.SortIndices(vec.NewBatch(n, m.store.gather(slots)...), m.then) {
			sorted[j] = rows[i]
		}
		rows = sorted
	}
	for _, r := range rows {
		if err := m.row(id, k, r.matchRow, at); err != nil {
			return err
		}
	}
	return nil
}

// settle ends the work on a key.
func (m *Match) settle(id int32, k *matchKey) {
	if k.changed {
		k.changed, k.started = false, false
	}
	m.forget(id)
}

// forget lets go of a key without state.
func (m *Match) forget(id int32) {
	if k := m.keys[id]; len(k.waiting) == 0 && len(k.runs) == 1 && len(k.done) == 0 && len(k.timers) == 0 {
		m.keys[id] = nil
		m.table.Delete(id)
	}
}

// now looks at a batch by processing time.
func (m *Match) now(b *vec.Batch, rows []matchRow, out exec.Out) error {
	now := m.ctx.Now()
	order := iota32(b.Len)
	if len(m.then) > 0 {
		order = vec.SortIndices(b, m.then)
	}
	for _, i := range order {
		id := m.ids[i]
		k := m.keys[id]
		if err := m.advance(k, now); err != nil {
			return err
		}
		rows[i].slot = m.store.add(b.Cols, int(i))
		if err := m.row(id, k, rows[i], now); err != nil {
			return err
		}
		if k.changed {
			k.changed, k.started = false, false
		}
	}
	m.sweep()
	return m.flush(out)
}

// NextTimer is when, by processing time, a match takes too long.
func (m *Match) NextTimer() int64 {
	if m.spec.Rowtime || m.timers.len() == 0 {
		return exec.MaxWatermark
	}
	return m.timers.next()
}

// OnTimer gives up what takes too long.
func (m *Match) OnTimer(now int64, out exec.Out) error {
	if err := m.fire(now, out); err != nil {
		return err
	}
	return m.flush(out)
}

// row goes on with every run of a key at the next row.
func (m *Match) row(id int32, k *matchKey, r matchRow, at int64) error {
	k.rows = append(k.rows, r)
	seq := k.base + int64(len(k.rows)) - 1
	runs := m.spare[:0]
	m.potent = m.potent[:0]
	for i := range k.runs {
		run := &k.runs[i]
		if err := m.step(k, run, seq, at); err != nil {
			return err
		}
		if len(m.next) != 1 || run.began() {
			k.changed = true
		}
		for _, n := range m.next {
			if !run.began() && n.began() && n.startAt > 0 {
				k.started = true
			}
			if m.auto.nodes[n.node].final {
				m.potent.add(n)
			} else {
				runs.add(n)
			}
		}
	}
	m.spare = k.runs
	k.runs = runs
	for _, p := range m.potent {
		k.changed = true
		k.done.add(p)
	}
	if err := m.complete(k, at); err != nil {
		return err
	}
	if m.spec.Pattern.Within > 0 && k.started {
		m.timer(id, k, at+m.spec.Pattern.Within)
	}
	m.trim(k)
	return nil
}

// step finds what becomes of a run at a row: m.next.
func (m *Match) step(k *matchKey, run *matchRun, seq, at int64) error {
	m.next, m.edges, m.stack = m.next[:0], m.edges[:0], append(m.stack[:0], run.node)
	clear(m.memo)
	for len(m.stack) > 0 {
		n := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		for _, e := range m.auto.nodes[n].edges {
			ok, err := m.open(k, run, e, at)
			switch {
			case err != nil:
				return err
			case ok && e.of >= 0:
				m.edges = append(m.edges, e)
			case ok:
				m.stack = append(m.stack, e.to)
			}
		}
	}
	for _, e := range m.edges {
		next := run.with(e.of, e.to, seq, at, len(m.spec.Pattern.Vars))
		m.next = append(m.next, next)
		end, err := m.end(k, run, e.to, at)
		if err != nil {
			return err
		}
		if end >= 0 {
			next.node = end
			m.next = append(m.next, next)
		}
	}
	if !run.began() {
		m.next = append(m.next, *run)
	}
	return nil
}

// end gives the final node if a node leads there without another row, else -1.
func (m *Match) end(k *matchKey, run *matchRun, node int32, at int64) (int32, error) {
	m.stack = append(m.stack[:0], node)
	for len(m.stack) > 0 {
		n := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		for _, e := range m.auto.nodes[n].edges {
			if e.of >= 0 {
				continue
			}
			ok, err := m.open(k, run, e, at)
			if err != nil {
				return -1, err
			}
			if ok && m.auto.nodes[e.to].final {
				return e.to, nil
			}
			if ok {
				m.stack = append(m.stack, e.to)
			}
		}
	}
	return -1, nil
}

// open reports whether the run may go along an edge at the last row.
func (m *Match) open(k *matchKey, run *matchRun, e matchEdge, at int64) (bool, error) {
	if e.of >= 0 {
		if ok, err := m.meets(k, run, e.of, at); err != nil || !ok {
			return false, err
		}
	}
	for _, v := range e.not {
		if ok, err := m.meets(k, run, v, at); err != nil || ok {
			return false, err
		}
	}
	return true, nil
}

// meets reports whether the last row meets the condition of a variable, as the next row
// of that variable in the run.
func (m *Match) meets(k *matchKey, run *matchRun, v int32, at int64) (bool, error) {
	c := m.conds[v]
	if c == nil {
		return true, nil
	}
	row := &k.rows[len(k.rows)-1]
	if v < 64 && row.know&(1<<v) != 0 {
		return row.holds&(1<<v) != 0, nil
	}
	if m.memo[v] == 0 {
		f := foundMatch{at: at}
		if len(c.spec.Values) > 0 {
			f.counts = make([]int32, len(m.spec.Pattern.Vars))
			copy(f.counts, run.counts)
			f.counts[v]++
			if run.began() {
				f.slots = m.slots(k, run, 1)
			}
			f.slots = append(f.slots, row.slot)
		}
		vals, err := c.eval(m.expr, m.store, []int32{row.slot}, []foundMatch{f})
		if err != nil {
			return false, err
		}
		m.memo[v] = 1
		if isTrue(vals[0], 0) {
			m.memo[v] = 2
		}
	}
	return m.memo[v] == 2, nil
}

// slots lists the rows of a run.
func (m *Match) slots(k *matchKey, run *matchRun, room int) []int32 {
	out := make([]int32, run.rows, int(run.rows)+room)
	lo := run.start - k.base
	for i := range out {
		out[i] = k.rows[lo+int64(i)].slot
	}
	return out
}

// advance gives up the runs that take too long at a time, and completes those that
// waited for them.
func (m *Match) advance(k *matchKey, at int64) error {
	within := m.spec.Pattern.Within
	if within == 0 {
		return nil
	}
	runs := m.spare[:0]
	for _, r := range k.runs {
		if r.began() && at-r.startAt >= within {
			k.changed = true
			continue
		}
		runs.add(r)
	}
	m.spare = k.runs
	k.runs = runs
	if err := m.complete(k, at); err != nil {
		return err
	}
	m.trim(k)
	return nil
}

// complete takes the complete runs that no earlier one can come before, and gives up
// what AFTER MATCH says.
func (m *Match) complete(k *matchKey, at int64) error {
	for len(k.done) > 0 && (len(k.runs) == 0 || k.done[0].start <= k.runs[0].start) {
		k.changed = true
		r := k.done.poll()
		f := foundMatch{slots: m.slots(k, &r, 0), counts: r.counts, at: at}
		last, err := m.skip(&r, &f)
		if err != nil {
			return err
		}
		k.runs.prune(last)
		k.done.prune(last)
		m.found = append(m.found, f)
	}
	return nil
}

// skip gives the last row at which runs are given up after a match.
func (m *Match) skip(r *matchRun, f *foundMatch) (int64, error) {
	p := &m.spec.Pattern
	switch p.After {
	case physical.SkipToNextRow:
		return r.start, nil
	case physical.SkipPastLastRow:
		return r.last(), nil
	}
	name := p.Vars[p.SkipTo].Name
	if r.counts[p.SkipTo] == 0 {
		return 0, diag.Errorf(codeSkip, diag.Span{}, "AFTER MATCH cannot skip to %q: a match has no row of it", name).
			WithHint("Skip to a variable that is not optional.")
	}
	to := r.start
	for _, n := range r.counts[:p.SkipTo] {
		to += int64(n)
	}
	if p.After == physical.SkipToLastOfRows {
		to += int64(r.counts[p.SkipTo]) - 1
	}
	if to == r.start {
		return 0, diag.Errorf(codeSkip, diag.Span{}, "AFTER MATCH skips to %q, the first row of a match: the same match would be found for ever", name).
			WithHint("Skip to a later variable, or SKIP TO NEXT ROW.")
	}
	return to - 1, nil
}

// trim lets go of the rows before the first one that a run needs.
func (m *Match) trim(k *matchKey) {
	from := k.base + int64(len(k.rows))
	for _, q := range []matchQueue{k.runs, k.done} {
		if len(q) > 0 {
			from = min(from, q[0].start)
		}
	}
	n := int(from - k.base)
	if n == 0 {
		return
	}
	for _, r := range k.rows[:n] {
		m.freed = append(m.freed, r.slot)
	}
	k.rows = slices.Delete(k.rows, 0, n)
	k.base = from
}

// flush puts out the matches found.
func (m *Match) flush(out exec.Out) error {
	for lo := 0; lo < len(m.found); lo += vec.BatchSize {
		part := m.found[lo:min(lo+vec.BatchSize, len(m.found))]
		first := make([]int32, len(part))
		for i := range part {
			first[i] = part[i].slots[0]
		}
		var cols []*vec.Vec
		for _, c := range m.spec.Partition {
			cols = append(cols, m.store.column(c, first))
		}
		vals, err := m.measures.eval(m.expr, m.store, first, part)
		if err != nil {
			return err
		}
		b := vec.NewBatch(len(part), append(cols, vals...)...)
		retype(b.Cols, m.outTypes)
		if err := out.Emit(b); err != nil {
			return err
		}
	}
	for _, slot := range m.freed {
		m.store.remove(slot)
	}
	clear(m.found)
	m.found, m.freed = m.found[:0], m.freed[:0]
	return nil
}
