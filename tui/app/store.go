package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/edit"
	"github.com/weir-sql/weir/tui/pane"
)

// store keeps what outlives the program, below .weir/workbench: state.json says which
// scripts were open and how the screen was; drafts/ has a file for each text that is
// not what its file holds. Every file is written beside and renamed into place, so that
// at any moment either the old or the new one is there, whole.
type store struct {
	dir   string // "" = nothing is kept
	dirty bool   // something but texts changed
	due   bool   // a saveDue is on its way
	busy  bool   // files are being written
	at    time.Time
	kept  map[string]draftVersion // drafts on disk, by file name
	last  string                  // the state that is on disk
}

// draftVersion tells texts apart: every document counts its own changes, and a new script can
// take over the name of one that was closed.
type draftVersion struct {
	of     *edit.Doc
	number int
}

func draftOf(d *edit.Doc) draftVersion { return draftVersion{d, d.Number()} }

// rest is the time between a change and its saving; with the time to write it, less
// than two seconds.
const rest = time.Second

// state is state.json.
type state struct {
	Version int                        `json:"version"`
	Scripts []scriptState              `json:"scripts"`
	At      int                        `json:"at"`
	Screen  string                     `json:"screen"`
	Mode    session.Mode               `json:"mode"`
	Fixture string                     `json:"fixture,omitempty"`
	Panes   map[string]json.RawMessage `json:"panes,omitempty"`
	Splits  map[string]int             `json:"splits,omitempty"` // sizes that were dragged
}

// scriptState is an open script. Draft names its file in drafts/, "" = the text is the file's.
type scriptState struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Top    int    `json:"top"`
	Draft  string `json:"draft,omitempty"`
}

// draft is a file in drafts/.
type draft struct {
	Path string `json:"path"`
	Base string `json:"base"` // digest of what the file held when the text was taken from it
	Text string `json:"text"`
}

func openStore(p *session.Project) *store {
	return &store{dir: filepath.Join(p.Dir, ".weir", "workbench"), kept: map[string]draftVersion{}}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// draftName is the file of a script's draft.
func draftName(path string, i int) string {
	if path == "" {
		return "untitled-" + strconv.Itoa(i) + ".json"
	}
	return digest(path) + ".json"
}

type (
	saveDue struct{}
	saved   struct {
		kept map[string]draftVersion
		last string
		err  error
	}
)

// autosave asks for a save if there is something to save.
func (m *Model) autosave() tea.Cmd {
	s := m.store
	if s.due || s.busy || s.dir == "" || m.o.Still || m.closing || !m.unsaved() {
		return nil
	}
	s.due = true
	return tea.Tick(rest, func(time.Time) tea.Msg { return saveDue{} })
}

// unsaved reports whether the files are behind.
func (m *Model) unsaved() bool {
	if m.store.dirty {
		return true
	}
	for i, d := range m.work.editor.Docs() {
		v, ok := m.store.kept[draftName(d.Path, i)]
		if d.Dirty() != ok || ok && v != draftOf(d) {
			return true
		}
	}
	return false
}

func (m *Model) saveDue(saveDue) tea.Cmd {
	m.store.due = false
	return m.saveNow()
}

// saveNow writes what changed, off the screen.
func (m *Model) saveNow() tea.Cmd {
	s := m.store
	if s.dir == "" || s.busy {
		return nil
	}
	s.busy, s.dirty = true, false
	st, texts, versions := m.state()
	write := map[string]draft{}
	for name, d := range texts {
		if v, ok := s.kept[name]; !ok || v != versions[name] {
			write[name] = d
		}
	}
	var gone []string
	for name := range s.kept {
		if _, ok := texts[name]; !ok {
			gone = append(gone, name)
		}
	}
	dir, last := s.dir, s.last
	return func() tea.Msg {
		text, err := json.Marshal(st)
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, "drafts"), 0o700)
		}
		// Drafts are there before the state names them, and go after it does not any more.
		for name, d := range write {
			if err == nil {
				var b []byte
				if b, err = json.Marshal(d); err == nil {
					err = session.WriteFile(filepath.Join(dir, "drafts", name), string(b), 0o600)
				}
			}
		}
		if err == nil && string(text) != last {
			err = session.WriteFile(filepath.Join(dir, "state.json"), string(text), 0o600)
		}
		if err == nil {
			for _, name := range gone {
				err = errors.Join(err, os.Remove(filepath.Join(dir, "drafts", name)))
			}
		}
		return saved{versions, string(text), err}
	}
}

