package state

import "errors"

// ErrCorrupt is wrapped by every error about bytes that cannot have been written
// by this package.
var ErrCorrupt = errors.New("the snapshot is corrupt")

// Writer takes the entries of a snapshot. A name is the operator's uid, a slash
// and what the entry is ("a1b2/groups"); the operator chooses keys within a name
// and key group. An entry that is not keyed uses key group 0. A key written twice
// keeps the last value.
type Writer interface {
	// Put adds an entry; key and value are copied.
	Put(name string, keyGroup int, key, value []byte) error
}

// Reader gives the entries of a snapshot back.
type Reader interface {
	// Each calls fn for the entries of a name whose key group lies in groups, in
	// order of key group and key. key and value are valid during the call only. It
	// stops at fn's first error and returns it.
	Each(name string, groups Range, fn func(keyGroup int, key, value []byte) error) error
}

// Snapshotter is an operator's state as the runtime sees it. Snapshot writes
// everything the operator would need to go on; Restore reads it back into an empty
// operator that owns the key groups of groups, which may be more or fewer than
// those of the one that wrote.
type Snapshotter interface {
	Snapshot(w Writer) error
	Restore(r Reader, groups Range) error
}
