package graph

import (
	"errors"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
)

// edit is something to change of one operator. It is made of the topology as it is when
// its turn comes, so that keys pressed quickly add up.
type edit struct {
	operator string
	make     func(topology.Setting) topology.NodeEdit
	unset    bool     // takes edits back
	fields   []string // … of these; nil = all
}

// editedMsg is the verdict on an edit.
type editedMsg struct {
	on   *step
	next *step // nil: it was refused
	list diag.List
}

// ask queues an edit.
func (p *Pane) ask(e edit) tea.Cmd {
	p.pending = append(p.pending, e)
	if len(p.pending) > 1 {
		return nil // the answer to the one before lets it go on
	}
	return p.judge()
}

// judge has the first edit in the queue judged.
func (p *Pane) judge() tea.Cmd {
	on, e := p.now(), p.pending[0]
	if on == nil {
		p.pending = nil
		return nil
	}
	return p.env.Project.Plan(func(*session.Session) tea.Msg {
		s := on.settings[e.operator]
		var c *session.TopologyChange
		var list diag.List
		if e.unset {
			c, list = on.top.Unset(s.UID, e.fields...)
		} else {
			c, list = on.top.Set(s.UID, e.make(s), false)
		}
		if c == nil {
			return editedMsg{on: on, list: list}
		}
		next, err := newStep(on.top.With(c), strings.Join(topology.EditLines(c.Diff, c.After), "; "), list, c.After.Follows)
		if err != nil {
			return editedMsg{on: on, list: append(list, diag.Errorf("W0412", diag.Span{}, "%v", err))}
		}
		return editedMsg{on: on, next: next, list: list}
	})
}

// edited takes a verdict.
func (p *Pane) edited(msg editedMsg) tea.Cmd {
	if len(p.pending) == 0 {
		return nil // of a script that is no longer shown
	}
	if msg.on != p.now() {
		return p.judge() // the graph is another by now
	}
	p.pending = p.pending[1:]
	p.problems = msg.list
	var cmds []tea.Cmd
	if msg.next == nil {
		p.pending = nil
		cmds = append(cmds, pane.Send(refusal(msg.list)))
	} else {
		p.history = append(p.history[:p.at+1], msg.next)
		p.at++
		p.compare = nil
		for _, f := range msg.next.follows {
			cmds = append(cmds, pane.Send(pane.Toast{Level: pane.Info, Text: fmt.Sprintf("%s follows: %s → %s, as %s",
				msg.next.top.Graph.Node(f.Edge.To).Name, f.Old, f.New, f.Why)}))
		}
	}
	if len(p.pending) > 0 {
		cmds = append(cmds, p.judge())
	}
	return tea.Batch(cmds...)
}

func refusal(list diag.List) pane.Toast {
	for _, d := range list {
		if d.Severity == diag.Error {
			text := d.Primary
			if d.Hint != "" {
				text += ": " + d.Hint
			}
			return pane.Toast{Level: pane.Fail, Text: text}
		}
	}
	return pane.Toast{Level: pane.Fail, Text: "the edit was refused"}
}

func (p *Pane) undo() tea.Cmd {
	p.at--
	p.compare, p.problems = nil, p.now().list
	return nil
}

func (p *Pane) redo() tea.Cmd {
	p.at++
	p.compare, p.problems = nil, p.now().list
	return nil
}

// savedMsg says that the overlay was written.
type savedMsg struct {
	of  *step
	err error
}

func (p *Pane) save() tea.Cmd {
	of, opened := p.now(), p.opened
	return func() tea.Msg { return savedMsg{of, of.top.Save(opened)} }
}

func (p *Pane) saved(msg savedMsg) tea.Cmd {
	if errors.Is(msg.err, session.ErrOverlayChanged) {
		return tea.Batch(pane.Send(pane.Toast{Level: pane.Warn, Text: msg.err.Error() + "; it was read again and your edits made on top: look and save once more"}), p.open())
	}
	if msg.err != nil {
		return pane.Send(pane.Toast{Level: pane.Fail, Text: "the overlay was not saved: " + msg.err.Error()})
	}
	p.opened = msg.of.top.Overlay.Source.Text
	name := msg.of.top.Path()
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	return tea.Batch(pane.Send(pane.Toast{Level: pane.Good, Text: "saved " + name}), pane.Send(pane.PlanAsked{}))
}

// overlayDiff is what saving would change in the overlay's text, a line each.
func (p *Pane) overlayDiff() []string {
	n := p.now()
	if n == nil {
		return nil
	}
	return pane.DiffLines(p.opened, n.top.Overlay.Source.Text)
}