func (m *Model) saved(r saved) tea.Cmd {
	s := m.store
	s.busy = false
	if r.err != nil {
		s.dir = "" // once is enough to be told
		return m.say(pane.Fail, "drafts cannot be kept: "+r.err.Error())
	}
	s.kept, s.last, s.at = r.kept, r.last, m.o.Now()
	return nil
}

// state gathers what is kept: the state, and the texts that are not their files'.
func (m *Model) state() (st state, texts map[string]draft, versions map[string]draftVersion) {
	texts, versions = map[string]draft{}, map[string]draftVersion{}
	st = state{Version: 1, Screen: m.screens[m.at].name, Mode: m.mode, Fixture: m.fixture, Panes: map[string]json.RawMessage{}, Splits: m.env.Splits.Keep()}
	for i, d := range m.work.editor.Docs() {
		if d == m.work.editor.Doc() {
			st.At = i
		}
		c := d.Cursor()
		s := scriptState{Path: d.Path, Line: c.Line, Column: c.Col, Top: d.Top()}
		if d.Dirty() {
			s.Draft = draftName(d.Path, i)
			texts[s.Draft] = draft{d.Path, digest(d.OnDisk()), d.Text()}
			versions[s.Draft] = draftOf(d)
		}
		st.Scripts = append(st.Scripts, s)
	}
	for _, s := range m.screens {
		if k, ok := s.pane.(pane.Keeper); ok {
			if raw, err := json.Marshal(k.Keep()); err == nil {
				st.Panes[s.name] = raw
			}
		}
	}
	return st, texts, versions
}

// restore puts back what the last time left. Whatever does not read is left out; nothing
// of it can keep the workbench from opening.
func (m *Model) restore() {
	defer m.layout()
	var st state
	if text, err := os.ReadFile(filepath.Join(m.store.dir, "state.json")); m.store.dir != "" && err == nil {
		if json.Unmarshal(text, &st) != nil {
			st = state{}
		}
		m.store.last = string(text)
	}
	for i, s := range st.Scripts {
		d, ok := m.reopen(s, i)
		if !ok {
			continue
		}
		m.work.editor.Open(d)
		d.SetCursor(edit.Pos{Line: s.Line, Col: s.Column})
		d.SetTop(s.Top)
	}
	m.work.editor.Show(max(0, min(st.At, len(m.work.editor.Docs())-1)))
	if st.Mode == session.Stream || st.Mode == session.Batch {
		m.mode = st.Mode
	}
	m.fixture = st.Fixture
	m.env.Splits.Restore(st.Splits)
	for i, s := range m.screens {
		if s.name == st.Screen {
			m.at = i
		}
		if k, ok := s.pane.(pane.Keeper); ok && st.Panes[s.name] != nil {
			k.Restore(st.Panes[s.name])
		}
	}
	for _, f := range m.o.Files {
		m.openNow(f)
	}
	if len(st.Scripts) == 0 && len(m.o.Files) == 0 {
		m.openFirst()
	}
}

// reopen opens a script of the last time, with its draft if it has one.
func (m *Model) reopen(s scriptState, i int) (*edit.Doc, bool) {
	onDisk, err := "", error(nil)
	if s.Path != "" {
		var text []byte
		text, err = os.ReadFile(m.abs(s.Path))
		onDisk = string(text)
	}
	if s.Draft == "" {
		if err != nil || s.Path == "" {
			return edit.NewDoc("", ""), false
		}
		return edit.NewDoc(s.Path, onDisk), true
	}
	var dr draft
	raw, derr := os.ReadFile(filepath.Join(m.store.dir, "drafts", filepath.Base(s.Draft)))
	if derr != nil || json.Unmarshal(raw, &dr) != nil {
		return edit.NewDoc(s.Path, onDisk), err == nil && s.Path != ""
	}
	d := edit.NewDraft(s.Path, onDisk, dr.Text)
	if s.Path != "" && dr.Base != digest(onDisk) && onDisk != dr.Text {
		m.log.later(pane.Warn, s.Path+" was changed outside since the draft was begun; app.file.revert in the palette takes the file's text")
	}
	if d.Dirty() {
		m.store.kept[draftName(s.Path, i)] = draftOf(d)
	}
	return d, true
}
