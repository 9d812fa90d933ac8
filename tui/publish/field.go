package publish

import (
	"maps"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/pane"
)

// field is a row of the settings.
type field struct {
	key   string // as `weir publish` takes it
	empty string // what holds where nothing is set
	// not says why a mode's job does not have the field; "" = it has.
	not map[session.Mode]string
}

// fixed are the fields of every job, before and behind those of its tables.
var (
	fixed = []field{
		{key: "parallelism", empty: "the project's"},
		{key: "memory", empty: "no limit"},
		{key: "overlay", empty: "the script's"},
	}
	behind = []field{
		{key: "checkpoint.dir", empty: "none", not: map[session.Mode]string{session.Batch: "checkpoints are the stream's; a batch that fails is run again"}},
		{key: "checkpoint.interval", empty: "none", not: map[session.Mode]string{session.Batch: "checkpoints are the stream's; a batch that fails is run again"}},
		{key: "schedule", empty: "by hand", not: map[session.Mode]string{session.Stream: "a stream runs all the time; the batch has a schedule"}},
		{key: "zone", empty: "UTC"},
	}
)

// rows are the settings: the fixed ones, where its tables begin, which tables it writes, and
// what is set beside.
func (d *Dialog) rows() []field {
	out := slices.Clone(fixed)
	add := func(key, empty string) {
		if !slices.ContainsFunc(out, func(f field) bool { return f.key == key }) {
			out = append(out, field{key: key, empty: empty})
		}
	}
	for _, head := range []string{"start", "sinks"} {
		var names []string
		for _, mode := range modes {
			t := d.verdict.tables[mode]
			list := t.reads
			if head == "sinks" {
				list = d.ofScript(mode, t.writes)
			}
			names = append(names, list...)
		}
		names = append(names, d.named(head)...)
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			add(head+"."+n, map[string]string{"start": "as declared", "sinks": "the same table"}[head])
		}
	}
	out = append(out, behind...)
	for _, head := range []string{"config", "variables"} {
		for _, n := range d.named(head) {
			add(head+"."+n, "not set")
		}
	}
	return out
}

// named are the names behind a head that something is set for.
func (d *Dialog) named(head string) []string {
	names := map[string]bool{}
	for _, mode := range modes {
		for _, set := range []map[string]string{d.verdict.base[mode], d.edits[mode]} {
			for key := range set {
				if rest, ok := strings.CutPrefix(key, head+"."); ok {
					names[rest] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// ofScript leaves those out of the tables that a job writes which take the place of another.
func (d *Dialog) ofScript(mode session.Mode, writes []string) []string {
	instead := map[string]bool{}
	for _, n := range d.named("sinks") {
		if v, _ := d.value(mode, "sinks."+n); v != "" {
			instead[v] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(writes), func(n string) bool { return instead[n] })
}

// why says why a cell cannot be set.
func (d *Dialog) why() string {
	f := d.rows()[d.row]
	mode := modes[d.col]
	if d.only != "" && d.only != mode {
		return "only the " + string(d.only) + " job is published"
	}
	return f.not[mode]
}

// edit types into the cell at the cursor.
func (d *Dialog) edit() tea.Cmd {
	f, mode := d.rows()[d.row], modes[d.col]
	d.typing = &typing{label: string(mode) + " " + f.key, take: func(text string) tea.Cmd { return d.set(mode, f.key, text) }}
	now, _ := d.value(mode, f.key)
	d.typing.line.Set(now)
	return nil
}

// add types a field that is not among the rows.
func (d *Dialog) add() tea.Cmd {
	mode := modes[d.col]
	d.typing = &typing{label: "more of the " + string(mode) + " job: field=value, as config.KEY=… or variables.NAME=…", take: func(text string) tea.Cmd {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return pane.Send(pane.Toast{Level: pane.Warn, Text: "a field and its value, as variables.city=Berlin"})
		}
		if key = strings.TrimSpace(key); diag.IsSecretKey(key) {
			return pane.Send(pane.Toast{Level: pane.Fail, Text: key + " looks like a secret, and a job file is read by many: give it by --set or --var where the job is run"})
		}
		return d.set(mode, key, strings.TrimSpace(value))
	}}
	return nil
}

// rename types the name of the jobs.
func (d *Dialog) rename() tea.Cmd {
	d.typing = &typing{label: "name of the jobs", take: func(text string) tea.Cmd { d.name = text; return d.Check() }}
	d.typing.line.Set(d.jobName())
	return nil
}

// jobName is how the jobs are called.
func (d *Dialog) jobName() string {
	if d.name != "" {
		return d.name
	}
	name := d.script[strings.LastIndexByte(d.script, '/')+1:]
	return strings.TrimSuffix(name, ".sql")
}

// next publishes both, the stream, the batch.
func (d *Dialog) next() tea.Cmd {
	d.only = map[session.Mode]session.Mode{"": session.Stream, session.Stream: session.Batch, session.Batch: ""}[d.only]
	if d.only == session.Batch {
		d.col = 1
	} else if d.only == session.Stream {
		d.col = 0
	}
	return d.Check()
}
