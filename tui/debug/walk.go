package debug

import (
	"context"
	"fmt"
	"strings"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/pane"
)

// walk is a run that is walked through. Its stepper is used by one command at a time.
type walk struct {
	mu      *sync.Mutex
	st      *session.Stepper
	plan    *session.Plan
	moments []string
	late    map[int]int64 // rows that were late, by the moment after which they were
	point   session.Point
	doctor  *session.Doctor
	hash    string
	top     int // first moment in sight
}

func (w *walk) close() {
	mu, st := w.mu, w.st
	go func() { // a step that is under way ends first
		mu.Lock()
		defer mu.Unlock()
		_ = st.Close() // nobody waits for it any more
	}()
}

// walkedMsg says where a walk stands.
type walkedMsg struct {
	number int64
	fresh  *walk // of a walk that begins
	of     *Pane // that began it
	point  session.Point
	doctor *session.Doctor
	tabs   []tab
	late   map[int]int64
	hash   string
	note   string
	err    error
}

// startWalk begins to walk through the script over the fixture.
func (p *Pane) startWalk() tea.Cmd {
	ctx, number, busy := p.begin("starting a walk through")
	src, fixture := p.src, p.fixture
	return tea.Sequence(busy, p.env.Project.Run(func(s *session.Session) tea.Msg {
		set, err := s.Fixture(fixture)
		if err != nil {
			return walkedMsg{number: number, err: err}
		}
		// The walk goes on when the session serves somebody else.
		st, list, err := s.Beside(nil, nil).Step(context.WithoutCancel(ctx), src, set, nil)
		if err == nil && st == nil {
			err = list.Err()
		}
		if err != nil || st == nil {
			return walkedMsg{number: number, err: err, note: "the script has no query and no INSERT"}
		}
		w := &walk{mu: &sync.Mutex{}, st: st, plan: st.Plan(), late: map[int]int64{}}
		for _, m := range st.Moments() {
			w.moments = append(w.moments, m.String())
		}
		msg := w.look(number)
		msg.of = p
		msg.fresh = w
		return msg
	}))
}

// look tells where the walk stands. The lock is held, or nobody else has the walk yet.
func (w *walk) look(number int64) walkedMsg {
	msg := walkedMsg{number: number, point: w.st.Point(), doctor: w.st.Doctor()}
	msg.tabs, msg.err = outputTabs(w.plan, w.st.Captured())
	return msg
}

// step has the walk do something and then tells where it stands.
func (p *Pane) step(do func(ctx context.Context, st *session.Stepper, msg *walkedMsg) error) tea.Cmd {
	w := p.walk
	if w == nil || p.doing != "" {
		return nil // one step at a time
	}
	ctx, number, busy := p.beside("stepping through")
	return tea.Sequence(busy, func() tea.Msg {
		w.mu.Lock()
		defer w.mu.Unlock()
		carried := walkedMsg{late: map[int]int64{}}
		err := do(ctx, w.st, &carried)
		msg := w.look(number)
		msg.late, msg.note, msg.hash = carried.late, carried.note, carried.hash
		if err != nil {
			msg.err = err
		}
		return msg
	})
}

// forward goes on until a moment is of a unit.
func (p *Pane) forward(unit session.StepUnit) tea.Cmd {
	return p.step(func(ctx context.Context, st *session.Stepper, msg *walkedMsg) error {
		before, at := st.Late(), st.At()
		ok, err := st.Advance(ctx, unit)
		if st.Late() > before {
			msg.late[st.At()] = st.Late() - before
		}
		if err == nil && !ok {
			msg.note = "there is no further " + string(unit)
			if st.At() == at {
				msg.note = "this is the end; b goes back"
			}
		}
		return err
	})
}

// toLate goes on until a row comes too late, or to the end.
func (p *Pane) toLate(stop bool) tea.Cmd {
	return p.step(func(ctx context.Context, st *session.Stepper, msg *walkedMsg) error {
		for {
			before := st.Late()
			ok, err := st.Next(ctx)
			if err != nil || ctx.Err() != nil {
				return err
			}
			if !ok {
				if stop {
					msg.note = "no further row is late"
				}
				return nil
			}
			if late := st.Late() - before; late > 0 {
				msg.late[st.At()] = late
				if stop {
					return nil
				}
			}
		}
	})
}

// goTo goes to the point after n moments.
func (p *Pane) goTo(n int) tea.Cmd {
	return p.step(func(ctx context.Context, st *session.Stepper, msg *walkedMsg) error { return st.Goto(ctx, n) })
}

// fingerprint asks for the hash of the point.
func (p *Pane) fingerprint() tea.Cmd {
	return p.step(func(ctx context.Context, st *session.Stepper, msg *walkedMsg) (err error) {
		msg.hash, err = st.Hash(ctx)
		return err
	})
}

func (p *Pane) walked(msg walkedMsg) tea.Cmd {
	if msg.number != p.number {
		if msg.fresh != nil && msg.of == p { // overtaken
			msg.fresh.close()
		}
		return nil
	}
	done := p.ended(msg.err)
	if msg.fresh != nil {
		p.walk = msg.fresh
		p.summary, p.said = "", nil
		if p.width < besideFrom {
			p.view = moments
		}
	}
	if p.walk == nil || msg.doctor == nil {
		if msg.err == nil {
			p.failed = msg.note
		}
		return done
	}
	w := p.walk
	w.point, w.doctor, w.hash = msg.point, msg.doctor, msg.hash
	for at, n := range msg.late {
		w.late[at] = n
	}
	p.said = nil
	if msg.note != "" {
		p.said = []string{msg.note}
	}
	for _, f := range w.doctor.Findings {
		p.said = append(p.said, fmt.Sprintf("%s %s: %s", p.env.Styles.Glyphs.Cross, f.Cause, f.Text))
		if f.Fix != "" {
			p.said = append(p.said, "fix: "+f.Fix)
		}
	}
	return tea.Batch(done, p.showTabs(mergeTabs(msg.tabs, p.tabs)))
}

// mergeTabs has the outputs as they are now and keeps taps and findings.
func mergeTabs(now, before []tab) []tab {
	for _, t := range before {
		if t.output == "" {
			now = append(now, t)
		}
	}
	return now
}

// effects are the lines of what the last moment did.
func (w *walk) effects() []string {
	var out []string
	for _, e := range w.point.Effects {
		name := pane.Clean(e.Operator)
		if e.Watermark != "" && e.Fired {
			out = append(out, name+"  watermark "+e.Watermark)
		}
		for i, r := range e.Rows {
			line := name + "  " + r.Op + " " + pane.Clean(r.Text)
			if e.Fired && i == 0 {
				line += "  fired by time"
			}
			out = append(out, line)
		}
		if e.Watermark != "" && !e.Fired {
			out = append(out, name+"  watermark "+e.Watermark)
		}
	}
	if n := w.late[w.point.At]; n > 0 {
		out = append(out, strings.TrimSpace("late: dropped behind the watermark: "+session.Thousands(n)))
	}
	return out
}
