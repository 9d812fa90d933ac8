package session

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"io/fs"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// Review is what a change does to the jobs of a project and to their state. The same
// two sides give the same bytes in every form.
type Review struct {
	Base    string      `json:"base"`
	Head    string      `json:"head"`
	Verdict string      `json:"verdict"` // one line
	Scripts int         `json:"scripts"` // compared
	Jobs    []JobReview `json:"jobs"`    // those that changed or no longer plan, by script
}

// JobReview is one script that is not as it was.
type JobReview struct {
	Script   string                  `json:"script"`
	Mode     Mode                    `json:"mode"`
	Change   topology.Change         `json:"change"`
	Because  []string                `json:"because,omitempty"` // files of the project that changed and that the job depends on
	State    []topology.StateVerdict `json:"state"`
	Diff     *topology.GraphDiff     `json:"diff,omitempty"`
	Problems []string                `json:"problems,omitempty"` // why it does not plan any more
	Note     string                  `json:"note,omitempty"`

	before, after *topology.Model
}

// Target is one side of a comparison of two scripts: a script in a session, or a plan
// that was kept as JSON.
type Target struct {
	Name    string
	Session *Session
	Path    string
	Model   *topology.Model
}

// ReadPlan reads a plan kept as JSON (weir plan --as json).
func ReadPlan(path string) (*Target, error) {
	src, err := ReadFile(path, nil)
	if err != nil {
		return nil, err
	}
	m, err := topology.ReadModel([]byte(src.Text))
	if err != nil {
		return nil, err
	}
	return &Target{Name: path, Model: m}, nil
}

// plan gives the model of a target; nil with problems if it does not plan, nil without
// any if there is no such script or it has no graph.
func (t *Target) plan(mode string) (*topology.Model, Mode, diag.Source, diag.List) {
	if t.Model != nil {
		return t.Model, t.Model.Mode, diag.Source{Name: t.Name}, nil
	}
	if !t.Session.files.exists(t.Path) {
		return nil, "", diag.Source{Name: t.Path}, nil
	}
	src, err := t.Session.files.script(t.Path)
	if err != nil {
		return nil, "", src, diag.List{asDiagnostic(err)}
	}
	m, err := t.Session.ModeFor(mode, src)
	if err != nil {
		return nil, "", src, diag.List{asDiagnostic(err)}
	}
	p, list := t.Session.Plan(src, m)
	if list.HasErrors() {
		return nil, m, src, list
	}
	if p.Graph == nil {
		return nil, m, src, nil
	}
	model, err := topology.NewModel(p.Graph)
	if err != nil {
		return nil, m, src, diag.List{asDiagnostic(err)}
	}
	return model, m, src, nil
}

// CompareScripts reviews one script. Only problems of the new side are errors: what did
// not plan before had no state.
func CompareScripts(old, now *Target, mode string) *Review {
	r := &Review{Base: old.Name, Head: now.Name, Scripts: 1, Jobs: []JobReview{}}
	name := now.Path
	if now.Model != nil {
		name = now.Name
	}
	if j := compare(filepath.ToSlash(name), old, now, mode); j != nil {
		r.Jobs = append(r.Jobs, *j)
	}
	r.Verdict = r.verdict()
	return r
}

// compare gives the review of a job, nil if it is as it was.
func compare(name string, old, now *Target, mode string) *JobReview {
	j := &JobReview{Script: name, State: []topology.StateVerdict{}}
	var list diag.List
	var src diag.Source
	var oldMode Mode
	j.before, oldMode, _, list = old.plan(mode)
	if list.HasErrors() {
		j.Note = "the script did not plan before, so that there can be no state of it"
	}
	j.after, j.Mode, src, list = now.plan(mode)
	if list.HasErrors() && j.Note != "" {
		return nil // nor did it before
	}
	if list.HasErrors() {
		j.Change = topology.Changed
		for _, d := range list {
			if d.Severity == diag.Error {
				j.Problems = append(j.Problems, diag.Print(src, d))
			}
		}
		return j
	}
	switch {
	case j.before == nil && j.after == nil:
		return nil
	case j.before == nil:
		j.Change = topology.Added
	case j.after == nil:
		j.Change, j.Mode = topology.Removed, oldMode
	default:
		j.Change = topology.Changed
		if j.Diff = topology.DiffModels(j.before, j.after).Material(); j.Diff.Empty() {
			return nil
		}
	}
	j.State = topology.JudgeState(j.before, j.after)
	return j
}

