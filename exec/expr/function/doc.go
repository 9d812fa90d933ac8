// Package function holds SQL's scalar functions and operators: what the binder,
// help and completion know of each (catalog.Function) beside the kernel that
// computes it over whole vectors. A function is one entry in the file of its
// family; All lists the families.
//
// How a kernel is written, from cheap to general:
//   - a typed loop, for arithmetic and comparison (arith.go, compare.go);
//   - a row function in fixedOf, textOf or builtOf (adapt.go): NULL in gives NULL
//     out, the row function sees only rows without NULL;
//   - the same with withNulls, for functions that look at NULL themselves.
//
// CASE, IF, COALESCE, AND and OR have no kernel here: which rows they evaluate is the
// business of exec/expr.
//
// Invariants: kernels never write to their arguments; they allocate per batch, not
// per row; an error is a *diag.Diagnostic with the call's span and quotes the value.
package function
