// Package runtime runs a JobGraph inside one process: a task per vertex and
// subtask, bounded exchanges between tasks, watermarks, timers, barriers, sources
// and sinks.
//
// # Tasks
//
// A task is one goroutine. It takes elements (batches, watermarks, barriers, ends)
// from its inbox, gives them to the head of its chain, and every operator of the
// chain calls the next one directly. Back-pressure is a full queue: the sender
// waits. Sources are tasks whose elements come from readers.
//
// # Invariants
//
//  1. Elements of one channel keep their order.
//  2. A watermark on a channel comes after every row the sender emitted before it, and
//     a task's watermark is the minimum over its channels that are not idle or ended.
//  3. A barrier reaches an operator after exactly the rows of every channel that were
//     sent before that barrier: channels whose barrier came are not read until the
//     others' came (aligned checkpoint, Chandy-Lamport as in Flink).
//  4. A task ends once all its channels ended, after OnWatermark(MaxWatermark) and
//     OnEnd. It passes its end on only after its chain has emitted everything.
//  5. The first error stops the job: it cancels the context, every wait returns,
//     sinks are aborted, and Wait gives that error.
package runtime
