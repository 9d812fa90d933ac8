package app

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/styles"
)

// background is what the terminal said about its background.
type background struct{ light bool }

// keyboard is the terminal's input, out of which its answer about its background is taken. It never
// waits for one: a terminal that does not answer, or late, is as good as one that was not asked.
type keyboard struct {
	*os.File
	tell func(background)
	held []byte      // the beginning of an answer
	done atomic.Bool // it has answered
}

// answerMost is longer than any answer: what is more was no answer.
const answerMost = 64

// Read implements io.Reader.
func (k *keyboard) Read(p []byte) (int, error) {
	if k.done.Load() {
		return k.File.Read(p)
	}
	n, err := k.File.Read(p[:max(1, len(p)-len(k.held))])
	return k.sift(p, n), err
}

// sift takes an answer out of the n bytes that came.
func (k *keyboard) sift(p []byte, n int) int {
	got := append(k.held, p[:n]...)
	k.held = nil
	rest, light, found, more := styles.Background(got)
	if (more || begins(got)) && len(got) < answerMost {
		k.held = got
		return 0
	}
	if found {
		k.done.Store(true)
		go k.tell(background{light})
	}
	return copy(p, rest)
}

// begins reports whether what came ends in the middle of how an answer begins. What may be keys, an
// escape and a bracket, does not wait.
func begins(got []byte) bool {
	return bytes.HasSuffix(got, []byte("\x1b]1")) || bytes.HasSuffix(got, []byte("\x1b]11"))
}

// asksBackground reports whether it is worth asking the terminal for its background.
func (m *Model) asksBackground() bool {
	name := m.o.Env("TERM")
	return m.o.Settings.Theme == "auto" && m.env.Styles.Look.Depth == styles.Many && runtime.GOOS != "windows" &&
		name != "linux" && !strings.HasPrefix(name, "screen")
}

// background takes the terminal's word for what it looks like.
func (m *Model) background(b background) tea.Cmd {
	m.light = &b.light
	return m.restyle()
}

// look is how the workbench is to look by its settings, on this terminal.
func (m *Model) look() styles.Look {
	s := m.o.Settings
	look := m.o.Look
	if m.o.Detect != nil {
		look = m.o.Detect(s.Theme, s.ASCII)
	}
	if m.light != nil && s.Theme == "auto" {
		look.Light = *m.light
	}
	return look
}

// restyle has everything look as it is to look now.
func (m *Model) restyle() tea.Cmd {
	look := m.look()
	if look == m.env.Styles.Look {
		return nil
	}
	*m.env.Styles = *styles.For(look) // everybody holds the same styles
	m.work.editor.Refresh()
	return func() tea.Msg { return redraw{} }
}
