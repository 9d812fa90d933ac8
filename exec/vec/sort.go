package vec

import (
	"bytes"
	"slices"
)

// SortIndices gives the rows of a batch in sorted order, for Take. Rows with
// equal keys keep their order.
func SortIndices(b *Batch, keys []SortKey) []int32 {
	var rows Rows
	NewKeyEncoder(b.Types(), keys).Encode(b.Cols, b.Len, &rows)
	out := make([]int32, b.Len)
	for i := range out {
		out[i] = int32(i)
	}
	slices.SortStableFunc(out, func(i, j int32) int { return bytes.Compare(rows.Row(int(i)), rows.Row(int(j))) })
	return out
}
