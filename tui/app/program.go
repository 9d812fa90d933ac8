package app

import (
	"context"
	"errors"
	"io"
	"os"

	tea "github.com/charmbracelet/bubbletea"
)

// Run shows the workbench in a terminal until it is left.
func Run(ctx context.Context, o Options, in, out *os.File) error {
	o.Terminal = func(seq string) { _, _ = io.WriteString(out, seq) }
	m := New(o)
	defer m.Close()
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(modes{out}), tea.WithAltScreen(), tea.WithFPS(1), tea.WithReportFocus()}
	if m.mouse {
		opts = append(opts, tea.WithMouseCellMotion())
	}
	_, err := tea.NewProgram(&painted{m: m, out: out}, opts...).Run()
	if errors.Is(err, tea.ErrInterrupted) || errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	return err
}
