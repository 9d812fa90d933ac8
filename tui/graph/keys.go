package graph

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// Bindings are what can be done now.
func (p *Pane) Bindings() []keys.Binding {
	k := p.env.Keys
	if p.menu != nil {
		return p.menuBindings()
	}
	none := func() string {
		if p.now() == nil {
			return "there is no graph: " + p.broken
		}
		return ""
	}
	first := func(why ...func() string) func() string {
		return func() string {
			for _, w := range append([]func() string{none}, why...) {
				if text := w(); text != "" {
					return text
				}
			}
			return ""
		}
	}
	clean := func() string {
		if !p.dirty() {
			return "nothing was edited since it was saved"
		}
		return ""
	}
	move := func(d topology.Direction, by int) func() tea.Cmd {
		return func() tea.Cmd {
			if p.inspecting && by != 0 {
				return p.moveField(by)
			}
			return p.move(d)
		}
	}
	// Of a field of the chosen operator, by its name.
	of := func(name string) (why func() string, open func() tea.Cmd) {
		return first(func() string {
				f, ok := p.fieldNamed(name)
				if !ok {
					return "the operator has none"
				}
				return f.refused
			}), func() tea.Cmd {
				f, _ := p.fieldNamed(name)
				return f.open()
			}
	}
	set := func(id, help, name string, keysOf ...string) keys.Binding {
		why, open := of(name)
		return k.BindIf("topology."+id, help, why, open, keysOf...)
	}
	step := func(by int) func() tea.Cmd {
		return func() tea.Cmd {
			f, _ := p.fieldNamed("parallelism")
			return f.step(by)
		}
	}
	more, _ := of("parallelism")
	enter := k.BindIf("topology.inspect", "inspect the operator", none, func() tea.Cmd { p.inspecting = true; return nil }, "enter")
	if p.inspecting {
		enter = k.BindIf("topology.field", "set this", first(p.refusedField), p.openField, "enter")
	}
	out := []keys.Binding{
		enter,
		k.BindIf("topology.parallelism.more", "one task more", more, step(1), "+", "="),
		k.BindIf("topology.parallelism.fewer", "one task fewer", more, step(-1), "-"),
		set("edge", "how rows get here", p.edgeField(), "e"),
		set("chaining", "chaining", "chaining", "c"),
		set("group", "slot group", "slotGroup", "g"),
		set("uid", "uid", "uid", "i"),
		set("ttl", "state TTL", "stateTTL", "t"),
		set("max", "max parallelism", "maxParallelism", "m"),
		set("resources", "cpu and memory", "resources", "C"),
		k.BindIf("topology.undo", "undo", first(func() string {
			if p.at == 0 {
				return "there is nothing to undo"
			}
			return ""
		}), p.undo, "u", "ctrl+z"),
		k.BindIf("topology.redo", "redo", first(func() string {
			if p.at == len(p.history)-1 {
				return "there is nothing to redo"
			}
			return ""
		}), p.redo, "ctrl+y", "U"),
		k.BindIf("topology.save", "save the overlay", first(clean), p.save, "s", "ctrl+s"),
		k.BindIf("topology.reset", "take the operator's edits back", none, p.reset, "r"),
		k.BindIf("topology.diff", "diff against a git revision", none, p.askRevision, "d"),
		k.BindIf("topology.overlay", "what saving would change", none, p.showOverlay, "o"),
		k.BindIf("topology.whatif", "what-if: measure the edits", first(clean, func() string {
			if p.trying {
				return "one is running"
			}
			return ""
		}), p.tryEdits, "x"),
		k.BindIf("topology.tap", "tap what it gives", none, func() tea.Cmd { return pane.Send(pane.TapAsked{Edge: p.chosen}) }, "a"),
		k.BindIf("topology.find", "find an operator", none, p.findOperator, "/"),
		k.BindIf("topology.next", "next operator", none, func() tea.Cmd { return p.next(1) }, "n", "tab"),
		k.BindIf("topology.previous", "previous operator", none, func() tea.Cmd { return p.next(-1) }, "N", "shift+tab"),
		k.Bind("topology.tree", "tree or boxes", func() tea.Cmd { p.forceTree = !p.forceTree; return nil }, "T"),
		k.Bind("topology.reload", "read the overlay again", p.open, "R"),
		k.BindIf("topology.up", "up", none, move(topology.Up, -1), "up", "k"),
		k.BindIf("topology.down", "down", none, move(topology.Down, 1), "down", "j"),
		k.BindIf("topology.left", "left", none, move(topology.Left, 0), "left", "h"),
		k.BindIf("topology.right", "right", none, move(topology.Right, 0), "right", "l"),
	}
	if p.below != nil {
		out = append(out,
			k.Bind("topology.below.down", "scroll the lower part", func() tea.Cmd { p.below.top++; return nil }, "J", "pgdown"),
			k.Bind("topology.below.up", "scroll the lower part up", func() tea.Cmd { p.below.top = max(0, p.below.top-1); return nil }, "K", "pgup"))
	}
	if p.inspecting || p.below != nil || p.find != "" {
		out = append(out, k.Bind("topology.back", "back", p.back, "esc"))
	}
	return out
}

