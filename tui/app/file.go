package app

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/edit"
	"github.com/weir-sql/weir/tui/pane"
)

func (m *Model) abs(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(m.o.Project.Dir, file)
}

// opened is a file that was read.
type opened struct {
	ask  pane.OpenAsked
	text string
	err  error
}

// openAsked shows a script; one that is not open is read off the screen.
func (m *Model) openAsked(a pane.OpenAsked) tea.Cmd {
	if rel, err := filepath.Rel(m.o.Project.Dir, m.abs(a.File)); err == nil && filepath.IsLocal(rel) {
		a.File = filepath.ToSlash(rel)
	}
	if m.work.editor.Has(a.File) {
		return m.shown(a)
	}
	return func() tea.Msg {
		src, err := session.ReadFile(m.abs(a.File), nil)
		return opened{a, src.Text, err}
	}
}

func (m *Model) opened(o opened) tea.Cmd {
	if o.err != nil {
		return m.say(pane.Fail, o.err.Error())
	}
	m.work.editor.Open(edit.NewDoc(o.ask.File, o.text))
	return m.shown(o.ask)
}

// shown brings the editor to the front, at a place.
func (m *Model) shown(a pane.OpenAsked) tea.Cmd {
	cmd := m.show(0)
	m.work.show(partEditor)
	m.work.editor.Go(a.Line, a.Column)
	m.store.dirty = true
	return cmd
}

// openNow opens a file before the first frame. One that is not there is begun.
func (m *Model) openNow(file string) {
	src, err := session.ReadFile(m.abs(file), nil)
	switch {
	case err == nil:
		if !m.work.editor.Has(file) {
			m.work.editor.Open(edit.NewDoc(file, src.Text))
		}
	case !fileIsThere(m.abs(file)):
		m.work.editor.Open(edit.NewDoc(file, ""))
		m.log.later(pane.Info, file+" is new: ctrl+s writes it")
	default:
		m.log.later(pane.Fail, err.Error())
	}
}

func fileIsThere(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// openFirst opens a script of the project, when nothing says which: the one that asks most.
func (m *Model) openFirst() {
	best, most := "", 0
	declared := slices.Concat(m.o.Project.Config.Tables.Both, m.o.Project.Config.Tables.Stream, m.o.Project.Config.Tables.Batch)
	for _, pattern := range []string{"sql/*.sql", "*.sql"} {
		files, _ := filepath.Glob(filepath.Join(m.o.Project.Dir, pattern)) // the pattern is ours
		for _, f := range files[:min(len(files), 50)] {
			rel, err := filepath.Rel(m.o.Project.Dir, f)
			if err != nil || slices.Contains(declared, filepath.ToSlash(rel)) {
				continue
			}
			text, err := os.ReadFile(f)
			if n := strings.Count(strings.ToUpper(string(text)), "SELECT"); err == nil && n > most {
				best, most = filepath.ToSlash(rel), n
			}
		}
	}
	if best != "" {
		m.openNow(best)
	}
}

// save writes the script to its file, whole or not at all.
func (m *Model) save() tea.Cmd {
	d := m.work.editor.Doc()
	if d.Path == "" {
		return m.askName()
	}
	text, number := d.Text(), d.Number()
	path := m.abs(d.Path)
	if onDisk, err := os.ReadFile(path); err == nil && string(onDisk) != d.OnDisk() && string(onDisk) != text && !m.work.insisted(d) {
		return m.say(pane.Warn, d.Path+" was changed outside; save again to write over it, or app.file.revert in the palette takes it")
	}
	if err := writeScript(path, text); err != nil {
		return m.say(pane.Fail, "not saved: "+err.Error())
	}
	d.Stored(text, number)
	m.store.dirty = true
	return tea.Batch(m.say(pane.Good, "saved "+d.Path), m.planAsked(pane.PlanAsked{}), m.listProject())
}

func writeScript(path, text string) error {
	if !fileIsThere(path) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return session.WriteFile(path, text, 0o644)
	}
	return session.ReplaceFile(path, text)
}

// askName gives a script without a file a name: sql/untitled-N.sql.
func (m *Model) askName() tea.Cmd {
	d := m.work.editor.Doc()
	for n := 1; ; n++ {
		name := fmt.Sprintf("sql/script-%d.sql", n)
		if !fileIsThere(m.abs(name)) && !slices.ContainsFunc(m.work.editor.Docs(), func(o *edit.Doc) bool { return o.Path == name }) {
			d.Path = name
			return m.save()
		}
	}
}

