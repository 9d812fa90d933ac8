package session

import (
	"context"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/fixtures"
)

// player carries out moments: it hands one thing to the job, waits until that
// has gone through every operator, and only then hands the next. So two runs see the
// same order on every edge, however tasks are scheduled.
type player struct {
	over       *over
	conns      *fixtureConnectors
	sources    []*fixtureSource // in the order of the graph's nodes
	dimensions map[string]*dimension
	job        *runtime.Job
}

func newPlayer(o *over, c *fixtureConnectors) *player {
	return &player{over: o, conns: c, dimensions: map[string]*dimension{}}
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
	p.dimensions[t.name].apply(t.present(0, t.rows.Len))
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

// carry carries out one moment; false once the job has ended. When a moment is carried
// out again after a failure, the world outside has had it already.
func (p *player) carry(ctx context.Context, m Moment, again bool) bool {
	switch m.Kind {
	case fixtures.StepRows:
		return p.rows(ctx, m, again)
	case fixtures.StepAdvance:
		if again {
			return true
		}
		p.over.clock.millis.Add(m.For.Milliseconds())
		// The first wakes every task, which fires the timers that are due before it passes
		// the second on.
		if p.job.Drain(ctx) != nil {
			return false
		}
		return p.job.Drain(ctx) == nil
	case momentEnd:
		s := p.sources[m.source]
		if !p.give(ctx, s, m.Split, delivery{mark: exec.MinWatermark, end: true}) {
			return p.finished()
		}
		if m.Split == len(s.readers)-1 {
			p.ended(s)
		}
		return p.job.Drain(ctx) == nil || p.finished()
	case fixtures.StepWatermark, fixtures.StepIdle:
		d := delivery{mark: exec.MinWatermark, idle: m.Kind == fixtures.StepIdle}
		if m.Kind == fixtures.StepWatermark {
			d.mark = m.At
		}
		for _, src := range p.reads(m.Table) {
			for i := range src.readers {
				if (m.Split < 0 || m.Split == i) && !p.give(ctx, src, i, d) {
					return false
				}
			}
			if p.job.Drain(ctx) != nil {
				return false
			}
		}
	}
	return true
}

// finished reports whether the job has ended well, as it may do at once when its last
// input ends.
func (p *player) finished() bool {
	select {
	case <-p.job.Done():
		return p.job.Wait() == nil
	default:
		return false
	}
}

// rows lets rows come to all who read the table.
func (p *player) rows(ctx context.Context, m Moment, again bool) bool {
	t := p.conns.tables[m.Table]
	if d := p.dimensions[m.Table]; d != nil && !again {
		d.apply(t.present(m.From, m.To))
	}
	if t.present(m.From, m.To).Len == 0 {
		return true
	}
	for _, s := range p.reads(m.Table) {
		if !p.give(ctx, s, m.Split, delivery{batch: s.pick(m.From, m.To), mark: exec.MinWatermark}) || p.job.Drain(ctx) != nil {
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
