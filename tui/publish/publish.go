// Package publish is the dialog that makes a stream job and a batch job of a script: what each
// is set to, whether it plans, and the files that would be written, which are written once a
// person has said so.
package publish

import (
	"errors"
	"maps"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/pane"
)

// modes are the columns of the dialog.
var modes = [2]session.Mode{session.Stream, session.Batch}

// Dialog is the publication of one script.
type Dialog struct {
	env    *pane.Env
	script string // from the project's folder
	name   string // of the jobs; "" = the script's
	only   session.Mode
	force  bool
	edits  map[session.Mode]map[string]string

	number  int // of the check that was asked for last
	asked   int // the check that is under way
	verdict verdict

	row, col   int // of the settings
	first      int
	files      bool // the focus is on the files
	file       int  // the one whose text is shown
	scroll     int
	typing     *typing
	confirming bool
	saving     bool
	w, h       int
}

// typing is a field that is being typed into.
type typing struct {
	label string
	line  pane.Line
	take  func(text string) tea.Cmd
}

// verdict is what a check found, by mode.
type verdict struct {
	of     *Dialog
	number int
	base   map[session.Mode]map[string]string // what was published before
	pubs   map[session.Mode]*session.Publication
	lists  map[session.Mode]diag.List
	errs   map[session.Mode]error
	tables map[session.Mode]tables
	src    diag.Source
}

// tables are those that a job can be told of.
type tables struct{ reads, writes []string }

// savedMsg says how writing went.
type savedMsg struct {
	of     *Dialog
	number int
	paths  []string
	err    error
}

// errChanged says that what would be written is not what was shown.
var errChanged = errors.New("the script or the jobs changed meanwhile: look again")

// New makes the dialog of a script, which is named from the project's folder.
func New(env *pane.Env, script string) *Dialog {
	return &Dialog{env: env, script: script, edits: map[session.Mode]map[string]string{session.Stream: {}, session.Batch: {}}}
}

// Script is the script that is published.
func (d *Dialog) Script() string { return d.script }

// SetSize gives the room of the whole screen.
func (d *Dialog) SetSize(w, h int) { d.w, d.h = w, h }

// Size is how large the dialog is.
func (d *Dialog) Size() (w, h int) { return max(40, min(d.w-4, 150)), max(9, min(d.h-4, 46)) }

// chosen are the modes that are published.
func (d *Dialog) chosen() []session.Mode {
	if d.only != "" {
		return []session.Mode{d.only}
	}
	return modes[:]
}

// asks is what is published, in some modes.
func (d *Dialog) asks(of []session.Mode) session.Publishing {
	o := session.Publishing{Script: d.env.Project.Path(d.script), Name: d.name, Modes: of, Force: d.force, Settings: map[session.Mode][]session.JobSetting{}}
	for mode, set := range d.edits {
		for _, key := range slices.Sorted(maps.Keys(set)) {
			value := set[key]
			if key == "parallelism" && value == "" {
				value = "0" // the project's
			}
			o.Settings[mode] = append(o.Settings[mode], session.JobSetting{Key: key, Value: value})
		}
	}
	return o
}

// Check plans the jobs as they would run, off the screen.
func (d *Dialog) Check() tea.Cmd {
	d.number++
	d.confirming = false
	if d.asked != 0 {
		return nil // the answer to it asks again
	}
	return d.check()
}

func (d *Dialog) check() tea.Cmd {
	d.asked = d.number
	number, of, script, o := d.number, d.chosen(), d.script, d.asks(nil)
	return d.env.Project.Plan(func(s *session.Session) tea.Msg {
		v := verdict{of: d, number: number, base: map[session.Mode]map[string]string{}, pubs: map[session.Mode]*session.Publication{},
			lists: map[session.Mode]diag.List{}, errs: map[session.Mode]error{}, tables: map[session.Mode]tables{}}
		v.src, _ = s.ReadScript(o.Script, nil) // Publish says what is wrong with it
		for _, mode := range of {
			one := o
			one.Modes = []session.Mode{mode}
			name := one
			name.Script = script
			before, err := s.Published(name, mode)
			if err != nil {
				v.errs[mode] = err
				continue
			}
			if before != nil {
				v.base[mode] = before.Values()
				v.tables[mode] = tables{before.Reads, before.Writes}
			}
			v.pubs[mode], v.lists[mode], v.errs[mode] = s.Publish(one)
			if p := v.pubs[mode]; p != nil && len(p.Jobs) > 0 {
				v.tables[mode] = tables{p.Jobs[0].Reads, p.Jobs[0].Writes}
			}
		}
		return v
	})
}

