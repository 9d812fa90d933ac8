package bind

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/syntax"
)

// Env is what a script is bound against.
type Env struct {
	// Catalog is changed by DDL. Hand in a clone if the run must not change yours.
	Catalog    *catalog.Catalog
	Functions  catalog.Functions
	Connectors catalog.Connectors
	Formats    catalog.Formats
	// Config holds what SET has set: changed by SET and RESET. May be nil.
	Config map[string]string
	// Zone is the session time zone where 'table.local-time-zone' is not set; nil means UTC.
	Zone *time.Location
	// Batch tells that queries run over bounded input with final results only. A script
	// that SETs another 'execution.runtime-mode' gets a warning.
	Batch bool
}

// Bound is what a script means.
type Bound struct {
	// Sinks are the outputs of the script in order: one for every query and INSERT.
	Sinks []*logical.Sink
	// Configs gives for each sink the configuration in force at its statement.
	Configs []map[string]string
	// Sets groups sinks of one statement set: each entry lists positions in Sinks. A
	// query or INSERT outside of a statement set is in none.
	Sets [][]int
	// Commands are the statements that only show or change something, in order.
	Commands []Command
	// Functions are the user functions that the script calls, as data; those in SQL are
	// in the expressions already.
	Functions []*catalog.UserFunction
	// Catalog and Config are as the script leaves them.
	Catalog *catalog.Catalog
	Config  map[string]string
}

// Script binds the statements of a script in order. The result is never nil; it is
// complete only if the list holds no error.
func Script(env *Env, src diag.Source, script *syntax.Script) (*Bound, diag.List) {
	b := newBinder(env, src)
	b.replaced = script.Replaced
	for _, s := range script.Stmts {
		b.statement(s)
	}
	b.checkUnused()
	b.out.Catalog, b.out.Config, b.out.Functions = b.cat, maps.Clone(b.config), b.called
	return b.out, b.diags.Sorted()
}

// binder binds one script.
type binder struct {
	env    *Env
	cat    *catalog.Catalog
	config map[string]string
	base   map[string]string // the configuration before the script, to which RESET goes back
	src    diag.Source
	out    *Bound
	diags  diag.List

	// replaced are the places of variables with the SQL that stands for them.
	replaced []syntax.Replacement
	// views keeps the tree of views this script declared, so that spans point into it.
	views map[*catalog.Table]*viewTree
	// bound keeps the node of a view, so that two uses share one value. DDL empties it.
	bound map[*catalog.Table]logical.Node
	// open are the views being bound, to find a view that uses itself.
	open []*catalog.Table
	// fixed, if set, is where everything is placed: the use of a view whose text is
	// not in this script.
	fixed *diag.Span
	// within, if set, is the option's value in which the SQL at hand stands.
	within *embedded
	// mixes keeps the meaning of mix and hybrid tables. DDL empties it.
	mixes   map[*catalog.Table]*mixTable
	hybrids map[*catalog.Table]*hybridTable
	// spans places expressions that hold no place themselves.
	spans spanTable
	// subs are the subqueries bound so far; a placeholder's number is a position in it.
	subs []*subquery
	// fromJoins are the joins written in FROM, whose time attributes are settled when
	// WHERE is known.
	fromJoins map[*logical.Join]bool
	// checked keeps the outcome of checking a table's options; declared are the tables of
	// this script, templates those that LIKE has copied.
	checked   map[*catalog.Table]*checked
	declared  []*catalog.Table
	templates map[*catalog.Table]bool
	// failed are the tables and views whose declaration did not hold: their use is not
	// reported again.
	failed map[catalog.Path]bool
	// domain belongs to the subquery being pulled.
	domain domain
	// repeats is set while a subquery is pulled of which only counts whether it has rows.
	repeats bool
	// called are the user functions that the script calls, but those in SQL, which are
	// bodies put in place: bodies are their trees in this script, sqlBodies what they mean.
	called     []*catalog.UserFunction
	bodies     map[*catalog.UserFunction]syntax.Expr
	sqlBodies  map[*catalog.UserFunction]*sqlBody
	openBodies []*catalog.UserFunction
	broken     map[*catalog.UserFunction]bool // whose declaration is reported
	// names counts sink names, which are unique in a script.
	names map[string]int
}

func newBinder(env *Env, src diag.Source) *binder {
	config := env.Config
	if config == nil {
		config = map[string]string{}
		env.Config = config
	}
	return &binder{
		env: env, cat: env.Catalog, config: config, base: maps.Clone(config), src: src, out: &Bound{},
		views: map[*catalog.Table]*viewTree{}, bound: map[*catalog.Table]logical.Node{}, mixes: map[*catalog.Table]*mixTable{}, hybrids: map[*catalog.Table]*hybridTable{},
		spans: spanTable{}, fromJoins: map[*logical.Join]bool{},
		checked: map[*catalog.Table]*checked{}, templates: map[*catalog.Table]bool{}, failed: map[catalog.Path]bool{}, names: map[string]int{},
		bodies: map[*catalog.UserFunction]syntax.Expr{}, sqlBodies: map[*catalog.UserFunction]*sqlBody{}, broken: map[*catalog.UserFunction]bool{},
	}
}