// CompareProjects reviews every script of a project, in the folder as it was and as it
// is. Scripts are all files named X.sql that are not declarations of the project.
// A script is planned if it or anything it depends on differs.
func CompareProjects(base, head string, old, now *Session, mode string) (*Review, error) {
	r := &Review{Base: base, Head: head, Jobs: []JobReview{}}
	dir := now.Project.Dir
	scripts := map[string]bool{}
	for _, s := range []*Session{old, now} {
		names, err := s.scripts(dir)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			scripts[n] = true
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for _, name := range sorted(scripts) {
		r.Scripts++
		path := filepath.Join(dir, name)
		if rel, err := filepath.Rel(here, path); err == nil {
			path = rel
		}
		because := changedFiles(dir, name, old, now)
		if len(because) == 0 {
			continue
		}
		if j := compare(filepath.ToSlash(name), &Target{Session: old, Path: path}, &Target{Session: now, Path: path}, mode); j != nil {
			j.Because = because
			r.Jobs = append(r.Jobs, *j)
		}
	}
	r.joinMoved()
	r.Verdict = r.verdict()
	return r, nil
}

// joinMoved makes one job of a script that is gone and another that has come with the
// same stateful operators: the file has another name, and state goes by uid.
func (r *Review) joinMoved() {
	came := map[string][]int{}
	for i, j := range r.Jobs {
		if j.Change == topology.Added {
			came[stateUIDs(j.after)] = append(came[stateUIDs(j.after)], i)
		}
	}
	var gone []int
	for i, j := range r.Jobs {
		uids := ""
		if j.Change == topology.Removed {
			uids = stateUIDs(j.before)
		}
		if uids == "" || len(came[uids]) != 1 {
			continue
		}
		to := &r.Jobs[came[uids][0]]
		if to.before != nil || to.Mode != j.Mode {
			continue
		}
		to.Change, to.Note, to.before = topology.Changed, "The script was "+j.Script+".", j.before
		to.Diff, to.State = topology.DiffModels(j.before, to.after).Material(), topology.JudgeState(j.before, to.after)
		gone = append(gone, i)
	}
	for _, i := range slices.Backward(gone) {
		r.Jobs = slices.Delete(r.Jobs, i, i+1)
	}
}

// stateUIDs are the uids under which a job keeps state, as one text.
func stateUIDs(m *topology.Model) string {
	var uids []string
	for i := range m.Nodes {
		if m.Nodes[i].State != nil {
			uids = append(uids, m.Nodes[i].UID)
		}
	}
	slices.Sort(uids)
	return strings.Join(uids, " ")
}

func sorted(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// scripts names the scripts of a project relative to its folder.
func (s *Session) scripts(dir string) ([]string, error) {
	declarations := map[string]bool{}
	for _, list := range [][]string{s.Project.Config.Tables.Both, s.Project.Config.Tables.Stream, s.Project.Config.Tables.Batch} {
		for _, name := range list {
			declarations[filepath.Clean(name)] = true
		}
	}
	var names []string
	keep := func(name string) {
		hidden := slices.ContainsFunc(strings.Split(filepath.ToSlash(name), "/"), func(part string) bool { return strings.HasPrefix(part, ".") })
		if strings.HasSuffix(name, ".sql") && !hidden && !declarations[name] {
			names = append(names, name)
		}
	}
	if r, ok := s.files.(*Revision); ok {
		for _, name := range r.list(dir) {
			keep(name)
		}
		return names, nil
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.Type().IsRegular():
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			keep(rel)
		}
		return nil
	})
	return names, err
}

// changedFiles lists the files that a script depends on and that differ.
func changedFiles(dir, script string, old, now *Session) (changed []string) {
	names := []string{script, OverlayPath(script), ProjectFile}
	for _, s := range []*Session{old, now} {
		t := s.Project.Config.Tables
		names = slices.Concat(names, t.Both, t.Stream, t.Batch)
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if shown := filepath.ToSlash(name); !slices.Contains(changed, shown) && old.textOf(path) != now.textOf(path) {
			changed = append(changed, shown)
		}
	}
	return changed
}

// textOf is the text of a file with a mark before it, "" if there is none.
func (s *Session) textOf(path string) string {
	if !s.files.exists(path) {
		return ""
	}
	src, err := s.files.script(path)
	if err != nil {
		return "? " + err.Error()
	}
	return "= " + src.Text
}

