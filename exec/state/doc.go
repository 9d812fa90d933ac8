// Package state is what every stateful operator keeps its state behind: key
// groups, which decide what part of the state a subtask owns; the snapshot
// contract (Writer, Reader) with a versioned, checksummed encoding; stores for
// snapshots, in memory and on Pebble; and spilling, for operators that hold more
// than their share of memory.
//
// Invariants:
//   - A key's group depends on its hash (vec.HashColumns) and the maximum
//     parallelism only, so that state can be handed to any number of subtasks.
//   - A name in a snapshot starts with the uid of its operator.
//   - Bytes that fail their checksum, or do not parse, give an error (ErrCorrupt),
//     never wrong state and never a panic.
package state