// at is where a piece of syntax is reported: its own span, or the use of the view it stands in.
func (b *binder) at(n syntax.Node) diag.Span { return b.place(n.Span()) }

func (b *binder) place(s diag.Span) diag.Span {
	if b.fixed != nil {
		return *b.fixed
	}
	if b.within != nil {
		return b.within.place(s)
	}
	return s
}

// text is the source text of a span with variables replaced by their values, only meaningful outside of foreign views.
func (b *binder) text(s diag.Span) string {
	if b.within != nil {
		s = b.within.place(s)
	}
	if s.Start < 0 || s.End > len(b.src.Text) || s.Start > s.End {
		return ""
	}
	var in []syntax.Replacement
	for _, r := range b.replaced {
		if s.Start <= r.Span.Start && r.Span.End <= s.End {
			in = append(in, r)
		}
	}
	slices.SortFunc(in, func(x, y syntax.Replacement) int { return x.Span.Start - y.Span.Start })
	var out strings.Builder
	at := s.Start
	for _, r := range in {
		if r.Span.Start >= at { // else it lies in one before
			out.WriteString(b.src.Text[at:r.Span.Start] + r.SQL)
			at = r.Span.End
		}
	}
	return out.String() + b.src.Text[at:s.End]
}

// errorsIn counts the errors so far; comparing two counts tells whether a step failed.
func (b *binder) errorsIn() int {
	n := 0
	for _, d := range b.diags {
		if d.Severity == diag.Error {
			n++
		}
	}
	return n
}

// batch reports whether the run is a batch.
func (b *binder) batch() bool { return b.env.Batch }

// zone is the session time zone at this point of the script.
func (b *binder) zone() *time.Location {
	if name := b.config["table.local-time-zone"]; name != "" && name != "default" {
		if l, err := time.LoadLocation(name); err == nil {
			return l
		}
	}
	if b.env.Zone != nil {
		return b.env.Zone
	}
	return time.UTC
}

// sinkName makes an output name unique in the script: orders, orders-2, ….
func (b *binder) sinkName(name string) string {
	b.names[name]++
	if n := b.names[name]; n > 1 {
		return name + "-" + strconv.Itoa(n)
	}
	return name
}

// addSink adds an output to the script.
func (b *binder) addSink(s *logical.Sink) {
	b.out.Sinks = append(b.out.Sinks, s)
	b.out.Configs = append(b.out.Configs, maps.Clone(b.config))
}

// changed tells that DDL has run: trees bound before may mean something else now.
func (b *binder) changed() {
	clear(b.bound)
	clear(b.mixes)
	clear(b.hybrids)
}

// statement binds one statement.
func (b *binder) statement(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.BadStmt:
		// the parser has said why
	case *syntax.QueryStmt:
		b.selectSink(s.Query)
	case *syntax.Insert:
		b.insert(s)
	case *syntax.StatementSet:
		b.statementSet(s)
	case *syntax.Execute:
		b.statement(s.Stmt)
	case *syntax.Update:
		b.refuse(b.at(s), "UPDATE").WithHint("read the table, change the rows in a query, and INSERT them into an upsert table")
	case *syntax.Delete:
		b.refuse(b.at(s), "DELETE").WithHint("filter the rows in a query and INSERT OVERWRITE the table")
	case *syntax.Truncate:
		b.refuse(b.at(s), "TRUNCATE TABLE")
	case *syntax.CallProcedure:
		b.refuse(b.at(s), "CALL of a procedure")
	default:
		if !b.ddl(s) && !b.admin(s) {
			b.refuse(b.at(s), fmt.Sprintf("this statement (%T)", s))
		}
	}
}

func (b *binder) statementSet(s *syntax.StatementSet) {
	first := len(b.out.Sinks)
	for _, ins := range s.Inserts {
		b.insert(ins)
	}
	var set []int
	for i := first; i < len(b.out.Sinks); i++ {
		set = append(set, i)
	}
	if len(set) > 0 {
		b.out.Sets = append(b.out.Sets, set)
	}
}

// selectSink binds a query whose rows are the result of the script.
func (b *binder) selectSink(q syntax.Query) {
	errs := b.errorsIn()
	n := b.topQuery(q)
	if b.errorsIn() > errs {
		return
	}
	n = b.uniqueNames(n)
	b.names["select"]++
	name := "select-" + strconv.Itoa(b.names["select"])
	sink := &logical.Sink{Base: logical.Base{Fields: n.Schema(), At: b.at(q)}, Input: n, Name: name}
	sink.Columns = sinkColumns(n.Schema())
	b.addSink(sink)
}
