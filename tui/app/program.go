package app

import (
	"context"
	"errors"
	"io"
	"os"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/styles"
)

// Run shows the workbench in a terminal until it is left.
func Run(ctx context.Context, o Options, in, out *os.File) error {
	o.Terminal = func(seq string) { _, _ = io.WriteString(out, seq) }
	session.StayOpen()
	m := New(o)
	m.in, m.out = in, out
	defer m.Close()
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(modes{out}), tea.WithAltScreen(), tea.WithFPS(1), tea.WithReportFocus()}
	if m.mouse {
		opts = append(opts, tea.WithMouseCellMotion())
	}
	p := &painted{m: m, out: out}
	if m.asksBackground() {
		keys := &keyboard{File: in}
		program := tea.NewProgram(p, append(opts, tea.WithInput(keys))...)
		keys.tell = func(b background) { program.Send(b) }
		p.ask = styles.AskBackground
		return ended(ctx, program)
	}
	return ended(ctx, tea.NewProgram(p, opts...))
}

// ended runs a program to its end.
func ended(ctx context.Context, p *tea.Program) error {
	_, err := p.Run()
	if errors.Is(err, tea.ErrInterrupted) || errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	return err
}
