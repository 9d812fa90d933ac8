package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/session/variable"
	"github.com/weir-sql/weir/topology"
)

// Fixture reads a fixture set of the project by its name, or by the path of its folder.
func (s *Session) Fixture(name string) (*fixtures.Set, error) {
	if strings.ContainsAny(name, `/\`) {
		return fixtures.Load(name, filepath.Base(name))
	}
	return fixtures.Load(filepath.Join(s.Project.Dir, "fixtures", name), name)
}

// Rehearsal is a script over a fixture: every table it reads has the fixture's rows,
// what it writes is captured, processing time stands where the timeline puts it, and
// nothing is opened. It is deterministic.
type Rehearsal struct {
	Plan     *Plan
	Captured map[string]*Captured // by output
	Late     int64                // rows dropped behind the watermark, over all operators
	Elapsed  time.Duration
	run      *Run
	over     *over
}

// Captured are the rows that came to one output, in order.
type Captured struct {
	Output  Output
	mu      sync.Mutex
	batches []*vec.Batch
	Rows    int
}

// Batch gives all rows in one batch.
func (c *Captured) Batch() *vec.Batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.batches) == 0 {
		return noRows(c.Output.Schema)
	}
	return vec.Concat(typesOfFields(c.Output.Schema), c.batches)
}

// noRows is a batch without rows.
func noRows(schema []types.Field) *vec.Batch { return emptyBatch(typesOfFields(schema)) }

// keep keeps a batch.
func (c *Captured) keep(b *vec.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches = append(c.batches, b)
	c.Rows += b.Len
}

// Final gives the rows that are left once the changelog is folded.
func (c *Captured) Final() (*vec.Batch, error) { return final(c.Output, c.Batch()) }

// final folds the changelog of an output.
func final(of Output, rows *vec.Batch) (*vec.Batch, error) {
	out := &collector{}
	f := result.NewFold(of.Schema, of.UpsertKey, out)
	if err := f.Write(rows); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	if len(out.batches) == 0 {
		return noRows(of.Schema), nil
	}
	return vec.Concat(typesOfFields(of.Schema), out.batches), nil
}

// collector is a result writer that keeps batches.
type collector struct{ batches []*vec.Batch }

func (c *collector) Write(b *vec.Batch) error { c.batches = append(c.batches, b); return nil }
func (c *collector) Flush() error             { return nil }
func (c *collector) Close() error             { return nil }

// over is a session whose tables are a fixture's.
type over struct {
	*Session
	set   *fixtures.Set
	mode  Mode
	clock *fixtureClock
	// produces is the changelog that tables give outside of fixtures, by name.
	produces map[string]topology.ChangelogMode
	// captured stand for tables that an earlier rehearsal wrote.
	captured map[string]*Captured
	// without tells rows that are taken out of the fixture, by table; the others come when they
	// came before.
	without map[string][]bool
}

// fixtureClock is processing time that moves when the timeline says so.
type fixtureClock struct{ millis atomic.Int64 }

// Now is where the timeline stands.
func (c *fixtureClock) Now() time.Time { return time.UnixMilli(c.millis.Load()).UTC() }

// over gives the session a fixture. config wins over everything but the script's SET.
func (s *Session) over(set *fixtures.Set, mode Mode, config map[string]string) *over {
	o := &over{set: set, mode: mode, clock: &fixtureClock{}, produces: map[string]topology.ChangelogMode{}}
	o.clock.millis.Store(o.start().UnixMilli())
	o.without = s.without
	c := *s
	c.opts.Config = map[string]string{"parallelism.default": fmt.Sprint(max(1, set.Parallelism))}
	maps.Copy(c.opts.Config, s.opts.Config)
	maps.Copy(c.opts.Config, set.Config)
	maps.Copy(c.opts.Config, config)
	c.opts.Clock, c.now = o.clock, o.start()
	c.assumed = map[string]variable.Given{}
	for name, text := range set.Variables {
		c.assumed[name] = variable.Given{Text: text, From: fixtures.SetFile}
	}
	c.pretend = func(inner catalog.Connectors) catalog.Connectors { return &fixtureDeclarations{inner, o} }
	o.Session = &c
	return o
}

// start is where processing time begins.
func (o *over) start() time.Time {
	if o.set.Clock.IsZero() {
		return fixtures.DefaultClock
	}
	return o.set.Clock
}

// fixtureDeclarations are connectors whose tables end, read nothing but whole rows, and
// in batch give final rows, because a fixture answers for them.
type fixtureDeclarations struct {
	catalog.Connectors
	over *over
}

// Connector gives a connector that can be read and written.
func (d *fixtureDeclarations) Connector(name string) *catalog.Connector {
	inner := d.Connectors.Connector(name)
	if inner == nil || inner.Logical { // the tables that such a table stands for have the rows
		return inner
	}
	c := *inner
	c.Source, c.Sink = true, true
	c.Describe = func(t *catalog.Table, f catalog.Formats) (catalog.Capabilities, diag.List) {
		caps, list := inner.Describe(t, f)
		if caps.Produces != 0 {
			d.over.produces[t.Path.Name] = caps.Produces
		}
		caps.Bounded, caps.PushNested, caps.PushFilter, caps.PushLimit = true, false, false, false
		if d.over.mode == Batch || caps.Produces == 0 {
			caps.Produces = topology.InsertOnly
		}
		return caps, list
	}
	return &c
}

// Rehearse plans a script and runs it over a fixture. The list holds what planning
// says; the error is that of the run, or a diagnostic of the fixture.
func (s *Session) Rehearse(ctx context.Context, src diag.Source, set *fixtures.Set, mode Mode, config map[string]string) (*Rehearsal, diag.List, error) {
	return s.over(set, mode, config).rehearse(ctx, src, nil)
}

// tapper makes the taps of a run.
type tapper func(n *topology.Node, subtask int) runtime.Tap

func (o *over) rehearse(ctx context.Context, src diag.Source, tap tapper) (*Rehearsal, diag.List, error) {
	began := time.Now()
	st, r, list, err := o.begin(ctx, src, tap, false)
	if st == nil || err != nil {
		return r, list, err
	}
	err = st.Finish(ctx)
	r.Elapsed = time.Since(began)
	return r, list, err
}

// exactWatermarks makes watermarks follow every row, and none where the timeline
// gives them.
func (o *over) exactWatermarks(g *topology.Graph) {
	for _, n := range g.Nodes {
		switch spec := n.Spec.(type) {
		case *physical.Source:
			if spec.Watermark == nil {
				continue
			}
			c, w := *spec, *spec.Watermark
			w.Interval = 0
			if t := o.set.Table(spec.Table.Path.Name); t != nil && t.Marked {
				w.Expr = nullLike(w.Expr)
			}
			c.Watermark = &w
			n.Spec = &c
		case *physical.AssignWatermark:
			c := *spec
			c.Interval = 0
			n.Spec = &c
		}
	}
}

// fixtureTable is a table with the typed rows of its fixture.
type fixtureTable struct {
	name   string
	def    *fixtures.Table // nil for what an earlier rehearsal captured
	fields []types.Field   // stored columns: physical ones and metadata
	keys   map[string]int  // metadata key → field
	rows   *vec.Batch      // in the order of the file, with kinds
	split  []int           // of each row
	absent []bool          // rows that never come; nil = none
	key    []int           // fields that identify a row; nil = none
	mark   int             // field with the event time, -1 = none
}

// tables types the rows of every table that a plan reads.
func (o *over) tables(p *Plan) (map[string]*fixtureTable, error) {
	zone, err := zone(p.Config)
	if err != nil {
		return nil, err
	}
	out := map[string]*fixtureTable{}
	for _, n := range p.Graph.Nodes {
		var scan *physical.Scan
		changelog := topology.Retract
		mark := -1
		switch spec := n.Spec.(type) {
		case *physical.Source:
			scan, changelog = &spec.Scan, n.Changelog
			if spec.Watermark != nil {
				mark = spec.Watermark.Column
			}
		case *physical.LookupJoin:
			if scan = &spec.Scan; spec.Index != nil {
				index := spec.Index.Ask.Scan.Table
				if out[index.Path.Name], err = o.table(index, zone, false); err != nil {
					return nil, err
				}
			}
		default:
			continue
		}
		t := out[scan.Table.Path.Name]
		if t == nil {
			if t, err = o.table(scan.Table, zone, versioned(p.Graph, n)); err != nil {
				return nil, err
			}
			out[t.name] = t
		}
		if err := t.allows(changelog, o.mode); err != nil {
			return nil, err
		}
		if mark >= 0 {
			name := n.Spec.(*physical.Source).Fields[mark].Name
			for i, f := range t.fields {
				if f.Name == name {
					t.mark = i
				}
			}
		}
	}
	return out, nil
}

// versioned tells that a source gives the versions of a table that is joined as of the
// event time of the other side: a batch needs every version, not the last.
func versioned(g *topology.Graph, source *topology.Node) bool {
	for _, e := range g.Outputs(source.ID) {
		to := g.Node(e.To)
		if spec, ok := to.Spec.(*physical.TemporalJoin); ok {
			return e.Input == 1 && spec.Rowtime
		}
		if _, sink := to.Spec.(*physical.Sink); !sink && versioned(g, to) {
			return true
		}
	}
	return false
}

// newFixtureTable is a table without rows. at maps columns of the declaration to its fields.
func newFixtureTable(t *catalog.Table) (ft *fixtureTable, at map[int]int) {
	ft = &fixtureTable{name: t.Path.Name, mark: -1}
	ft.fields, ft.keys, at = fieldsOf(t)
	return ft, at
}

// table types the rows of one table.
func (o *over) table(t *catalog.Table, zone *time.Location, versions bool) (*fixtureTable, error) {
	ft, at := newFixtureTable(t)
	if c := o.captured[ft.name]; c != nil {
		return ft, o.earlier(ft, c)
	}
	ft.def = o.set.Table(ft.name)
	if ft.def == nil {
		return nil, o.missingInput(t)
	}
	if was := o.parsed.of(ft.def); was != nil {
		*ft = *was
	} else if err := o.parse(ft, t, at, zone); err != nil {
		return nil, err
	}
	ft.absent = o.without[ft.name]
	if o.mode == Batch && ft.absent != nil {
		ft.rows, ft.absent = ft.present(0, ft.rows.Len), nil
	}
	switch {
	case o.mode == Batch && versions:
		ft.unroll()
	case o.mode == Batch:
		return ft, ft.fold(o.produces[ft.name])
	}
	return ft, nil
}

// parse reads and types the rows of a table.
func (o *over) parse(ft *fixtureTable, t *catalog.Table, at map[int]int, zone *time.Location) (err error) {
	if ft.def.Rows == nil {
		err = o.readFile(ft)
	} else {
		err = ft.typed(zone)
	}
	if err != nil {
		return err
	}
	if err := ft.keyed(t, at); err != nil {
		return err
	}
	o.parsed.keep(ft)
	return nil
}

// parsedTables keep tables as they were parsed, for a script that is run over a fixture many times.
type parsedTables struct {
	mu     sync.Mutex
	tables map[*fixtures.Table]fixtureTable
}

// of gives a table, nil if it was not parsed yet, or if nothing is kept.
func (p *parsedTables) of(def *fixtures.Table) *fixtureTable {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t, ok := p.tables[def]; ok {
		return &t
	}
	return nil
}

func (p *parsedTables) keep(ft *fixtureTable) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tables == nil {
		p.tables = map[*fixtures.Table]fixtureTable{}
	}
	p.tables[ft.def] = *ft
}

// present gives those of the rows from, … to-1 that come.
func (ft *fixtureTable) present(from, to int) *vec.Batch {
	if ft.absent == nil {
		return ft.rows.Slice(from, to-from)
	}
	var keep []int32
	for i := from; i < to; i++ {
		if !ft.absent[i] {
			keep = append(keep, int32(i))
		}
	}
	return ft.rows.Take(keep)
}

// unroll leaves every version of a changing table as a row of its own, and the deletions, which end versions.
func (ft *fixtureTable) unroll() {
	var keep []int32
	for i := range ft.rows.Len {
		if ft.rows.Kind(i) != vec.UpdateBefore {
			keep = append(keep, int32(i))
		}
	}
	ft.rows = ft.rows.Take(keep)
}

// missingInput says that a table that is read has no fixture.
func (o *over) missingInput(t *catalog.Table) error {
	d := &diag.Diagnostic{Severity: diag.Error, Code: codeFixtureInput, File: "fixtures/" + o.set.Name,
		Primary: fmt.Sprintf("missing input: the script reads table %q, for which the fixture has no rows", t.Path.Name)}
	names := o.set.TableNames()
	if near := diag.Nearest(t.Path.Name, names); near != "" {
		return d.WithHint("the fixture has %q; a file is named for its table", near)
	}
	return d.WithHint("add %s.jsonl or %s.csv to the folder; an empty one is a table without rows", t.Path.Name, t.Path.Name)
}

// typed types rows of JSON or CSV.
func (ft *fixtureTable) typed(zone *time.Location) error {
	ty, err := newTyping(fmt.Sprintf("table %q", ft.name), ft.fields, zone)
	if err != nil {
		return err
	}
	if ft.rows, err = ty.batch(ft.def.Rows); err != nil {
		return err
	}
	for _, r := range ft.def.Rows.Rows {
		ft.split = append(ft.split, r.Split)
	}
	return nil
}

// keyed finds the columns that identify a row: those that the fixture names, else the
// primary key.
func (ft *fixtureTable) keyed(t *catalog.Table, at map[int]int) error {
	for _, c := range t.PrimaryKey {
		if i, ok := at[c]; ok {
			ft.key = append(ft.key, i)
		}
	}
	if len(ft.def.Key) == 0 {
		return nil
	}
	ft.key = nil
	for _, name := range ft.def.Key {
		i := fieldNamed(ft.fields, name)
		if i < 0 {
			return (&diag.Diagnostic{Severity: diag.Error, Code: codeFixtureColumn, File: "fixtures/" + ft.name, Line: ft.def.Line,
				Primary: fmt.Sprintf("missing column: table %q has no column %q to be its key", ft.name, name)})
		}
		ft.key = append(ft.key, i)
	}
	return nil
}

func fieldNamed(fields []types.Field, name string) int {
	for i, f := range fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// allows looks for row kinds that the table's connector and format could not give.
func (ft *fixtureTable) allows(m topology.ChangelogMode, mode Mode) error {
	if mode == Batch || ft.def == nil || ft.def.Rows == nil {
		return nil
	}
	for _, r := range ft.def.Rows.Rows {
		if m.Has(modeOf(r.Kind)) || r.Kind == vec.UpdateBefore && m.Updating() {
			continue // an upsert stream has no −U: such rows are left out
		}
		d := &diag.Diagnostic{Severity: diag.Error, Code: codeFixtureKind, File: ft.def.Rows.File, Line: r.Line,
			Primary: fmt.Sprintf("table %q gives %s rows only, not %s", ft.name, m, r.Kind)}
		return d.WithHint("its connector and format know no changes; a changelog needs upsert-kafka, debezium-json or their like")
	}
	return nil
}

// fold leaves the rows that a batch sees: the changelog's last state.
func (ft *fixtureTable) fold(produces topology.ChangelogMode) error {
	changes, retracts := false, false
	for i := range ft.rows.Len {
		changes = changes || ft.rows.Kind(i) != vec.Insert
		retracts = retracts || ft.rows.Kind(i) == vec.UpdateBefore
	}
	key := ft.key
	switch {
	case len(ft.def.Key) > 0 || len(key) > 0 && produces.Updating():
	case !changes:
		return nil
	case retracts:
		key = nil
	case len(key) == 0:
		d := &diag.Diagnostic{Severity: diag.Error, Code: codeFixtureKind, File: "fixtures", Primary: fmt.Sprintf(
			"table %q has +U or -D rows, and nothing tells which row they are about", ft.name)}
		if ft.def.Rows != nil {
			d.File = ft.def.Rows.File
		}
		return d.WithHint("name its key in fixture.yaml: tables: {%s: {file: …, key: [id]}}", ft.name)
	}
	return ft.foldBy(key)
}

// foldBy leaves the last state of a changelog; without a key it is one of whole rows.
func (ft *fixtureTable) foldBy(key []int) error {
	out := &collector{}
	f := result.NewFold(ft.fields, key, out)
	if err := errors.Join(f.Write(ft.rows), f.Close()); err != nil {
		return err
	}
	ft.split = nil
	if len(out.batches) == 0 {
		ft.rows = noRows(ft.fields)
		return nil
	}
	ft.rows = vec.Concat(typesOfFields(ft.fields), out.batches)
	return nil
}

// earlier takes the rows that an earlier rehearsal wrote.
func (o *over) earlier(ft *fixtureTable, c *Captured) error {
	final, err := c.Final()
	if err != nil {
		return err
	}
	ft.rows = &vec.Batch{Len: final.Len}
	for _, f := range ft.fields {
		i := fieldNamed(c.Output.Schema, f.Name)
		if i < 0 {
			v := vec.NewBuilder(f.Type.Null(), final.Len)
			for range final.Len {
				v.Null()
			}
			ft.rows.Cols = append(ft.rows.Cols, v.Finish())
			continue
		}
		ft.rows.Cols = append(ft.rows.Cols, final.Cols[i])
	}
	return nil
}

// readFile reads rows that the engine itself must read: Parquet files, and VALUES in SQL.
func (o *over) readFile(ft *fixtureTable) error {
	path := o.set.Path(ft.def.File)
	text := ""
	if ft.def.Format == fixtures.SQL {
		src, err := ReadFile(path, nil)
		if err != nil {
			return err
		}
		query := strings.TrimRight(strings.TrimSpace(src.Text), "; \n\t")
		var names, casts []string
		for _, f := range ft.fields {
			names = append(names, quoteName(f.Name))
			casts = append(casts, fmt.Sprintf("CAST(%s AS %s)", quoteName(f.Name), bare(f.Type)))
		}
		text = fmt.Sprintf("SELECT %s FROM (%s) AS t (%s)", strings.Join(casts, ", "), query, strings.Join(names, ", "))
	} else {
		var columns, names []string
		for _, f := range ft.fields {
			columns = append(columns, quoteName(f.Name)+" "+bare(f.Type))
			names = append(names, quoteName(f.Name))
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		text = fmt.Sprintf("CREATE TEMPORARY TABLE `weir fixture` (%s) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'parquet');\nSELECT %s FROM `weir fixture`",
			strings.Join(columns, ", "), strings.ReplaceAll(abs, "'", "''"), strings.Join(names, ", "))
	}
	plain := *o.Session
	plain.pretend = nil
	plain.opts.AllowPaths = append([]string{o.set.Dir}, plain.opts.AllowPaths...)
	if ft.def.Format == fixtures.SQL {
		if err := plain.parses(path, o.set.Name, ft.def.File); err != nil {
			return err
		}
	}
	rows := &collector{}
	_, err := plain.RunToEnd(context.Background(), diag.Source{Name: "fixtures/" + o.set.Name + "/" + ft.def.File, Text: text}, Batch,
		func(Output) (result.Writer, error) { return rows, nil })
	if err != nil {
		return &diag.Diagnostic{Severity: diag.Error, Code: codeFixtureType, File: "fixtures/" + o.set.Name + "/" + ft.def.File,
			Primary: "the rows do not fit table " + quoteName(ft.name) + ": " + primaryOf(err)}
	}
	ft.rows = noRows(ft.fields)
	if len(rows.batches) > 0 {
		ft.rows = vec.Concat(typesOfFields(ft.fields), rows.batches)
	}
	return nil
}

// parses says where the SQL of a fixture's rows is none.
func (s *Session) parses(path, set, file string) error {
	src, err := ReadFile(path, nil)
	if err != nil {
		return err
	}
	_, list := s.Plan(src, Batch)
	for _, d := range list {
		if d.Severity == diag.Error {
			before := src.Text[:min(d.Span.Start, len(src.Text))]
			return (&diag.Diagnostic{Severity: diag.Error, Code: codeFixtureType, File: "fixtures/" + set + "/" + file, Line: 1 + strings.Count(before, "\n"), Primary: d.Primary}).
				WithHint("the file is one query, such as VALUES (1, 'EUR'), (2, 'USD')")
		}
	}
	return nil
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