// Update takes a message.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case verdict:
		if msg.of != d || msg.number != d.asked {
			return nil
		}
		d.asked = 0
		for mode, t := range d.verdict.tables { // tables of a script that has errors now are still to be seen
			if _, ok := msg.tables[mode]; !ok {
				msg.tables[mode] = t
			}
		}
		d.verdict = msg
		d.file = max(0, min(d.file, len(d.written())-1))
		d.row = max(0, min(d.row, len(d.rows())-1))
		if msg.number != d.number {
			return d.check()
		}
	case savedMsg:
		if msg.of != d || !d.saving {
			return nil
		}
		d.saving = false
		if msg.err != nil {
			return tea.Batch(d.Check(), pane.Send(pane.Toast{Level: pane.Fail, Text: "nothing was published: " + msg.err.Error()}))
		}
		for _, set := range d.edits {
			clear(set)
		}
		d.force = false
		return tea.Batch(d.Check(), pane.Send(pane.Toast{Level: pane.Good, Text: "wrote " + strings.Join(msg.paths, ", ")}))
	}
	return nil
}

// checking reports whether what is shown is not yet what is set.
func (d *Dialog) checking() bool { return d.asked != 0 || d.verdict.number == 0 }

// written are the files of the jobs as they would be written.
func (d *Dialog) written() []session.PublishedFile {
	var out []session.PublishedFile
	for _, mode := range d.chosen() {
		if p := d.verdict.pubs[mode]; p != nil {
			out = append(out, p.Files...)
		}
	}
	return out
}

// notReady says why there is nothing to write; "" = there is.
func (d *Dialog) notReady() string {
	if d.saving {
		return "it is being written"
	}
	if d.checking() {
		return "the jobs are being checked"
	}
	for _, mode := range d.chosen() {
		if d.verdict.pubs[mode] == nil {
			return "the " + string(mode) + " job has errors"
		}
	}
	if len(d.news()) == 0 {
		return "nothing is new: the files are as they would be"
	}
	return ""
}

// news are the paths of the files that would be written.
func (d *Dialog) news() []string {
	var out []string
	for _, f := range d.written() {
		if f.State == "new" || f.State == "changed" {
			out = append(out, f.Path)
		}
	}
	return out
}

// save writes what was shown, and nothing if it would be something else by now.
func (d *Dialog) save() tea.Cmd {
	d.confirming, d.saving = false, true
	number, o, shown, paths := d.number, d.asks(d.chosen()), d.written(), d.news()
	return d.env.Project.Plan(func(s *session.Session) tea.Msg {
		p, list, err := s.Publish(o)
		switch {
		case err != nil:
		case list.HasErrors() || !slices.EqualFunc(p.Files, shown, func(a, b session.PublishedFile) bool {
			return a.Path == b.Path && a.Text == b.Text && a.State == b.State
		}):
			err = errChanged
		default:
			err = p.Save()
		}
		return savedMsg{d, number, paths, err}
	})
}

// set changes a field of a mode's job; what it was before takes the edit back.
func (d *Dialog) set(mode session.Mode, key, value string) tea.Cmd {
	if value == d.verdict.base[mode][key] {
		delete(d.edits[mode], key)
	} else {
		d.edits[mode][key] = value
	}
	return d.Check()
}

// value is what a field of a mode's job is set to.
func (d *Dialog) value(mode session.Mode, key string) (text string, edited bool) {
	if v, ok := d.edits[mode][key]; ok {
		return v, true
	}
	return d.verdict.base[mode][key], false
}

// Key takes a key; done tells that the dialog is to close.
func (d *Dialog) Key(k tea.KeyMsg) (cmd tea.Cmd, done bool) {
	if t := d.typing; t != nil {
		switch k.String() {
		case "esc", "ctrl+c":
			d.typing = nil
		case "enter":
			d.typing = nil
			return t.take(strings.TrimSpace(t.line.Text())), false
		default:
			t.line.Update(k)
		}
		return nil, false
	}
	return d.press(k)
}
