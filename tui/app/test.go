package app

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/palette"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

// tests are those of the project and how they went last.
type tests struct {
	all     []*fixtures.Test
	wrong   string // why they cannot be listed whole
	results map[string][]*session.TestResult
	running int
}

type testDone struct {
	test    *fixtures.Test
	results []*session.TestResult
}

// listed is what a project has: scripts, fixtures, tests.
type listed struct {
	scripts, fixtures []string
	tests             []*fixtures.Test
	wrong             string
}

// listProject looks at what the project has, off the screen.
func (m *Model) listProject() tea.Cmd {
	return m.env.Project.Plan(func(s *session.Session) tea.Msg {
		var l listed
		var err error
		if l.scripts, err = s.Scripts(); err != nil {
			l.wrong = err.Error()
		}
		if l.fixtures, err = s.FixtureNames(); err != nil {
			l.wrong = err.Error()
		}
		if l.tests, err = s.Tests(nil); err != nil {
			l.wrong = err.Error()
		}
		return l
	})
}

func (m *Model) listed(l listed) tea.Cmd {
	m.work.scripts, m.work.fixtures, m.tests.all, m.tests.wrong = l.scripts, l.fixtures, l.tests, l.wrong
	m.fillCatalog()
	m.refresh("tests", "fixtures", "files")
	if l.wrong != "" {
		return m.say(pane.Warn, l.wrong)
	}
	return nil
}

// fillCatalog shows scripts, fixtures and tests in the catalog.
func (m *Model) fillCatalog() {
	notes := make([]string, len(m.work.scripts))
	m.work.catalog.SetExtra("Scripts", m.work.scripts, notes, func(i int) tea.Cmd {
		return m.openAsked(pane.OpenAsked{File: m.work.scripts[i]})
	})
	notes = make([]string, len(m.work.fixtures))
	for i, f := range m.work.fixtures {
		if f == m.fixture {
			notes[i] = "chosen"
		}
	}
	m.work.catalog.SetExtra("Fixtures", m.work.fixtures, notes, func(i int) tea.Cmd {
		return m.fixtureAsked(pane.FixtureAsked{Name: m.work.fixtures[i]})
	})
	var names []string
	notes = nil
	for _, t := range m.tests.all {
		names = append(names, t.Name)
		notes = append(notes, m.tests.sign(m.env.Styles, t.Name))
	}
	m.work.catalog.SetExtra("Tests", names, notes, func(i int) tea.Cmd {
		return m.testsAsked(pane.TestsAsked{Name: names[i]})
	})
}

// sign says how a test went last.
func (t *tests) sign(st *styles.Styles, name string) string {
	rs, ok := t.results[name]
	if !ok {
		return ""
	}
	for _, r := range rs {
		if len(r.Failures) > 0 {
			return st.Glyphs.Cross
		}
	}
	return st.Glyphs.Check
}

// summary counts how the tests went, for a frame.
func (t *tests) summary(st *styles.Styles) string {
	good, bad := 0, 0
	for name := range t.results {
		if t.sign(st, name) == st.Glyphs.Cross {
			bad++
		} else {
			good++
		}
	}
	if good+bad == 0 {
		return ""
	}
	text := st.Good.Render(fmt.Sprintf("tests %d %s", good, st.Glyphs.Check))
	if bad > 0 {
		text += " " + st.Error.Render(fmt.Sprintf("%d %s", bad, st.Glyphs.Cross))
	}
	return text
}

// failure is a failed test in a line.
type failure struct {
	text string
	more string
	open func() tea.Cmd
}

// failed lists what did not hold, test by test.
func (t *tests) failed() (out []failure) {
	for _, test := range t.all {
		for _, r := range t.results[test.Name] {
			for _, f := range r.Failures {
				text := fmt.Sprintf("test %s (%s): %s", test.Name, r.Mode, f.Primary)
				file, line := f.File, f.Line
				if file == "" {
					file, line = test.File, test.Line
				}
				more := strings.Join(f.Details, "\n")
				if f.Hint != "" {
					more += "\n" + f.Hint
				}
				out = append(out, failure{text, more, func() tea.Cmd {
					return func() tea.Msg { return pane.OpenAsked{File: file, Line: line} }
				}})
			}
		}
	}
	return out
}

// testsAsked runs tests, each in every mode it is for.
func (m *Model) testsAsked(a pane.TestsAsked) tea.Cmd {
	var cmds []tea.Cmd
	for _, t := range m.tests.all {
		if a.Name != "" && t.Name != a.Name {
			continue
		}
		m.tests.running++
		cmds = append(cmds, m.env.Project.Alone(func(s *session.Session) tea.Msg {
			modes, err := session.ParseModes(t.Mode)
			if err != nil || len(modes) == 0 {
				modes = []session.Mode{s.DefaultMode()}
			}
			done := testDone{test: t}
			for _, mode := range modes {
				done.results = append(done.results, s.Test(m.ctx, t, mode))
			}
			return done
		}))
	}
	if len(cmds) == 0 {
		return m.say(pane.Info, "there is no such test; tests lie in fixtures/NAME/test.yaml")
	}
	// One after the other: tests use all cores as it is.
	return tea.Batch(m.work1(pane.Busy{Name: "tests", Text: fmt.Sprintf("%d tests", m.tests.running)}), tea.Sequence(cmds...))
}

func (m *Model) testDone(d testDone) tea.Cmd {
	if m.tests.results == nil {
		m.tests.results = map[string][]*session.TestResult{}
	}
	m.tests.results[d.test.Name] = d.results
	m.tests.running--
	m.fillCatalog()
	m.refresh("tests")
	if m.tests.running > 0 {
		return nil
	}
	delete(m.busy, "tests")
	if n := len(m.tests.failed()); n > 0 {
		return m.say(pane.Fail, fmt.Sprintf("tests: %d expectations do not hold", n))
	}
	return m.say(pane.Good, fmt.Sprintf("tests: %d passed", len(m.tests.results)))
}

// testItems lists the tests for the overlay, with what failed beside them.
func (m *Model) testItems() []palette.Item {
	var items []palette.Item
	for _, t := range m.tests.all {
		it := palette.Item{Text: t.Name, Note: t.Script + " " + t.Mode, Mark: " "}
		if s := m.tests.sign(m.env.Styles, t.Name); s != "" {
			it.Mark = s
		}
		var more []string
		if t.About != "" {
			more = append(more, t.About)
		}
		for _, r := range m.tests.results[t.Name] {
			verdict := "passed"
			if len(r.Failures) > 0 {
				verdict = "failed"
			}
			more = append(more, fmt.Sprintf("%s: %s in %s", r.Mode, verdict, r.Elapsed.Round(1e6)))
			for _, f := range r.Failures {
				more = append(more, "  "+f.Primary)
				more = append(more, f.Details...)
			}
		}
		it.More = strings.Join(more, "\n")
		it.Run = func() tea.Cmd { return func() tea.Msg { return pane.TestsAsked{Name: t.Name} } }
		items = append(items, it)
	}
	if len(items) > 1 {
		items = slices.Insert(items, 0, palette.Item{Text: "all tests", Note: fmt.Sprint(len(m.tests.all)), Mark: " ",
			Run: func() tea.Cmd { return func() tea.Msg { return pane.TestsAsked{} } }})
	}
	return items
}
