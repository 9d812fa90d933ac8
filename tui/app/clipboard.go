package app

import (
	"encoding/base64"
	"fmt"
	"os/exec"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/pane"
)

// maxOSC52 is the largest text that terminals are known to take by OSC 52, in bytes before encoding.
const maxOSC52 = 74_994

// copyAsked puts a text into the clipboard: by the desktop's own program where there is
// one, and by the terminal (OSC 52), which works over SSH too. It says which way it went.
func (m *Model) copyAsked(c pane.CopyAsked) tea.Cmd {
	terminal, env := m.o.Terminal, m.o.Env
	return func() tea.Msg {
		var ways []string
		program := nativeClipboard(env)
		if program != nil {
			cmd := exec.Command(program[0], program[1:]...)
			cmd.Stdin = strings.NewReader(c.Text)
			if cmd.Run() == nil {
				ways = append(ways, "with "+program[0])
			}
		}
		switch {
		case terminal == nil:
		case len(c.Text) > maxOSC52:
			if len(ways) == 0 {
				return pane.Toast{Level: pane.Warn, Text: fmt.Sprintf("not copied: %d bytes are more than terminals take (%d), and there is no clipboard program here", len(c.Text), maxOSC52)}
			}
		default:
			terminal(osc52(c.Text, env))
			ways = append(ways, "by the terminal (OSC 52)")
		}
		if len(ways) == 0 {
			return pane.Toast{Level: pane.Warn, Text: "not copied: there is no clipboard here"}
		}
		return pane.Toast{Level: pane.Good, Text: fmt.Sprintf("copied %s, %d bytes, %s", c.What, len(c.Text), strings.Join(ways, " and "))}
	}
}

// nativeClipboard is the desktop's program that sets the clipboard, nil if none can.
func nativeClipboard(env func(string) string) []string {
	for _, p := range []struct {
		when bool
		args []string
	}{
		{env("WAYLAND_DISPLAY") != "", []string{"wl-copy"}},
		{env("DISPLAY") != "", []string{"xclip", "-selection", "clipboard"}},
		{env("DISPLAY") != "", []string{"xsel", "--clipboard", "--input"}},
		{env("SSH_TTY") == "", []string{"pbcopy"}},
		{env("SSH_TTY") == "", []string{"clip.exe"}},
	} {
		if !p.when {
			continue
		}
		if _, err := exec.LookPath(p.args[0]); err == nil {
			return p.args
		}
	}
	return nil
}

// osc52 is what has a terminal set its clipboard; within tmux and screen it is passed through.
func osc52(text string, env func(string) string) string {
	seq := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"
	switch {
	case env("TMUX") != "":
		return "\x1bPtmux;" + strings.ReplaceAll(seq, "\x1b", "\x1b\x1b") + "\x1b\\"
	case strings.HasPrefix(env("TERM"), "screen"):
		return "\x1bP" + seq + "\x1b\\"
	}
	return seq
}
