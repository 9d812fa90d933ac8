package pane

import (
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// The messages that panes share. Everything in them that came from data, names or
// errors is raw: who shows it passes it through session/term.
type (
	// SQLChanged says that the script in the editor is another. Number grows.
	SQLChanged struct {
		Number int
		Source diag.Source
	}
	// PlanReady answers a SQLChanged, or a changed mode or overlay: the script planned
	// in the mode at hand. Plan is nil if Problems has an error; Last is then the last
	// plan that there was of this script, nil if there was none. Answers that were
	// overtaken never arrive.
	PlanReady struct {
		Number   int
		Source   diag.Source
		Mode     session.Mode
		Plan     *session.Plan
		Last     *session.Plan
		Problems diag.List
		Took     time.Duration
	}
	// Studied comes some time after PlanReady: what is known of the same script beyond its plan.
	// Fixes are by place in PlanReady.Problems.
	Studied struct {
		Number     int
		Vocabulary *session.Vocabulary
		Fixes      map[int]*session.Fix
	}
	// PlanAsked has the script planned again: the overlay or the files of the project are others.
	PlanAsked struct{}
	// OperatorChosen says that an operator of the last plan was chosen, by its uid; ""
	// takes the choice back. The editor marks its SQL.
	OperatorChosen struct{ UID string }
	// SpanChosen says that a place of the script was chosen. Topology marks its operators.
	SpanChosen struct{ Span diag.Span }
	// ModeChanged says in which mode the script is planned and run from now on.
	ModeChanged struct{ Mode session.Mode }
	// ModeAsked asks for another mode.
	ModeAsked struct{ Mode session.Mode }
	// FixtureChanged says over which fixture things are run; "" is the declared sources.
	FixtureChanged struct{ Name string }
	// FixtureAsked asks for another fixture.
	FixtureAsked struct{ Name string }
	// RunAsked asks Debug to run something: the whole script, or the statements of it
	// that Source holds. Sinks stay muted unless Sinks is set.
	RunAsked struct {
		Source  diag.Source
		Mode    session.Mode
		Fixture string // "" = the declared sources
		Sinks   bool
		Here    bool // the rows are shown beside the script, not on the Debug screen
	}
	// OpenAsked opens a file of the project in the editor; Line and Column count from 1,
	// 0 leaves the cursor where it was.
	OpenAsked struct {
		File         string
		Line, Column int
	}
	// FocusAsked shows a screen by its name ("Topology"), and in it what is named Part if it knows it.
	FocusAsked struct{ Screen, Part string }
	// TestsAsked runs the tests of the project; Name "" means all.
	TestsAsked struct{ Name string }
	// Toast tells something in passing. It stays in the message log.
	Toast struct {
		Level Level
		Text  string
	}
	// Busy says that something takes time; the app shows it once that is over 300 ms.
	// The same Name ends it with Done. Cancel, if there is one, is what ctrl+c calls. It goes
	// before the work in a tea.Sequence: side by side, the end of what is quick can come first.
	Busy struct {
		Name   string // stable: "run 3"
		Text   string // "run spend.sql: 1,204 rows"
		Done   bool
		Cancel func()
	}
	// CopyAsked asks for a text to be put into the clipboard; the app says which way it went.
	CopyAsked struct {
		Text string
		What string // "3 rows", for the toast
	}
	// RunMeasured are the figures of a run of a script, while it goes on and once at its end.
	RunMeasured struct {
		ID, Script string
		Metrics    session.Metrics
		State      map[string]int64 // bytes by uid, of the newest checkpoint; nil = none
		Over       bool
	}
	// RunBegan says that a run of a script goes on; it can be tapped until Run.Done is closed.
	RunBegan struct {
		ID, Script string
		What       string // what it is called: "job 20261120-1000"
		Run        *session.Run
	}
	// TapAsked taps what passes an edge, FROM:TO, or what an operator gives: of the run of the script
	// that goes on, else of one over the fixture. What is tapped already is closed.
	TapAsked struct{ Edge string }
	// TapsChanged says which operators are tapped, by name, and how many rows were seen.
	TapsChanged struct {
		Script string
		Rows   map[string]int
	}
	// Tick comes once a second while something moves, so that panes can age what they show.
	Tick struct{ Now time.Time }
)

// Level is how bad a message is.
type Level uint8

// The levels.
const (
	Info Level = iota
	Good
	Warn
	Fail
)

func (l Level) String() string { return [...]string{"info", "ok", "warning", "error"}[l] }
