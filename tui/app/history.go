package app

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// history is what was run, in .weir/workbench/history.jsonl: a line each, the last at the end.
type history struct {
	path    string
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

// The most that is kept of a history, and of one script in it.
const (
	maxHistory = 500
	maxShown   = 4000
)

func openHistory(p *session.Project) *history {
	h := &history{path: filepath.Join(p.Dir, ".weir", "workbench", "history.jsonl")}
	f, err := os.Open(h.path)
	if err != nil {
		return h
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil { // a line that a crash cut is left out
			h.entries = append(h.entries, e)
		}
	}
	if n := len(h.entries); n > maxHistory {
		h.entries = h.entries[n-maxHistory:]
	}
	return h
}

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
	h.entries = append(h.entries, e)
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
