package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/connectors/format/prune"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/job"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/session/variable"
)

// anyDay stands for the business date while needs are looked for: dates of the plan near to it are relative to it.
var anyDay = time.Date(1987, 6, 15, 0, 0, 0, 0, time.UTC)

// nearDays are the days around the business date that a job may need, and dayForms how they are written.
const (
	daysBefore = 62
	daysAfter  = 1
)

var dayForms = []struct{ layout, format string }{{"2006-01-02", ""}, {"20060102", "yyyyMMdd"}, {"2006/01/02", "yyyy/MM/dd"}}

// dayReference is a day as a variable: ${bizdate - 1d, 'yyyyMMdd'}.
func dayReference(offset int, format string) string {
	ref := "bizdate"
	switch {
	case offset < 0:
		ref += fmt.Sprintf(" - %dd", -offset)
	case offset > 0:
		ref += fmt.Sprintf(" + %dd", offset)
	}
	if format != "" {
		ref += ", '" + format + "'"
	}
	return "${" + ref + "}"
}

// relative writes the dates of a text as variables.
func relative(text string) string {
	for k := -daysBefore; k <= daysAfter; k++ {
		day := anyDay.AddDate(0, 0, k)
		for _, f := range dayForms {
			text = strings.ReplaceAll(text, day.Format(f.layout), dayReference(k, f.format))
		}
	}
	return text
}

// needs finds what a batch job reads that must be there for a business date: partitions that its predicates leave, files,
// and the watermark of what is read from a log.
func (s *Session) needs(j *job.Job, src diag.Source, dir string) ([]job.Need, error) {
	c := *s
	c.opts.Variables = map[string]variable.Given{}
	for name, g := range s.opts.Variables {
		c.opts.Variables[name] = g
	}
	delete(c.opts.Variables, "now")
	c.opts.Variables["bizdate"] = variable.Given{Text: anyDay.Format("2006-01-02"), From: "publishing"}
	c.now = anyDay.AddDate(0, 0, 1).Add(12 * time.Hour)
	plan, list := c.Plan(src, Batch)
	if plan == nil {
		return nil, list
	}
	writers, err := s.writers(j.Name, dir)
	if err != nil {
		return nil, err
	}
	var out []job.Need
	add := func(scan physical.Scan) {
		for _, n := range needsOf(scan) {
			n.Job = writers[n.Table]
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	for _, n := range plan.Graph.Nodes {
		switch spec := n.Spec.(type) {
		case *physical.Source:
			if !slices.Contains(j.Writes, spec.Table.Path.Name) { // an earlier statement of the script writes it
				add(spec.Scan)
			}
		case *physical.LookupJoin:
			add(spec.Scan)
		}
	}
	slices.SortStableFunc(out, func(a, b job.Need) int { return strings.Compare(a.Table, b.Table) })
	return out, nil
}

// writers gives, by table, the other batch jobs of the project that write it.
func (s *Session) writers(self, dir string) (map[string]string, error) {
	out := map[string]string{}
	files, err := fs.Glob(s.root.FS(), path.Join(filepath.ToSlash(dir), "*.batch.yaml"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		text, err := s.existing(f)
		if err != nil {
			return nil, err
		}
		other, err := job.Parse(diag.Source{Name: f, Text: text})
		if err != nil {
			return nil, err
		}
		if other.Name == self || other.Schedule == "" {
			continue
		}
		for _, t := range other.Writes {
			out[t] = other.Name
		}
	}
	return out, nil
}

func needsOf(scan physical.Scan) []job.Need {
	table := scan.Table.Path.Name
	switch scan.Options["connector"] {
	case "filesystem":
		return fileNeeds(scan, table)
	case "kafka", "upsert-kafka":
		if scan.Table.Watermark != nil {
			return []job.Need{{Table: table, Watermark: dayReference(1, "")}}
		}
	}
	return nil
}

func fileNeeds(scan physical.Scan, table string) []job.Need {
	root := relative(scan.Options["path"])
	if fixed := scan.Options["scan.partitions"]; fixed != "" {
		var out []job.Need
		for part := range strings.SplitSeq(fixed, ";") {
			if values := strings.FieldsFunc(part, func(r rune) bool { return r == ',' }); len(values) > 0 {
				out = append(out, partitionNeed(scan, table, root, relative(strings.TrimSpace(values[0]))))
			}
		}
		return out
	}
	for _, key := range scan.Table.PartitionKey {
		if out := daysOf(scan, table, root, key); out != nil {
			return out
		}
	}
	return []job.Need{{Table: table, Path: root}}
}

// daysOf gives the needs of a partition column that the predicates bind to days near the business date; nil if they do not.
func daysOf(scan physical.Scan, table, root, key string) []job.Need {
	at := slices.IndexFunc(scan.Read, func(c physical.ReadColumn) bool { return len(c.Path) == 1 && c.Path[0] == key })
	if at < 0 || len(scan.Filters) == 0 {
		return nil
	}
	for _, f := range dayForms {
		var out []job.Need
		all := true
		for k := -daysBefore; k <= daysAfter; k++ {
			day := anyDay.AddDate(0, 0, k)
			var value any
			switch t := scan.Read[at].Type; {
			case t.Kind == types.Date && f.format == "":
				value = day.Unix() / 86400
			case t.IsCharacter():
				value = day.Format(f.layout)
			default:
				continue
			}
			ranges := make([]prune.Range, len(scan.Read))
			ranges[at] = prune.Constant(value)
			if !prune.Possible(scan.Filters, ranges) {
				all = false
				continue
			}
			out = append(out, partitionNeed(scan, table, root, key+"="+dayReference(k, f.format)))
		}
		if !all && len(out) > 0 {
			return out
		}
	}
	return nil
}

// partitionNeed needs a folder key=value below the table's; columns before the key may have any value.
func partitionNeed(scan physical.Scan, table, root, partition string) job.Need {
	key, _, _ := strings.Cut(partition, "=")
	above := strings.Repeat("*/", max(0, slices.Index(scan.Table.PartitionKey, key)))
	return job.Need{Table: table, Partition: partition, Path: strings.TrimSuffix(root, "/") + "/" + above + partition}
}

// Ready tells what a job still waits for, for its business date; nothing if it can run.
func (s *Session) Ready(ctx context.Context, j *job.Job) ([]string, error) {
	z, err := zone(s.config(Mode(j.Mode)))
	if err != nil {
		return nil, err
	}
	vars := s.variables("", z)
	var missing []string
	for _, n := range j.Needs {
		what := ""
		if n.Path != "" {
			where, err := vars.Expand(n.Path)
			if err != nil {
				return nil, err
			}
			if !filepath.IsAbs(where) {
				where = filepath.Join(s.Project.Dir, filepath.FromSlash(where))
			} else if !s.Project.allows(where, s.opts.AllowPaths) {
				return nil, diag.Errorf("W0673", diag.Span{}, "path %q leaves the project; allow it with allow-paths in weir.yaml or --allow-path", where)
			}
			if what, err = fileReady(where); err != nil {
				return nil, err
			}
		}
		if n.Watermark != "" && what == "" {
			day, err := vars.Expand(n.Watermark)
			if err != nil {
				return nil, err
			}
			passed, err := s.watermarkPassed(ctx, j, n.Table, day, z)
			if err != nil {
				return nil, err
			}
			if !passed {
				what = "its watermark has not passed " + day
			}
		}
		if what != "" {
			missing = append(missing, n.Table+": "+what)
		}
	}
	return missing, nil
}

// fileReady says what is missing of a file, or of a folder: it must have data, and a _SUCCESS mark if folders beside it have.
func fileReady(pattern string) (string, error) {
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return fmt.Sprintf("nothing at %s", pattern), nil
	}
	for _, where := range found {
		info, err := os.Stat(where)
		if err != nil {
			return "", err
		}
		if !info.IsDir() || marked(where) {
			continue
		}
		beside, err := os.ReadDir(filepath.Dir(where))
		if err != nil {
			return "", err
		}
		for _, e := range beside {
			if e.IsDir() && strings.Contains(e.Name(), "=") && marked(filepath.Join(filepath.Dir(where), e.Name())) {
				return fmt.Sprintf("%s has no _SUCCESS, which %s has", where, e.Name()), nil
			}
		}
		if !hasData(where) {
			return fmt.Sprintf("%s is empty", where), nil
		}
	}
	return "", nil
}

func marked(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "_SUCCESS"))
	return err == nil
}

