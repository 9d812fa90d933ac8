package app

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/styles"
)

// painted is the workbench with a painter of its own. Bubble Tea's renderer paints at the next
// of 120 ticks a second, which is 4 ms after a key on average; this one paints when Update
// returns, and writes only the lines that changed. Modes of the terminal (the other
// screen, mouse, paste) stay Bubble Tea's.
type painted struct {
	m    *Model
	out  io.Writer
	last []string
	w, h int
	at   time.Time // of the last paint
	due  bool      // a paintDue is on its way
	rest resting
	buf  bytes.Buffer
	ask  string // what the terminal is asked once its answer can be read
}

// burst is the time in which several messages are painted together.
const burst = 4 * time.Millisecond

type (
	paintDue struct{}
	redraw   struct{}
)

// Init implements tea.Model.
func (p *painted) Init() tea.Cmd {
	if p.ask == "" {
		return p.m.Init()
	}
	return tea.Batch(p.m.Init(), func() tea.Msg {
		_, _ = io.WriteString(p.out, p.ask) // without an answer all stays as it is
		return nil
	})
}

// View implements tea.Model: there is nothing left to paint.
func (p *painted) View() string { return "" }

// Update implements tea.Model.
func (p *painted) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case paintDue:
		p.due = false
		p.paint()
		return p, nil
	case restDue:
		return p, p.rest.look(time.Now())
	case rested:
		return p, nil
	case tea.WindowSizeMsg, redraw, edited, tea.ResumeMsg, tea.FocusMsg:
		p.last = nil // who knows what is on the screen
	}
	_, cmd := p.m.Update(msg)
	cmd = tea.Batch(cmd, p.rest.moved(time.Now()))
	if _, key := msg.(tea.KeyMsg); !key && time.Since(p.at) < burst {
		if p.due {
			return p, cmd
		}
		p.due = true
		return p, tea.Batch(cmd, tea.Tick(burst, func(time.Time) tea.Msg { return paintDue{} }))
	}
	p.paint()
	return p, cmd
}

// paint writes the lines that are not on the screen yet, in one piece.
func (p *painted) paint() {
	if p.m.closing {
		return
	}
	lines := strings.Split(p.m.View(), "\n")
	if p.w != p.m.w || p.h != p.m.h {
		p.w, p.h, p.last = p.m.w, p.m.h, nil
	}
	b := &p.buf
	b.Reset()
	if p.last == nil {
		b.WriteString("\x1b[0m\x1b[2J")
	}
	for i, line := range lines {
		if i < len(p.last) && p.last[i] == line {
			continue
		}
		b.WriteString("\x1b[" + strconv.Itoa(i+1) + ";1H")
		b.WriteString(line)
		b.WriteString(styles.Off)
	}
	p.last, p.at = lines, time.Now()
	if b.Len() > 0 {
		_, _ = p.out.Write(b.Bytes()) // a terminal that is gone ends the program by its input
	}
}

// modes is the terminal as Bubble Tea gets it: what it writes to set modes goes through, what
// it would paint does not.
type modes struct{ *os.File }

// Write implements io.Writer.
func (m modes) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("\x1b[?")) || bytes.Contains(p, []byte("\x1b]")) {
		return m.File.Write(p)
	}
	return len(p), nil
}

// WriteString implements io.StringWriter: os.File's own would go past Write.
func (m modes) WriteString(s string) (int, error) { return m.Write([]byte(s)) }
