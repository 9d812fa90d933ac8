// Package bind turns a syntax tree into meaning: names are looked up, types and
// implicit casts resolved, DDL applied to a catalog, and every query and INSERT
// becomes a logical tree under a sink. It opens no connection and reads no file.
//
// Errors are collected, not returned one at a time: an expression that could not
// be bound is a NULL literal of the invalid type, which silences everything
// built on it, so one slip gives one diagnostic and the next select item is still checked.
//
// How a SELECT block is bound. FROM gives a relation: a node and the names of its
// columns. Every expression of the block is first bound over that relation's
// columns; what is not a plain function of one row stands in it as a
// placeholder call whose name starts with "$" and whose arguments are the parts over
// the row (see placeholder.go): an aggregate, an OVER call, a subquery, a property
// of a group window. Then the block is built bottom-up, WHERE, grouping, HAVING,
// OVER, projection, and each step replaces its placeholders by references to the
// columns it has made. Subqueries become joins where their placeholder is replaced.
package bind
