package agg

// growTo gives s with at least n elements, new ones zero.
func growTo[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	out := make([]T, n, max(n, 2*cap(s), 64))
	copy(out, s)
	return out
}

// rowAt is the j-th selected row.
func rowAt(rows []int32, j int) int32 {
	if rows == nil {
		return int32(j)
	}
	return rows[j]
}