// Lost reports whether state would be lost or wrong.
func (r *Review) Lost() bool {
	return slices.ContainsFunc(r.Jobs, func(j JobReview) bool {
		return slices.ContainsFunc(j.State, func(v topology.StateVerdict) bool { return v.Verdict.Lost() })
	})
}

// Broken reports whether a script no longer plans.
func (r *Review) Broken() bool {
	return slices.ContainsFunc(r.Jobs, func(j JobReview) bool { return len(j.Problems) > 0 })
}

// count gives how many operators have each verdict.
func count(jobs []JobReview) map[topology.Verdict]int {
	n := map[topology.Verdict]int{}
	for _, j := range jobs {
		for _, v := range j.State {
			n[v.Verdict]++
		}
	}
	return n
}

// verdict is the review in one line: "2 jobs changed · state: keep 3, migrate 1, lose 0".
func (r *Review) verdict() string {
	var parts []string
	changes := map[topology.Change]int{}
	broken := 0
	for _, j := range r.Jobs {
		if len(j.Problems) > 0 {
			broken++
		} else {
			changes[j.Change]++
		}
	}
	jobs := func(n int) string {
		if n == 1 {
			return "1 job"
		}
		return fmt.Sprintf("%d jobs", n)
	}
	if broken > 0 {
		parts = append(parts, jobs(broken)+" cannot be planned")
	}
	for _, c := range []topology.Change{topology.Changed, topology.Added, topology.Removed} {
		if n := changes[c]; n > 0 {
			parts = append(parts, jobs(n)+" "+string(c))
		}
	}
	if len(parts) == 0 {
		return "no job changed"
	}
	if broken == len(r.Jobs) {
		return strings.Join(parts, " · ") + " · its state is not known"
	}
	return strings.Join(parts, " · ") + " · state: " + stateCounts(count(r.Jobs))
}

// stateCounts is "keep 3, migrate 1, lose 0".
func stateCounts(n map[topology.Verdict]int) string {
	lost := n[topology.StateDropped] + n[topology.StateIncompatible]
	parts := []string{fmt.Sprintf("keep %d", n[topology.StateKept])}
	for _, c := range []struct {
		what string
		n    int
	}{{"rescale", n[topology.StateRescaled]}, {"migrate", n[topology.StateMigrated]}, {"new", n[topology.StateNew]}, {"wrong", n[topology.StateMeaning]}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", c.what, c.n))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("lose %d", lost)), ", ")
}

// JSON is the review for tools.
func (r *Review) JSON() (string, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return string(text) + "\n", err
}

// Text is the review for a terminal, width columns wide.
func (r *Review) Text(width int) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Verdict)
	for _, j := range r.Jobs {
		fmt.Fprintf(&b, "\n%s", topology.Clean(j.Script))
		if j.Mode != "" {
			fmt.Fprintf(&b, "   %s", j.Mode)
		}
		if len(j.Because) > 0 && !slices.Equal(j.Because, []string{j.Script}) {
			fmt.Fprintf(&b, "   through %s", topology.Clean(strings.Join(j.Because, ", ")))
		}
		fmt.Fprintln(&b)
		if j.Note != "" {
			fmt.Fprintln(&b, "  "+topology.Clean(j.Note))
		}
		for _, p := range j.Problems {
			fmt.Fprint(&b, indented(p))
		}
		switch {
		case j.Diff != nil:
			fmt.Fprint(&b, indented(topology.RenderDiffText(j.Diff, topology.Options{Width: max(40, width-2)})))
		case j.Change == topology.Added:
			fmt.Fprintf(&b, "  new job: %d operators\n", j.after.Totals.Operators)
		case j.Change == topology.Removed:
			fmt.Fprintf(&b, "  job removed: %d operators\n", j.before.Totals.Operators)
		}
		if len(j.State) > 0 {
			fmt.Fprintln(&b, "  state")
		}
		wide := 0
		for _, v := range j.State {
			wide = max(wide, len([]rune(v.Name)))
		}
		for _, v := range j.State {
			fmt.Fprintf(&b, "    %-15s  %s%s  %s\n", v.Verdict, v.Name, strings.Repeat(" ", wide-len([]rune(v.Name))), v.Reason.Plain())
		}
	}
	return b.String()
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// Has reports whether a file is there, in the work tree or the session's revision.
func (s *Session) Has(path string) bool { return s.files.exists(path) }

// Script reads a script of the work tree, or of the session's revision.
func (s *Session) Script(path string) (diag.Source, error) { return s.files.script(path) }
