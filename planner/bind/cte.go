package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// cteScope is the WITH queries that a query sees, the nearest first.
type cteScope struct {
	parent *cteScope
	cte    *syntax.CTE
	env    queryEnv // what the query itself sees
	node   logical.Node
	bound  bool
}

func (s *cteScope) find(name string) *cteScope {
	for ; s != nil; s = s.parent {
		if s.cte.Name.Name == name {
			return s
		}
	}
	return nil
}

func (s *cteScope) names() []string {
	var out []string
	for ; s != nil; s = s.parent {
		out = append(out, s.cte.Name.Name)
	}
	return out
}

// with adds the queries of a WITH clause; each sees those before it. ok is false if the
// clause as a whole is refused.
func (b *binder) with(w *syntax.With, env queryEnv) (*cteScope, bool) {
	for _, c := range w.CTEs {
		if w.Recursive && readsItself(c) {
			b.refuseToo(b.at(c), "a recursive query").WithHint("unroll a fixed number of steps")
			return env.ctes, false
		}
	}
	seen := map[string]bool{}
	for _, c := range w.CTEs {
		if seen[c.Name.Name] {
			b.warnf(codeDuplicate, b.at(c.Name), "query %q is declared twice in WITH; the later one counts", c.Name.Name)
		}
		seen[c.Name.Name] = true
		s := &cteScope{parent: env.ctes, cte: c, env: env}
		env.ctes = s
		// Bound at once, so that a query that nobody uses is checked too.
		b.cteNode(s)
	}
	return env.ctes, true
}

// readsItself reports a query of WITH that names itself.
func readsItself(c *syntax.CTE) bool {
	found := false
	syntax.Walk(c.Query, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.TableRef:
			found = found || len(n.Name.Parts) == 1 && n.Name.Parts[0].Name == c.Name.Name
		case *syntax.TableQuery:
			found = found || len(n.Name.Parts) == 1 && n.Name.Parts[0].Name == c.Name.Name
		}
		return !found
	})
	return found
}

// cteNode gives the one node of a WITH query.
func (b *binder) cteNode(s *cteScope) logical.Node {
	if s.bound {
		return s.node
	}
	s.bound = true
	n := b.query(s.cte.Query, s.env)
	if len(s.cte.Columns) > 0 {
		r := b.rename(newRel(n, "", catalog.Path{}), &syntax.TableAlias{Base: s.cte.Base, Name: s.cte.Name, Columns: s.cte.Columns})
		n = r.node
	}
	s.node = n
	return n
}

// viewTree is the query of a view as this script's parser has read it.
type viewTree struct {
	query syntax.Query
}

// viewNode gives the one node of a view: its text bound with the names as they were where
// it was created.
func (b *binder) viewNode(t *catalog.Table, use diag.Span) logical.Node {
	if n, ok := b.bound[t]; ok {
		return n
	}
	if slices.Contains(b.open, t) {
		b.errorf(codeView, use, "view %q uses itself", t.Path.Name)
		return nil
	}
	tree := b.views[t]
	if tree == nil {
		parsed, errs := syntax.Parse(t.View)
		stmt, ok := onlyQuery(parsed)
		if errs.HasErrors() || !ok {
			b.errorf(codeView, use, "definition of view %q does not parse", t.Path.Name)
			return nil
		}
		tree = &viewTree{query: stmt}
		if b.fixed == nil {
			b.fixed = &use
			defer func() { b.fixed = nil }()
		}
	}
	errs := b.errorsIn()
	b.open = append(b.open, t)
	catalogNow, databaseNow := b.cat.CurrentCatalog, b.cat.CurrentDatabase
	if t.ViewCatalog != "" {
		b.cat.CurrentCatalog, b.cat.CurrentDatabase = t.ViewCatalog, t.ViewDatabase
	}
	n := b.query(tree.query, queryEnv{})
	b.cat.CurrentCatalog, b.cat.CurrentDatabase = catalogNow, databaseNow
	b.open = b.open[:len(b.open)-1]
	if b.errorsIn() > errs {
		b.bound[t] = nil // reported; the next use is silent
		return nil
	}
	n = b.uniqueNames(n)
	if names := viewColumns(t, n); names != nil {
		n = projectColumns(n, names, n.Span())
	}
	b.bound[t] = n
	return n
}

// viewColumns renames the columns of a view's query as the view declares them; nil if
// they are named so already.
func viewColumns(t *catalog.Table, n logical.Node) []types.Field {
	fields := slices.Clone(n.Schema())
	change := false
	for i := range fields {
		if i < len(t.Columns) && t.Columns[i].Name != fields[i].Name {
			fields[i].Name = t.Columns[i].Name
			change = true
		}
	}
	if !change {
		return nil
	}
	return fields
}

// onlyQuery gives the query of a text that is nothing but a query.
func onlyQuery(s *syntax.Script) (syntax.Query, bool) {
	if len(s.Stmts) != 1 {
		return nil, false
	}
	q, ok := s.Stmts[0].(*syntax.QueryStmt)
	if !ok {
		return nil, false
	}
	return q.Query, true
}

// viewText is the text of a view's query without a semicolon.
func (b *binder) viewText(q syntax.Query) string {
	return strings.TrimRight(strings.TrimSpace(b.text(q.Span())), ";")
}
