package jobs

import (
	"fmt"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// Bindings are what can be done now.
func (p *Pane) Bindings() []keys.Binding {
	k := p.env.Keys
	noScript := func() string { return pane.NoScript(p.src) }
	noJob := func() string {
		if p.chosen() == nil {
			return "there is no job"
		}
		return ""
	}
	notRunning := func() string {
		r := p.chosen()
		switch {
		case r == nil:
			return "there is no job"
		case r.State != session.RunRunning:
			return "it does not run: " + string(r.State)
		case p.own[r.ID] == nil:
			return "another weir runs it"
		}
		return ""
	}
	notStream := func() string {
		if why := notRunning(); why != "" {
			return why
		}
		if p.chosen().Mode != session.Stream {
			return "a batch keeps nothing beyond its run"
		}
		return ""
	}
	nothingKept := func() string {
		r := p.chosen()
		switch {
		case r == nil:
			return "there is no job"
		case r.State == session.RunRunning:
			return "it runs"
		case r.State == session.RunFinished:
			return "it has read all its input"
		case r.Snapshot == "":
			return "it has kept nothing: no checkpoint was taken"
		}
		return ""
	}
	start := func(sinks bool) func() tea.Cmd {
		return func() tea.Cmd { return p.launch(p.src, session.Launch{Mode: p.mode, Sinks: sinks}) }
	}
	out := []keys.Binding{
		k.BindIf("jobs.launch", "launch the script, sinks muted", noScript, start(false), "n"),
		k.BindIf("jobs.launch.write", "launch it and write its tables", noScript, start(true), "W"),
		k.BindIf("jobs.stop", "stop the job", notRunning, func() tea.Cmd {
			l := p.ownRunning()
			return func() tea.Msg { l.Stop(); return nil }
		}, "x"),
		k.BindIf("jobs.savepoint", "suspend into a savepoint", notStream, p.suspend, "S"),
		k.BindIf("jobs.checkpoint", "checkpoint now", notStream, func() tea.Cmd {
			p.ownRunning().Checkpoint()
			return pane.Send(pane.Toast{Level: pane.Info, Text: "a checkpoint was asked for"})
		}, "c"),
		k.BindIf("jobs.rescale", "rescale", notStream, p.askParallelism, "r"),
		k.BindIf("jobs.goon", "go on from its snapshot", nothingKept, p.goOn, "o"),
		k.BindIf("jobs.open", "open its script", noJob, func() tea.Cmd { return pane.Send(pane.OpenAsked{File: p.chosen().Script}) }, "enter"),
		k.Bind("jobs.detail", "figures, log or checkpoints", func() tea.Cmd { p.detail, p.scroll = (p.detail+1)%details, 0; return nil }, "v", "tab"),
		k.Bind("jobs.refresh", "look at the registry again", p.look, "R"),
		k.Bind("jobs.detail.down", "scroll the lower part", func() tea.Cmd { p.scroll++; return nil }, "J"),
		k.Bind("jobs.detail.up", "scroll the lower part up", func() tea.Cmd { p.scroll = max(0, p.scroll-1); return nil }, "K"),
	}
	taken := map[string]bool{}
	for _, b := range out {
		for _, key := range b.Keys {
			taken[key] = true
		}
	}
	for _, b := range p.table.Bindings() {
		if b.Name == "rows.cell" || b.Name == "rows.follow" || b.Name == "rows.export" {
			continue
		}
		var free []string
		for _, key := range b.Keys {
			if !taken[key] {
				free = append(free, key)
			}
		}
		b.Keys = free
		out = append(out, b)
	}
	return out
}

func (p *Pane) askParallelism() tea.Cmd {
	p.prompt = &prompt{label: "rescale to a parallelism of", take: func(text string) (tea.Cmd, error) {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("a whole number from 1 on, not %q", text)
		}
		return p.rescale(n), nil
	}}
	return nil
}