// hasData reports whether a folder has a file, with all below it, that is neither a mark nor being written.
func hasData(dir string) bool {
	stop := errors.New("found")
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.HasPrefix(d.Name(), "_") && !strings.HasPrefix(d.Name(), ".") {
			return stop
		}
		return err
	})
	return errors.Is(err, stop)
}

// watermarkPassed asks a log for one row whose watermark is at or behind the beginning of a day, among those written since then.
func (s *Session) watermarkPassed(ctx context.Context, j *job.Job, table, day string, z *time.Location) (bool, error) {
	at, err := time.ParseInLocation("2006-01-02", day, z)
	if err != nil {
		return false, diag.Errorf("W0673", diag.Span{}, "the watermark of %q is to pass %q, which is no day", table, day)
	}
	src, err := s.ReadScript(s.JobScript(j), nil)
	if err != nil {
		return false, err
	}
	plan, list := s.Plan(src, Batch)
	if plan == nil {
		return false, list
	}
	var of *catalog.Table
	for _, n := range plan.Graph.Nodes {
		if spec, ok := n.Spec.(*physical.Source); ok && spec.Table.Path.Name == table {
			of = spec.Table
		}
	}
	if of == nil || of.Watermark == nil {
		return false, diag.Errorf("W0673", diag.Span{}, "the job needs the watermark of %q, and the script reads no such table with one", table).WithHint("publish the script again")
	}
	bound := "TIMESTAMP '" + at.Format("2006-01-02 15:04:05") + "'"
	if of.Columns[of.Watermark.Column].Type.Kind == types.TimestampLTZ {
		bound = "CAST(" + bound + " AS TIMESTAMP_LTZ(3))"
	}
	ask := fmt.Sprintf("%s\nSELECT 1 AS passed FROM `%s` /*+ OPTIONS('scan.startup.mode' = 'timestamp', 'scan.startup.timestamp-millis' = '%d', 'scan.bounded.mode' = 'latest-offset') */ WHERE %s >= %s LIMIT 1",
		declarations(src.Text), strings.ReplaceAll(table, "`", "``"), at.UnixMilli(), of.Watermark.ExprText, bound)
	c := *s
	c.opts.Start, c.opts.Sinks, c.opts.NoOverlay = nil, nil, true
	query, list := c.Plan(diag.Source{Name: j.Script, Text: ask}, Batch)
	if query == nil {
		return false, list
	}
	rows := &collector{}
	run, err := c.Run(ctx, query, RunOptions{Limit: -1, Result: func(Output) (result.Writer, error) { return rows, nil }})
	if err == nil {
		err = run.Wait()
	}
	return len(rows.batches) > 0, err
}
