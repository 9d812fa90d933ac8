package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/palette"
	"github.com/weir-sql/weir/tui/pane"
)

// RunPlain is the workbench without a screen, for screen readers and dumb terminals: one
// types a command and reads lines. Every command of the palette is there by its name;
// nothing moves, and nothing that was said changes afterwards.
func RunPlain(ctx context.Context, o Options, in io.Reader, out io.Writer) error {
	o.Still = true
	p := &plain{m: New(o), out: out, answers: make(chan tea.Msg)}
	defer p.m.Close()
	p.take(tea.WindowSizeMsg{Width: 100, Height: 40})
	p.do(p.m.Init())
	fmt.Fprintf(out, "weir %s, plain mode. Script %s. Type help for commands, quit to leave.\n", o.Version, p.m.work.editor.Doc().Name())
	lines := bufio.NewScanner(in)
	for ctx.Err() == nil {
		fmt.Fprint(out, "weir> ")
		if !lines.Scan() {
			break
		}
		if p.line(strings.TrimSpace(lines.Text())) {
			break
		}
	}
	p.do(p.m.saveNow())
	return lines.Err()
}

// plain is the workbench driven line by line.
type plain struct {
	m       *Model
	out     io.Writer
	said    int // messages that were printed
	answers chan tea.Msg
	waiting int // commands that have not answered
}

// patience is how long a line that was typed waits for what comes of it; what comes later is
// told at the next prompt.
const patience = 3 * time.Second

// do carries out a command and what comes of it.
func (p *plain) do(cmd tea.Cmd) {
	p.start(cmd)
	for over := time.After(patience); p.waiting > 0; {
		select {
		case msg := <-p.answers:
			p.waiting--
			p.take(msg)
			continue
		case <-over:
		}
		break
	}
	for ; p.said < len(p.m.log.all); p.said++ {
		t := p.m.log.all[p.said]
		fmt.Fprintf(p.out, "%s: %s\n", t.level, pane.Clean(t.text))
	}
}

// start has a command run off the loop.
func (p *plain) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	p.waiting++
	go func() {
		select {
		case p.answers <- cmd():
		case <-p.m.ctx.Done():
		}
	}()
}

// take gives a message to the model; several commands in one are started each.
func (p *plain) take(msg tea.Msg) {
	if cmds := listOf(msg); cmds != nil {
		for _, c := range cmds {
			p.start(c)
		}
		return
	}
	if _, quit := msg.(tea.QuitMsg); msg == nil || quit {
		return
	}
	_, next := p.m.Update(msg)
	p.start(next)
}

// line carries out one line that was typed; true = leave.
func (p *plain) line(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "":
	case "quit", "exit", "q":
		return true
	case "help", "?":
		p.help(rest)
	case "show":
		p.show(rest)
	case "line":
		p.replaceLine(rest)
	default:
		p.command(line)
	}
	return false
}

const plainHelp = `show              the screen as lines: script, plan, problems
show SCREEN       another screen: edit, topology, debug, diff, jobs
line N TEXT       puts TEXT in place of line N of the script; line N alone reads it
COMMAND           any command by name or by what it does, e.g. app.save, run the script
help WORDS        commands that have the words
quit              leave; what was not saved is kept as a draft
`

func (p *plain) help(words string) {
	if words == "" {
		fmt.Fprint(p.out, plainHelp)
		return
	}
	for _, it := range p.found(words) {
		why := ""
		if it.Why != "" {
			why = " (not now: " + it.Why + ")"
		}
		fmt.Fprintf(p.out, "%s: %s%s\n", it.Note, it.Text, why)
	}
}

// found are the commands that words mean, best first.
func (p *plain) found(words string) []palette.Item {
	items := p.m.commandItems()
	for i := range items {
		if items[i].Note == words {
			return items[i : i+1]
		}
	}
	l := palette.New(p.m.env.Styles, "", items)
	l.Find(words)
	var out []palette.Item
	for _, i := range l.Found() {
		out = append(out, items[i])
	}
	return out
}

func (p *plain) command(words string) {
	found := p.found(words)
	if len(found) == 0 {
		fmt.Fprintf(p.out, "there is no command %q; help lists them\n", pane.Clean(words))
		return
	}
	it := found[0]
	if it.Why != "" {
		fmt.Fprintf(p.out, "%s: not now: %s\n", it.Text, pane.Clean(it.Why))
		return
	}
	fmt.Fprintln(p.out, it.Text)
	p.do(it.Run())
	if o := p.m.overlay; o != nil { // a list that opened is read out
		p.m.overlay = nil
		p.print(o.box.Lines())
	}
}

// show reads a screen out.
func (p *plain) show(name string) {
	at := p.m.at
	if name != "" {
		at = slices.IndexFunc(p.m.screens, func(s screen) bool { return strings.EqualFold(s.name, name) })
		if at < 0 {
			fmt.Fprintf(p.out, "there is no screen %q\n", pane.Clean(name))
			return
		}
		p.do(p.m.show(at))
	}
	if l, ok := p.m.screens[at].pane.(pane.Linear); ok {
		p.print(l.Lines())
		return
	}
	fmt.Fprintf(p.out, "%s has nothing to read out yet\n", p.m.screens[at].name)
}

func (p *plain) print(lines []string) {
	for _, l := range lines {
		fmt.Fprintln(p.out, l)
	}
}

// replaceLine reads or writes a line of the script.
func (p *plain) replaceLine(rest string) {
	number, text, has := strings.Cut(rest, " ")
	n := 0
	if _, err := fmt.Sscanf(number, "%d", &n); err != nil || n < 1 {
		fmt.Fprintln(p.out, "line N TEXT: N is the number of a line")
		return
	}
	d := p.m.work.editor.Doc()
	if !has {
		fmt.Fprintln(p.out, pane.Clean(d.Line(n)))
		return
	}
	d.SetLine(n, text)
	_, cmd := p.m.Update(struct{}{})
	p.do(cmd)
	p.print(p.m.work.list.Lines())
}

// listOf gives the commands that a message stands for, nil if it is none.
func listOf(msg tea.Msg) []tea.Cmd {
	v := reflect.ValueOf(msg)
	if v.Kind() != reflect.Slice || v.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		return nil
	}
	// A batch, or a sequence, whose type is bubbletea's own.
	return v.Convert(reflect.TypeFor[[]tea.Cmd]()).Interface().([]tea.Cmd)
}
