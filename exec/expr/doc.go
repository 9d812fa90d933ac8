// Package expr turns resolved row expressions (rex) into programs that compute them
// over whole batches.
//
// A Program is a tree of nodes over the columns of a batch. Plain calls evaluate
// their arguments and run a kernel of exec/expr/function. Special forms decide which
// rows a branch sees: CASE, IF, COALESCE, AND and OR evaluate a branch that may fail
// only on the rows that reach it, gathered into a smaller batch and scattered back;
// a branch that cannot fail is computed for all rows and blended, which is cheaper.
//
// Memory: a vector that leaves a program is fresh, or a column of the input. Results
// in between live in scratch that belongs to their node and is overwritten by the
// next batch. A node whose result may share memory with what leaves is given fresh
// memory ("escapes"): the root, the operands of kernels that do not own their result,
// and shared subexpressions.
//
// Invariants: a Program, Filter or Projection is used by one goroutine; it never
// writes to its input; nothing is allocated per row.
package expr
