// Package syntax turns Flink SQL text into a tree and back. It holds the scanner,
// the tree (nodes*.go), a hand-written recursive-descent parser with recovery, and
// the printer behind `weir fmt`. It knows the form of a script, not its meaning:
// names are not looked up, types are not checked, and what parses may still be
// refused by the binder.
//
// The reference is the grammar of Apache Flink SQL 2.2.
package syntax

import "github.com/weir-sql/weir/planner/diag"

// Node is any part of a tree that stands for a stretch of source text.
type Node interface {
	// Span is where the node stands in the source: from its first token to the end
	// of its last one, in bytes. It is zero for a node that was made, not parsed.
	Span() diag.Span
}

// Base carries the place of a node; every node embeds it.
type Base struct{ Pos diag.Span }

// Span is the node's place in the source.
func (b Base) Span() diag.Span { return b.Pos }

// At makes the Base of a node that stands at a place.
func At(span diag.Span) Base { return Base{Pos: span} }

// Stmt is one statement of a script.
type Stmt interface {
	Node
	stmt()
}

// Query is a table-valued body: *Select, *SetOp, *Values, *TableQuery or
// *QueryExpr (a body with WITH, ORDER BY or LIMIT around it).
type Query interface {
	Node
	query()
}

// TableExpr is an item of FROM: *TableRef, *Join, *Derived, *TableFunc, *Unnest,
// *MatchRecognize.
type TableExpr interface {
	Node
	tableExpr()
}

// Expr is a scalar expression, or one of the few things that stand in an
// expression's place (Star, NamedArg, TableArg, Descriptor, UnitArg, GroupingSet).
type Expr interface {
	Node
	expr()
}

// TypeExpr is a data type as written.
type TypeExpr interface {
	Node
	// Null is the nullability suffix.
	Null() Nullability
	typeExpr()
}

// Script is a parsed source text.
type Script struct {
	Base
	// Source is the text that spans point into.
	Source string
	// Stmts are the statements in order, the ones with errors included.
	Stmts []Stmt
	// Comments are all comments outside of tokens, in order of place. Optimizer
	// hints are no comments.
	Comments []Comment
	// Replaced are the variables that have got their values, in no order; see ParseWith.
	Replaced []Replacement
}

// Comment is a `-- line`, `// line` or `/* block */` comment, with its marks.
type Comment struct {
	Base
	Text string
}

// Ident is one name as the user means it: quotes are taken off and doubled
// backticks undone. Flink does not fold case.
type Ident struct {
	Base
	Name   string
	Quoted bool
}

// QualifiedName is a dotted name such as catalog.database.table. It has at least one part.
type QualifiedName struct {
	Base
	Parts []Ident
}

// Last is the rightmost part.
func (q QualifiedName) Last() Ident { return q.Parts[len(q.Parts)-1] }

// Strings are the parts' names.
func (q QualifiedName) Strings() []string {
	s := make([]string, len(q.Parts))
	for i, p := range q.Parts {
		s[i] = p.Name
	}
	return s
}

// String is the name as SQL text, with backticks where they are needed.
func (q QualifiedName) String() string {
	b := make([]byte, 0, 32)
	for i, p := range q.Parts {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, Quote(p.Name)...)
	}
	return string(b)
}

// BadStmt stands where a statement could not be read. The diagnostics say why.
type BadStmt struct{ Base }

// BadExpr stands where an expression could not be read. It occurs only in scripts
// that have error diagnostics.
type BadExpr struct{ Base }

// BadType stands where a type could not be read. It occurs only in scripts that
// have error diagnostics.
type BadType struct{ Base }

func (*BadStmt) stmt()             {}
func (*BadExpr) expr()             {}
func (*BadType) typeExpr()         {}
func (*BadType) Null() Nullability { return NullUnspecified }
