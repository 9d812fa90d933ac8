package app

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// history is what was run, in .weir/workbench/history.jsonl: a line each, the last at the end. It is
// read when somebody looks at it, and of a long one only the end.
type history struct {
	path    string
	read    bool
	entries []entry
}

// entry is one run. The text is kept with its secrets covered.
type entry struct {
	Time    time.Time `json:"time"`
	Script  string    `json:"script"`
	Mode    string    `json:"mode"`
	Fixture string    `json:"fixture,omitempty"`
	Sinks   bool      `json:"sinks,omitempty"`
	Summary string    `json:"summary"`
	Shown   string    `json:"shown"`
	Text    string    `json:"-"`
}

// The most that is kept of a history, of one script in it, and that is read of its file.
const (
	maxHistory = 500
	maxShown   = 4000
	maxRead    = 1 << 20
)

func openHistory(p *session.Project) *history {
	return &history{path: filepath.Join(p.Dir, ".weir", "workbench", "history.jsonl")}
}

// all gives the runs, the last at the end.
func (h *history) all() []entry {
	if h.read {
		return h.entries
	}
	h.read = true
	f, err := os.Open(h.path)
	if err != nil {
		return h.entries
	}
	defer f.Close()
	if end, err := f.Seek(0, io.SeekEnd); err != nil || end > maxRead {
		_, err = f.Seek(-maxRead, io.SeekEnd)
		if err != nil {
			return h.entries
		}
	} else if _, err = f.Seek(0, io.SeekStart); err != nil {
		return h.entries
	}
	text, err := io.ReadAll(io.LimitReader(f, maxRead))
	if err != nil {
		return h.entries
	}
	for line := range bytes.Lines(text) {
		var e entry
		if json.Unmarshal(line, &e) == nil { // a line that a crash or the limit cut is left out
			h.entries = append(h.entries, e)
		}
	}
	h.trim()
	return h.entries
}

func (h *history) trim() { h.entries = h.entries[max(0, len(h.entries)-maxHistory):] }

// add remembers a run.
func (h *history) add(e entry) {
	text := strings.TrimSpace(diag.HideSecrets(e.Text))
	e.Shown = text[:min(len(text), maxShown)]
	for _, line := range strings.Split(text, "\n") {
		if l := strings.TrimSpace(line); strings.HasPrefix(strings.ToUpper(l), "INSERT") || strings.HasPrefix(strings.ToUpper(l), "SELECT") {
			e.Summary = l[:min(len(l), 60)]
			break
		}
	}
	h.all()
	h.entries = append(h.entries, e)
	h.trim()
	line, err := json.Marshal(e)
	if err != nil {
		return
	}
	if os.MkdirAll(filepath.Dir(h.path), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return // a history that cannot be kept is no reason not to run
	}
	defer f.Close()
	_, _ = f.Write(append(line, '\n'))
}
