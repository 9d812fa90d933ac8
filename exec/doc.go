// Package exec is the embedded executor's set of contracts: what an operator, a
// source, a sink and a lookup are, and build.go, the one switch from operator
// specs to operators. The operators themselves are in exec/op, tasks and exchanges
// in exec/runtime, connectors outside.
//
// Data flows one way: a source task reads batches, a chain of operators handles
// them by plain calls inside one goroutine, exchanges carry them between tasks.
//
// Invariants:
//   - Batches are dense and immutable once emitted (package vec).
//   - Watermarks never go back. A watermark w on an edge comes after every row that
//     was emitted before it.
//   - An operator is used by one goroutine; it may start others, which
//     touch none of its fields and tell it that they are done through Context.Wake.
//   - All time, randomness and scratch space come from the Context.
package exec
