package exec

import "sync/atomic"

// Counters are one subtask's figures. They are written by the task and read by
// anybody at any time.
type Counters struct {
	RowsIn, RowsOut       atomic.Int64
	BatchesIn, BatchesOut atomic.Int64
	Lag                   atomic.Int64 // records a source is behind
	LateRows              atomic.Int64 // dropped because their window had fired
	BadRecords            atomic.Int64 // skipped because they could not be decoded
	Watermark             atomic.Int64 // of the output
	BusyNanos             atomic.Int64
	BlockedNanos          atomic.Int64 // waiting for room downstream
	StateBytes            atomic.Int64
	SpilledBytes          atomic.Int64
	LookupHits            atomic.Int64
	LookupMisses          atomic.Int64
	LookupRequests        atomic.Int64 // sent to the dimension table
}
