package syntax

import "github.com/weir-sql/weir/planner/diag"

// Parse reads a script. It always returns a tree: what could not be read is a
// BadStmt or BadExpr in it, and the list says why, in order of place. Parsing ends
// in time linear in the length of the text.
func Parse(src string) (*Script, diag.List) {
	var errs diag.List
	span := diag.Span{Start: 0, End: len(src)}
	errs.Add(diag.Errorf("W0001", span, "the statement is not read yet"))
	return &Script{Base: At(span), Source: src, Stmts: []Stmt{&BadStmt{At(span)}}}, errs
}