func (m *Model) newFile() tea.Cmd {
	m.work.editor.Add(edit.NewDoc("", ""))
	return m.shown(pane.OpenAsked{})
}

func (m *Model) closeFile() tea.Cmd {
	d := m.work.editor.Doc()
	if d.Dirty() && !m.work.insisted(d) {
		return m.say(pane.Warn, d.Name()+" is not saved; close it again to lose the changes, ctrl+s saves")
	}
	m.work.editor.Close()
	m.store.dirty = true
	return nil
}

func (m *Model) turn(by int) tea.Cmd {
	for i, d := range m.work.editor.Docs() {
		if d == m.work.editor.Doc() {
			m.work.editor.Show(i + by)
			m.store.dirty = true
			break
		}
	}
	return nil
}

// revert takes the text of the file; undo brings the other back.
func (m *Model) revert() tea.Cmd {
	d := m.work.editor.Doc()
	src, err := session.ReadFile(m.abs(d.Path), nil)
	if err != nil {
		return m.say(pane.Fail, err.Error())
	}
	d.SetText(src.Text)
	d.Stored(src.Text, d.Number())
	return m.say(pane.Info, "the file's text; undo brings yours back")
}

// edited says how the person's editor ended.
type edited struct {
	doc    *edit.Doc
	number int
	file   string
	err    error
}

// external opens the script in $VISUAL or $EDITOR at the cursor's line. The text comes back
// only if the editor ends well; whatever it does, the text here is kept.
func (m *Model) external() tea.Cmd {
	editor := "vi"
	for _, name := range []string{"EDITOR", "VISUAL"} {
		if e := strings.TrimSpace(m.o.Env(name)); e != "" {
			editor = e
		}
	}
	d := m.work.editor.Doc()
	f, err := os.CreateTemp("", "weir-*-"+strings.ReplaceAll(d.Name(), string(filepath.Separator), "_"))
	if err != nil {
		return m.say(pane.Fail, "no file for the editor: "+err.Error())
	}
	_, err = f.WriteString(d.Text())
	if err = errors.Join(err, f.Close()); err != nil {
		return m.say(pane.Fail, "no file for the editor: "+err.Error())
	}
	args := append(strings.Fields(editor), lineArgs(editor, d.Cursor().Line+1, f.Name())...)
	cmd := exec.Command(args[0], args[1:]...)
	if m.in != nil { // the terminal itself: what Bubble Tea reads and writes are pipes to a program
		cmd.Stdin, cmd.Stdout, cmd.Stderr = m.in, m.out, m.out
	}
	name, number := f.Name(), d.Number()
	return tea.ExecProcess(cmd, func(err error) tea.Msg { return edited{d, number, name, err} })
}

// lineArgs are the arguments that open a file at a line.
func lineArgs(editor string, line int, file string) []string {
	switch base := filepath.Base(strings.Fields(editor)[0]); {
	case strings.HasPrefix(base, "code"), base == "codium", base == "cursor":
		return []string{"--wait", "--goto", fmt.Sprintf("%s:%d", file, line)}
	case base == "subl", base == "hx", base == "helix", base == "zed":
		return []string{fmt.Sprintf("%s:%d", file, line)}
	case base == "vi", base == "vim", base == "nvim", base == "nano", base == "emacs", base == "emacsclient", base == "micro", base == "kak", base == "joe", base == "ne", base == "mg":
		return []string{fmt.Sprintf("+%d", line), file}
	}
	return []string{file}
}

func (m *Model) edited(e edited) tea.Cmd {
	defer os.Remove(e.file)
	if e.err != nil {
		return m.say(pane.Warn, "the editor failed ("+e.err.Error()+"): the text is as it was")
	}
	text, err := os.ReadFile(e.file)
	if err != nil {
		return m.say(pane.Fail, "what the editor left cannot be read: "+err.Error())
	}
	if string(text) == e.doc.Text() {
		return m.say(pane.Info, "nothing was changed in the editor")
	}
	e.doc.SetText(string(text))
	return m.say(pane.Good, "taken from the editor; undo goes back")
}
