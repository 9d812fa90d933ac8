package session

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session/job"
	"github.com/weir-sql/weir/session/variable"
)

// JobSetting is one field of a job that a person sets: parallelism, start.orders.
type JobSetting struct{ Key, Value string }

// Publishing says what is published.
type Publishing struct {
	Script   string // path of the script
	Name     string // of the jobs; "" = the script's
	Dir      string // where jobs lie, in the project's folder; "" = jobs
	Modes    []Mode // nil = both
	Settings map[Mode][]JobSetting
	Force    bool // write scheduler files that were edited by hand anew
}

// PublishedFile is a file of a publication.
type PublishedFile struct {
	Path    string // from the project's folder
	Text    string
	State   string   // new, changed, unchanged or kept
	Changes []string // what is not as it was, a field each
}

// Publication is what publishing a script writes. Nothing is written before Save.
type Publication struct {
	Jobs  []*job.Job
	Files []PublishedFile
	dir   string
}

// ReadSettings reads the settings of a publication from YAML: a mapping for stream and one for batch, with the fields of a job.
func ReadSettings(src diag.Source) (name string, settings map[Mode][]JobSetting, err error) {
	var spec struct {
		Name   string         `yaml:"name"`
		Stream map[string]any `yaml:"stream"`
		Batch  map[string]any `yaml:"batch"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(src.Text), &spec, yaml.Strict()); err != nil {
		return "", nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0670", File: src.Name, Primary: "the settings of a publication are name, stream and batch",
			Detail: strings.TrimSpace(yaml.FormatError(err, false, true))}
	}
	settings = map[Mode][]JobSetting{}
	for mode, fields := range map[Mode]map[string]any{Stream: spec.Stream, Batch: spec.Batch} {
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			if inner, ok := fields[key].(map[string]any); ok {
				for _, k := range slices.Sorted(maps.Keys(inner)) {
					settings[mode] = append(settings[mode], JobSetting{key + "." + k, fmt.Sprint(inner[k])})
				}
				continue
			}
			settings[mode] = append(settings[mode], JobSetting{key, fmt.Sprint(fields[key])})
		}
	}
	return spec.Name, settings, nil
}

// Publish makes the jobs of a script: how it runs as a stream and how as a batch, each checked as it would run. What was
// published before is the base; settings change it, and what the script says is found anew. The list has the problems of both.
func (s *Session) Publish(o Publishing) (*Publication, diag.List, error) {
	script, err := s.inProject(o.Script)
	if err != nil {
		return nil, nil, err
	}
	src, err := s.ReadScript(o.Script, nil)
	if err != nil {
		return nil, nil, err
	}
	o.name(script)
	if o.Modes == nil {
		o.Modes = []Mode{Stream, Batch}
	}
	p := &Publication{dir: s.Project.Dir}
	var list diag.List
	seen := map[string]bool{}
	for _, mode := range o.Modes {
		problems, err := s.publish(p, o, script, src, mode)
		for _, d := range problems {
			if text := diag.Print(src, d); !seen[text] { // most are those of both modes
				seen[text] = true
				list.Add(d)
			}
		}
		if err != nil {
			return nil, list, err
		}
	}
	if list.HasErrors() {
		return nil, list, nil
	}
	return p, list, nil
}

// name fills in how jobs are called and where they lie.
func (o *Publishing) name(script string) {
	if o.Name == "" {
		o.Name = strings.TrimSuffix(filepath.Base(script), ".sql")
	}
	if o.Dir == "" {
		o.Dir = "jobs"
	}
}

// file is that of a mode's job, from the project's folder.
func (o *Publishing) file(mode Mode) string {
	return filepath.ToSlash(filepath.Join(o.Dir, o.Name+"."+string(mode)+".yaml"))
}

// Published is the job that was published of a script for a mode, on which publishing again builds; nil = none was.
func (s *Session) Published(o Publishing, mode Mode) (*job.Job, error) {
	o.name(o.Script)
	file := o.file(mode)
	text, err := s.existing(file)
	if err != nil || text == "" {
		return nil, err
	}
	return job.Parse(diag.Source{Name: file, Text: text})
}

// publish adds the files of one mode.
func (s *Session) publish(p *Publication, o Publishing, script string, src diag.Source, mode Mode) (diag.List, error) {
	file := o.file(mode)
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return nil, diag.Errorf("W0673", diag.Span{}, "jobs lie in the project's folder, not in %q", o.Dir)
	}
	j := &job.Job{Format: job.Format, Name: o.Name, Script: script, Mode: string(mode)}
	var before *job.Job
	old, err := s.existing(file)
	if err != nil {
		return nil, err
	}
	if old != "" {
		if before, err = job.Parse(diag.Source{Name: file, Text: old}); err != nil {
			return nil, err
		}
		again := *before
		again.Config, again.Variables, again.Start, again.Sinks = maps.Clone(before.Config), maps.Clone(before.Variables), maps.Clone(before.Start), maps.Clone(before.Sinks)
		again.Files = maps.Clone(before.Files)
		j = &again
		j.Name, j.Script, j.Mode = o.Name, script, string(mode)
	}
	for _, set := range o.Settings[mode] {
		if err := j.Set(set.Key, set.Value); err != nil {
			return nil, diag.Errorf("W0673", diag.Span{}, "%s: %v", mode, err)
		}
	}
	if err := j.Check(); err != nil {
		return nil, diag.Errorf("W0673", diag.Span{}, "%s: %v", mode, err)
	}
	list, err := s.examine(j, src, o.Dir)
	if err != nil || list.HasErrors() {
		return list, err
	}
	files, err := j.Schedulers(file)
	if err != nil {
		return list, err
	}
	if len(files) > 0 && j.Files == nil {
		j.Files = map[string]string{}
	}
	var scheduler []PublishedFile
	for _, f := range files {
		out, err := s.schedulerFile(j, filepath.ToSlash(filepath.Join(o.Dir, f.Name)), f, o.Force)
		if err != nil {
			return list, err
		}
		scheduler = append(scheduler, out)
	}
	out := PublishedFile{Path: file, State: "new", Text: j.Render(nil)}
	if before != nil {
		out.Changes = job.Changes(before, j)
		out.Text, out.State = j.Render(job.Comments(old)), "changed"
		if len(out.Changes) == 0 {
			out.Text, out.State = old, "unchanged"
		}
	}
	p.Jobs = append(p.Jobs, j)
	p.Files = append(append(p.Files, out), scheduler...)
	return list, nil
}

// schedulerFile decides about a file of a scheduler: one that was edited since it was written is kept.
func (s *Session) schedulerFile(j *job.Job, path string, f job.SchedulerFile, force bool) (PublishedFile, error) {
	out := PublishedFile{Path: path, Text: f.Text, State: "new"}
	old, err := s.existing(path)
	switch {
	case err != nil:
		return out, err
	case old == f.Text:
		out.State = "unchanged"
	case old != "" && hashOf(old) != j.Files[f.Name] && !force:
		out.Text, out.State = old, "kept"
		out.Changes = []string{"it was edited since it was published; --force writes it anew"}
		return out, nil
	case old != "":
		out.State = "changed"
		out.Changes = lineChanges(old, f.Text)
	}
	j.Files[f.Name] = hashOf(f.Text)
	return out, nil
}

func hashOf(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:8])
}

// lineChanges lists the lines that only one of two texts has.
func lineChanges(before, after string) (out []string) {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, l := range a {
		if !slices.Contains(b, l) {
			out = append(out, "- "+strings.TrimSpace(l))
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			out = append(out, "+ "+strings.TrimSpace(l))
		}
	}
	return out
}

// existing reads a file of the project, "" if it is not there.
func (s *Session) existing(path string) (string, error) {
	body, err := s.root.ReadFile(filepath.FromSlash(path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(body), err
}

// forJob is the session as a job runs in it. What the session was given wins over the job's file.
func (s *Session) forJob(j *job.Job) (*Session, error) {
	c := *s
	c.opts.Config = maps.Clone(j.Config)
	if c.opts.Config == nil {
		c.opts.Config = map[string]string{}
	}
	c.opts.Variables = map[string]variable.Given{}
	for name, text := range j.Variables {
		c.opts.Variables[name] = variable.Given{Text: text, From: "the job's variables"}
	}
	c.opts.Start, c.opts.Sinks, c.opts.Overlay = j.Start, j.Sinks, j.Overlay
	if err := c.Tune(j.Parallelism, j.Memory); err != nil {
		return nil, diag.Errorf("W0673", diag.Span{}, "%s: %v", j.Mode, err)
	}
	maps.Copy(c.opts.Config, s.opts.Config)
	maps.Copy(c.opts.Variables, s.opts.Variables)
	return &c, nil
}

// examine plans a job's script as the job would run it, and notes what it reads, writes and needs.
func (s *Session) examine(j *job.Job, src diag.Source, dir string) (diag.List, error) {
	c, err := s.forJob(j)
	if err != nil {
		return nil, err
	}
	plan, list := c.Plan(src, Mode(j.Mode))
	if plan == nil {
		return list, nil
	}
	if plan.Graph == nil {
		return list, diag.Errorf("W0673", diag.Span{}, "%s has no query and no INSERT as a %s: there is nothing to publish", src.Name, j.Mode)
	}
	if len(plan.Selects()) > 0 {
		list.Add(diag.Warnf("W0673", diag.Span{}, "a SELECT of the script has nobody to show its rows to in a %s job", j.Mode).WithHint("INSERT INTO a table keeps them"))
	}
	j.Reads, j.Writes, j.Needs = nil, nil, nil
	for _, n := range plan.Graph.Nodes {
		switch spec := n.Spec.(type) {
		case *physical.Source:
			j.Reads = append(j.Reads, spec.Table.Path.Name)
		case *physical.LookupJoin:
			j.Reads = append(j.Reads, spec.Scan.Table.Path.Name)
		case *physical.Sink:
			if spec.Table != nil {
				j.Writes = append(j.Writes, spec.Table.Path.Name)
			}
		}
	}
	for _, names := range []*[]string{&j.Reads, &j.Writes} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	for _, table := range slices.Sorted(maps.Keys(j.Start)) {
		if !slices.Contains(j.Reads, table) {
			d := diag.Errorf("W0672", diag.Span{}, "the %s job says where table %q begins, which it does not read", j.Mode, table)
			if near := diag.Nearest(table, j.Reads); near != "" {
				d.WithHint("did you mean %q?", near)
			}
			list.Add(d)
		}
	}
	if Mode(j.Mode) == Batch && !list.HasErrors() {
		j.Needs, err = c.needs(j, src, dir)
	}
	return list, err
}

// Save writes what is new or changed, each file whole or not at all.
func (p *Publication) Save() error {
	for _, f := range p.Files {
		if f.State != "new" && f.State != "changed" {
			continue
		}
		path := filepath.Join(p.dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := WriteFile(path, f.Text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// OpenJob opens the project of a job's file for running the job. Options win over the file.
func OpenJob(path string, o Options) (*Session, *job.Job, error) {
	src, err := ReadFile(path, nil)
	if err != nil {
		d := asDiagnostic(err)
		d.Primary = strings.Replace(d.Primary, "script", "job file", 1)
		return nil, nil, d
	}
	j, err := job.Parse(src)
	if err != nil {
		return nil, nil, err
	}
	if o.Dir == "" {
		o.Dir = filepath.Dir(path)
	}
	base, err := Open(o)
	if err != nil {
		return nil, nil, err
	}
	s, err := base.forJob(j)
	if err != nil {
		return nil, nil, errors.Join(err, base.Close())
	}
	return s, j, nil
}

// JobScript is where the script of a job lies.
func (s *Session) JobScript(j *job.Job) string {
	return filepath.Join(s.Project.Dir, filepath.FromSlash(j.Script))
}