func (p *Pane) menuBindings() []keys.Binding {
	k := p.env.Keys
	by := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			p.menu.at = max(0, min(p.menu.at+n, len(p.menu.choices)-1))
			return nil
		}
	}
	return []keys.Binding{
		k.BindIf("topology.menu.take", "choose", func() string {
			if c := p.menu.choices[p.menu.at]; c.refused {
				return c.why
			}
			return ""
		}, p.takeChoice, "enter"),
		k.Bind("topology.menu.up", "up", by(-1), "up", "k"),
		k.Bind("topology.menu.down", "down", by(1), "down", "j"),
		k.Bind("topology.menu.close", "leave it", func() tea.Cmd { p.menu = nil; return nil }, "esc", "q"),
	}
}

// back closes what was opened last.
func (p *Pane) back() tea.Cmd {
	switch {
	case p.inspecting:
		p.inspecting = false
	case p.below != nil:
		p.below = nil
	default:
		p.find = ""
	}
	return nil
}

func (p *Pane) fieldNamed(name string) (field, bool) {
	for _, f := range p.fields() {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// edgeField is the input that e is about: the one in the inspector, else the first.
func (p *Pane) edgeField() string {
	fields := p.fields()
	if p.field < len(fields) && (fields[p.field].name == "in" || len(fields[p.field].name) > 7 && fields[p.field].name[:7] == "inputs.") {
		return fields[p.field].name
	}
	for _, f := range fields {
		if f.name == "in" || f.name == "inputs.0" {
			return f.name
		}
	}
	return "in"
}

func (p *Pane) moveField(by int) tea.Cmd {
	p.field = max(0, min(p.field+by, len(p.fields())-1))
	return nil
}

func (p *Pane) refusedField() string {
	if f := p.fields(); p.field < len(f) {
		return f[p.field].refused
	}
	return "the operator has nothing to set"
}

func (p *Pane) openField() tea.Cmd { return p.fields()[p.field].open() }

// reset takes back what was edited of the chosen operator.
func (p *Pane) reset() tea.Cmd { return p.ask(edit{operator: p.chosen, unset: true}) }

func (p *Pane) findOperator() tea.Cmd {
	from := p.chosen
	p.prompt = &prompt{label: "find", take: func(text string) (tea.Cmd, error) { p.find = text; return nil, nil },
		live: func(text string) tea.Cmd {
			p.find = text
			n := p.now()
			p.choose(from)
			if s, ok := n.settings[p.chosen]; text == "" || ok && matches(s, text) {
				return nil
			}
			return p.next(1)
		}}
	return nil
}
