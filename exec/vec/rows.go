package vec

// Rows holds encoded rows in one arena: row i is Data[Off[i]:Off[i+1]]. It is
// reused from batch to batch, so that encoding allocates nothing per row.
type Rows struct {
	Off  []int // Len()+1 offsets, Off[0] = 0; empty before the first row
	Data []byte
}

// Len is the number of rows held.
func (r *Rows) Len() int { return max(len(r.Off)-1, 0) }

// Row gives the bytes of row i; they stay valid until the next Reset.
func (r *Rows) Row(i int) []byte { return r.Data[r.Off[i]:r.Off[i+1]:r.Off[i+1]] }

// Reset drops the rows and keeps the memory.
func (r *Rows) Reset() { r.Off, r.Data = r.Off[:0], r.Data[:0] }

// Append adds a row that was encoded elsewhere.
func (r *Rows) Append(row []byte) {
	if len(r.Off) == 0 {
		r.Off = append(r.Off, 0)
	}
	r.Data = append(r.Data, row...)
	r.Off = append(r.Off, len(r.Data))
}
