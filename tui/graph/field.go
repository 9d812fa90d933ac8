package graph

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
)

// field is one thing of an operator that can be set.
type field struct {
	name    string // as the overlay calls it: "parallelism", "inputs.1"
	label   string
	value   string
	why     string // a few words behind the value
	refused string // why it cannot be set; "" = it can
	open    func() tea.Cmd
	step    func(by int) tea.Cmd // + and −; nil = not a number
}

// menu are the choices of a field.
type menu struct {
	title   string
	choices []choice
	at      int
}

type choice struct {
	text, why string
	now       bool
	refused   bool
	make      func(topology.Setting) topology.NodeEdit
	ask       string // what more has to be typed, "" = nothing
	take      func(text string) (func(topology.Setting) topology.NodeEdit, error)
}

// prompt is something that is being typed.
type prompt struct {
	label string
	line  pane.Line
	note  string // what is wrong with it
	take  func(text string) (tea.Cmd, error)
	live  func(text string) tea.Cmd // as it is typed; nil = nothing
}

// fields are those of the chosen operator.
func (p *Pane) fields() []field {
	s, ok := p.setting()
	n := p.node()
	if !ok || n == nil {
		return nil
	}
	top := p.now().top
	operator := s.Name
	number := func(what string, now int, make func(int) topology.NodeEdit) func() tea.Cmd {
		return p.asks(what, strconv.Itoa(now), func(text string) (func(topology.Setting) topology.NodeEdit, error) {
			v, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil || v < 1 {
				return nil, fmt.Errorf("a whole number from 1 on, not %q", text)
			}
			return func(topology.Setting) topology.NodeEdit { return make(v) }, nil
		})
	}
	text := func(what, now string, make func(string) topology.NodeEdit) func() tea.Cmd {
		return p.asks(what, now, func(text string) (func(topology.Setting) topology.NodeEdit, error) {
			if text = strings.TrimSpace(text); text == "" {
				return nil, fmt.Errorf("%s cannot be empty; r takes the edit back", what)
			}
			return func(topology.Setting) topology.NodeEdit { return make(text) }, nil
		})
	}
	out := []field{
		{name: "uid", label: "uid", value: s.UID, open: text("uid", s.UID, func(t string) topology.NodeEdit { return topology.NodeEdit{UID: t} })},
		{name: "parallelism", label: "parallelism", value: strconv.Itoa(s.Parallelism), refused: p.fixedParallelism(n),
			open: number("parallelism", s.Parallelism, func(v int) topology.NodeEdit { return topology.NodeEdit{Parallelism: v} }),
			step: func(by int) tea.Cmd {
				return p.ask(edit{operator: operator, make: func(s topology.Setting) topology.NodeEdit {
					return topology.NodeEdit{Parallelism: max(1, s.Parallelism+by)}
				}})
			}},
		{name: "maxParallelism", label: "max parallelism", value: strconv.Itoa(s.MaxParallelism),
			open: number("max parallelism", s.MaxParallelism, func(v int) topology.NodeEdit { return topology.NodeEdit{MaxParallelism: v} })},
		{name: "chaining", label: "chaining", value: string(s.Chaining), open: p.chainingMenu(s)},
		{name: "slotGroup", label: "slot group", value: s.SlotGroup, open: text("slot group", s.SlotGroup, func(t string) topology.NodeEdit { return topology.NodeEdit{SlotGroup: t} })},
		p.ttlField(s, top.WhyNoTTL(n)),
		p.resourcesField(s),
	}
	for i, e := range top.Graph.Inputs(s.ID) {
		f := field{name: "in", label: "input", value: s.Inputs[i].Exchange, why: "from " + s.Inputs[i].From}
		if len(s.Inputs) > 1 {
			f.name, f.label = "inputs."+strconv.Itoa(i), "input "+strconv.Itoa(i)
		}
		f.open = p.exchangeMenu(f.label, i, top.Graph.Choices(e))
		out = append(out, f)
	}
	return out
}

// fixedParallelism says why an operator's parallelism stays as it is.
func (p *Pane) fixedParallelism(n *topology.Node) string {
	if n.Kind == topology.KindValues {
		return "more tasks would give its rows more than once"
	}
	for _, e := range p.now().top.Graph.Inputs(n.ID) {
		if e.Required.Kind == topology.Singleton {
			return "it needs all rows in one task"
		}
	}
	return ""
}

func (p *Pane) ttlField(s topology.Setting, refused string) field {
	f := field{name: "stateTTL", label: "state TTL", value: s.StateTTL, refused: refused}
	if f.value == "" {
		f.value = "for ever"
	}
	if refused != "" {
		f.value = "none"
	}
	f.open = p.asks("state TTL (1d, 36h, 0 for ever; one for each input, or one for all)", s.StateTTL, func(text string) (func(topology.Setting) topology.NodeEdit, error) {
		var ttls []time.Duration
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '|' }) {
			d, ok := topology.ParseTTL(strings.TrimSpace(part))
			if !ok {
				return nil, fmt.Errorf("%q is no duration such as 1d, 36h or 90min", strings.TrimSpace(part))
			}
			ttls = append(ttls, d)
		}
		if len(ttls) == 0 {
			return nil, fmt.Errorf("a duration such as 1d, or 0 for ever")
		}
		return func(topology.Setting) topology.NodeEdit { return topology.NodeEdit{StateTTL: ttls} }, nil
	})
	return f
}

