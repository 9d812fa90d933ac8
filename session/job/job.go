// Package job holds published jobs as plain data: the file of a job, what it needs before it runs, and the files by which
// schedulers run it.
package job

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/weir-sql/weir/planner/diag"
)

// Format is the version of job files.
const Format = 1

// Job is one task of a script: how it runs as a stream, or as a batch. Paths are from the project's folder.
type Job struct {
	Format      int               `yaml:"job"`
	Name        string            `yaml:"name"`
	Script      string            `yaml:"script"`
	Mode        string            `yaml:"mode"` // stream or batch
	Parallelism int               `yaml:"parallelism"`
	Memory      string            `yaml:"memory"`
	Overlay     string            `yaml:"overlay"` // "" = the one beside the script
	Config      map[string]string `yaml:"config"`
	Variables   map[string]string `yaml:"variables"`
	Start       map[string]string `yaml:"start"` // by table: earliest, latest, group, or a time
	Sinks       map[string]string `yaml:"sinks"` // by table of the script: the table that is written in this mode, or none
	Checkpoint  Checkpoint        `yaml:"checkpoint"`
	Schedule    string            `yaml:"schedule"` // as cron has it; "" = it is started by hand
	Zone        string            `yaml:"zone"`     // of the schedule and the business date
	Reads       []string          `yaml:"reads"`
	Writes      []string          `yaml:"writes"`
	Needs       []Need            `yaml:"needs"`
	Files       map[string]string `yaml:"files"` // hashes of the scheduler files that were written with it
}

// Checkpoint says where a stream keeps its state; it goes on from there when it is started again.
type Checkpoint struct {
	Dir      string `yaml:"dir"`
	Interval string `yaml:"interval"`
}

// Need is what must be there before a job can run for a business date. Texts hold variables.
type Need struct {
	Table     string `yaml:"table"`
	Job       string `yaml:"job"`       // a published job that writes it
	Partition string `yaml:"partition"` // dt=${bizdate}
	Path      string `yaml:"path"`      // of the folder or file
	Watermark string `yaml:"watermark"` // a day whose beginning the table's watermark must have passed
}

// String prints a need for people.
func (n Need) String() string {
	var parts []string
	switch {
	case n.Partition != "":
		parts = append(parts, "partition "+n.Partition)
	case n.Path != "":
		parts = append(parts, "files at "+n.Path)
	}
	if n.Watermark != "" {
		parts = append(parts, "watermark past "+n.Watermark)
	}
	if n.Job != "" {
		parts = append(parts, "written by job "+n.Job)
	}
	return n.Table + ": " + strings.Join(parts, ", ")
}

