package vec

import "github.com/weir-sql/weir/planner/types"

// RowKind says what a row does to the table its stream describes.
type RowKind uint8

// The row kinds, in Flink's order and spelling.
const (
	Insert RowKind = iota
	UpdateBefore
	UpdateAfter
	Delete
)

// String prints the kind as Flink does.
func (k RowKind) String() string { return [...]string{"+I", "-U", "+U", "-D"}[k] }

// Adds reports whether the kind adds its row (+I, +U) rather than taking it back (-U, -D).
func (k RowKind) Adds() bool { return k == Insert || k == UpdateAfter }

// BatchSize is the number of rows sources and operators aim at.
const BatchSize = 4096

// Batch is a run of rows in columns. A nil Kinds means that every row is an
// insertion.
type Batch struct {
	Len   int
	Cols  []*Vec
	Kinds []RowKind
}

// NewBatch makes a batch over columns of equal length.
func NewBatch(n int, cols ...*Vec) *Batch { return &Batch{Len: n, Cols: cols} }

// Kind gives the kind of row i.
func (b *Batch) Kind(i int) RowKind {
	if b.Kinds == nil {
		return Insert
	}
	return b.Kinds[i]
}

// Types gives the column types.
func (b *Batch) Types() []types.Type {
	ts := make([]types.Type, len(b.Cols))
	for i, c := range b.Cols {
		ts[i] = c.Type
	}
	return ts
}