// resourcesField is what an operator asks of a cluster; nothing takes it back.
func (p *Pane) resourcesField(s topology.Setting) field {
	f := field{name: "resources", label: "resources", value: s.Resources.String()}
	if f.value == "" {
		f.value = "none asked for"
	}
	operator, now := p.chosen, s.Resources.String()
	f.open = func() tea.Cmd {
		p.prompt = &prompt{label: "cpu and memory (1.5 cores, 512 MiB; empty asks for nothing)", take: func(text string) (tea.Cmd, error) {
			if strings.TrimSpace(text) == "" {
				return p.ask(edit{operator: operator, unset: true, fields: []string{"resources"}}), nil
			}
			r, err := parseResources(text)
			if err != nil {
				return nil, err
			}
			return p.ask(edit{operator: operator, make: func(topology.Setting) topology.NodeEdit { return topology.NodeEdit{Resources: r} }}), nil
		}}
		p.prompt.line.Set(now)
		return nil
	}
	return f
}

// parseResources reads "1.5 cores, 512 MiB", either of the two, with or without its words and spaces.
func parseResources(text string) (r topology.Resources, err error) {
	for _, part := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || r == ';' }) {
		part = strings.ReplaceAll(part, " ", "")
		at := strings.IndexFunc(part, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if at < 0 {
			at = len(part)
		}
		n, err := strconv.ParseFloat(part[:at], 64)
		if err != nil || n <= 0 || n > 1<<20 {
			return r, fmt.Errorf("cores and memory as 1.5 cores, 512 MiB, not %q", part)
		}
		switch part[at:] {
		case "", "core", "cores", "cpu", "cpus":
			r.CPU = n
		case "m", "mb", "mib":
			r.MemoryMiB = int(n)
		case "g", "gb", "gib":
			r.MemoryMiB = int(n * 1024)
		default:
			return r, fmt.Errorf("cores, MiB or GiB, not %q", part[at:])
		}
	}
	if r.CPU == 0 && r.MemoryMiB < 1 {
		return r, fmt.Errorf("cores and memory as 1.5 cores, 512 MiB, not %q", text)
	}
	return r, nil
}

// asks opens a prompt whose text becomes an edit.
func (p *Pane) asks(label, now string, take func(string) (func(topology.Setting) topology.NodeEdit, error)) func() tea.Cmd {
	operator := p.chosen
	return func() tea.Cmd {
		p.prompt = &prompt{label: label, take: func(text string) (tea.Cmd, error) {
			make, err := take(text)
			if err != nil {
				return nil, err
			}
			return p.ask(edit{operator: operator, make: make}), nil
		}}
		p.prompt.line.Set(now)
		return nil
	}
}

func (p *Pane) chainingMenu(s topology.Setting) func() tea.Cmd {
	whys := map[topology.Chaining]string{
		topology.ChainAlways: "shares a task with its neighbours where that can be",
		topology.ChainHead:   "begins a task: not with the operator before it",
		topology.ChainNever:  "has a task of its own",
	}
	return func() tea.Cmd {
		m := &menu{title: "chaining of " + s.Name}
		for i, c := range []topology.Chaining{topology.ChainAlways, topology.ChainHead, topology.ChainNever} {
			m.choices = append(m.choices, choice{text: string(c), why: whys[c], now: c == s.Chaining,
				make: func(topology.Setting) topology.NodeEdit { return topology.NodeEdit{Chaining: c} }})
			if c == s.Chaining {
				m.at = i
			}
		}
		p.menu = m
		return nil
	}
}

func (p *Pane) exchangeMenu(label string, input int, choices []topology.Choice) func() tea.Cmd {
	return func() tea.Cmd {
		m := &menu{title: label + " of " + p.chosen}
		for i, c := range choices {
			if c.Now {
				m.at = i
			}
			item := choice{text: c.Exchange, why: c.Why, now: c.Now, refused: c.Illegal}
			take := func(text string) (func(topology.Setting) topology.NodeEdit, error) {
				in, err := topology.ParseExchange(text)
				if err != nil {
					return nil, err
				}
				in.Input = input
				return func(topology.Setting) topology.NodeEdit { return topology.NodeEdit{Inputs: []topology.EdgeEdit{in}} }, nil
			}
			if strings.Contains(c.Exchange, "COLUMN") {
				item.ask, item.take = "hash[", take
			} else if make, err := take(c.Exchange); err == nil {
				item.make = make
			}
			m.choices = append(m.choices, item)
		}
		p.menu = m
		return nil
	}
}

// takeChoice makes the edit that is chosen in the menu.
func (p *Pane) takeChoice() tea.Cmd {
	m := p.menu
	c := m.choices[m.at]
	switch {
	case c.refused:
		return pane.Send(pane.Toast{Level: pane.Warn, Text: c.text + ": " + c.why})
	case c.ask != "":
		p.menu = nil
		return p.asks("columns of the rows that come: hash[a, b]", c.ask, c.take)()
	case c.now || c.make == nil:
		p.menu = nil
		return nil
	}
	p.menu = nil
	return p.ask(edit{operator: p.chosen, make: c.make})
}

// typed takes a key into the prompt.
func (p *Pane) typed(k tea.KeyMsg) tea.Cmd {
	if p.prompt == nil {
		return nil
	}
	switch k.String() {
	case "esc", "ctrl+c":
		p.prompt = nil
		return nil
	case "enter":
		cmd, err := p.prompt.take(p.prompt.line.Text())
		if err != nil {
			p.prompt.note = err.Error()
			return nil
		}
		p.prompt = nil
		return cmd
	}
	if p.prompt.line.Update(k) {
		p.prompt.note = ""
		if p.prompt.live != nil {
			return p.prompt.live(p.prompt.line.Text())
		}
	}
	return nil
}

// Takes reports whether a key goes into the prompt.
func (p *Pane) Takes(tea.KeyMsg) bool { return p.prompt != nil }