// Parse reads a job file.
func Parse(src diag.Source) (*Job, error) {
	fail := func(format string, args ...any) *diag.Diagnostic {
		return &diag.Diagnostic{Severity: diag.Error, Code: "W0670", File: src.Name, Primary: fmt.Sprintf(format, args...)}
	}
	j := &Job{}
	if err := yaml.UnmarshalWithOptions([]byte(src.Text), j, yaml.Strict()); err != nil {
		d := fail("this is no job file")
		return nil, d.WithDetail("%s", strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	switch {
	case j.Format != Format:
		return nil, fail("the job file has format %d, this weir reads %d", j.Format, Format)
	case j.Script == "":
		return nil, fail("the job names no script")
	case j.Mode != "stream" && j.Mode != "batch":
		return nil, fail("mode %q is neither stream nor batch", j.Mode)
	}
	if err := j.Check(); err != nil {
		return nil, fail("%v", err)
	}
	return j, nil
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Check says what cannot be of a job's settings.
func (j *Job) Check() error {
	if j.Parallelism < 0 || j.Parallelism > 4096 {
		return fmt.Errorf("parallelism is between 1 and 4096, or 0 for the project's, not %d", j.Parallelism)
	}
	if !nameForm.MatchString(j.Name) {
		return fmt.Errorf("%q is no name of a job: it names files and tasks, and has letters, digits, _, - and dots only", j.Name)
	}
	if _, err := time.LoadLocation(j.Zone); err != nil {
		return fmt.Errorf("zone %q is not known; write one such as Asia/Shanghai", j.Zone)
	}
	if j.Schedule != "" {
		if _, err := parseCron(j.Schedule); err != nil {
			return err
		}
	}
	for _, key := range slices.Concat(slices.Sorted(maps.Keys(j.Config)), slices.Sorted(maps.Keys(j.Variables))) {
		if diag.IsSecretKey(key) {
			return fmt.Errorf("%q looks like a secret, and a job file is read by many: give it by --set or --var where the job is run", key)
		}
	}
	if j.Mode == "stream" && j.Schedule != "" {
		return fmt.Errorf("a stream runs all the time and has no schedule; the batch has")
	}
	if j.Mode == "batch" && j.Checkpoint != (Checkpoint{}) {
		return fmt.Errorf("checkpoints are the stream's; a batch that fails is run again")
	}
	return nil
}

// Set sets a field by its name, as flags and the specification of a publication do: parallelism=8, start.orders=latest.
func (j *Job) Set(key, value string) error {
	head, rest, dotted := strings.Cut(key, ".")
	put := func(m *map[string]string) error {
		if !dotted || rest == "" {
			return fmt.Errorf("%s takes a name: %s.NAME=…", head, head)
		}
		if *m == nil {
			*m = map[string]string{}
		}
		if value == "" {
			delete(*m, rest)
		} else {
			(*m)[rest] = value
		}
		return nil
	}
	texts := j.texts()
	switch {
	case key == "parallelism":
		n := 0
		if _, err := fmt.Sscanf(value, "%d", &n); err != nil || fmt.Sprint(n) != value {
			return fmt.Errorf("parallelism is a number, not %q", value)
		}
		j.Parallelism = n
	case texts[key] != nil:
		*texts[key] = value
	case head == "start":
		return put(&j.Start)
	case head == "sinks":
		return put(&j.Sinks)
	case head == "config":
		return put(&j.Config)
	case head == "variables":
		return put(&j.Variables)
	default:
		keys := append(slices.Sorted(maps.Keys(texts)), "parallelism", "start.TABLE", "sinks.TABLE", "config.KEY", "variables.NAME")
		if near := diag.Nearest(key, keys); near != "" {
			return fmt.Errorf("a job has no %q; did you mean %s?", key, near)
		}
		return fmt.Errorf("a job has no %q; it has %s", key, strings.Join(keys, ", "))
	}
	return nil
}

// Values are the fields that Set sets, by name, where they are set.
func (j *Job) Values() map[string]string {
	out := map[string]string{}
	if j.Parallelism != 0 {
		out["parallelism"] = strconv.Itoa(j.Parallelism)
	}
	for key, text := range j.texts() {
		if *text != "" {
			out[key] = *text
		}
	}
	for head, m := range map[string]map[string]string{"start": j.Start, "sinks": j.Sinks, "config": j.Config, "variables": j.Variables} {
		for name, text := range m {
			out[head+"."+name] = text
		}
	}
	return out
}

// texts are the fields that hold one text.
func (j *Job) texts() map[string]*string {
	return map[string]*string{"memory": &j.Memory, "overlay": &j.Overlay, "schedule": &j.Schedule, "zone": &j.Zone,
		"checkpoint.dir": &j.Checkpoint.Dir, "checkpoint.interval": &j.Checkpoint.Interval}
}

// Changes lists in words what differs between a job and the one that takes its place, a field a line.
func Changes(before, after *Job) []string {
	var out []string
	a, b := before.fields(), after.fields()
	for i, f := range a {
		if f.text != b[i].text {
			out = append(out, fmt.Sprintf("%s: %s → %s", f.key, orNothing(f.text), orNothing(b[i].text)))
		}
	}
	return out
}

func orNothing(text string) string {
	if text == "" || text == "{}" || text == "[]" {
		return "nothing"
	}
	return strings.Join(strings.Fields(text), " ")
}
