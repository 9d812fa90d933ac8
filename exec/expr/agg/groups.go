package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// countType is the type of counts in partials.
var countType = types.Int64.NotNull()

// number are the Go types of numeric columns but wide DECIMAL.
type number interface {
	int8 | int16 | int32 | int64 | float32 | float64
}

// growTo gives s with at least n elements, new ones zero.
func growTo[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n] // never shortened, so what lies behind is zero
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

// validOf gives the rows in which no argument is NULL, nil meaning all.
func validOf(args []*vec.Vec) vec.Bitmap {
	var valid vec.Bitmap
	for _, v := range args {
		valid = vec.And(valid, v.Valid, v.Len)
	}
	return valid
}
