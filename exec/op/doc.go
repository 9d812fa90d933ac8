// Package op holds the operators of the embedded executor, one a file: what each
// node of the StreamGraph does to batches of rows. An operator gets its spec (package
// planner/physical), keeps its state in memory in typed columns, and knows
// nothing of threads, queues or metrics, which are the task loop's business.
//
// What is shared by operators:
//
//   - rowStore keeps rows in columns, a slot a row; slotIndex finds slots by hash.
//   - changes collects what an operator emits as (slot, kind) and gathers it column
//     by column.
//   - expiry forgets what was not written for the state's time to live.
//   - timerHeap orders timers exactly as Flink's heap does, ties included.
//
// Changelogs. With mini-batch off every operator emits, row for row, what Flink's
// operator emits; where Flink leaves an order open (iteration of a hash map) it is
// here the order of arrival. In batch (Context.Batch) only final rows are emitted.
//
// Snapshots. State is written as entries (uid/part, key group, key, value), so that
// subtasks of another parallelism can pick out their own. The order in which state was
// made is part of it: an operator restored from its own snapshot emits what it
// would have emitted, row for row.
//
// Batches that come in are never written to and may be kept; those that go out
// are made anew and belong to whoever receives them, or are the incoming ones,
// passed on.
package op
