package vec

// SortKey orders rows by one column. It has the shape of rex.SortKey, so that one
// converts into the other. NullsLast is taken literally: the planner has resolved
// the default (NULLs first in ascending, last in descending order).
type SortKey struct {
	Col       int
	Desc      bool
	NullsLast bool
}

// Ascending gives keys over columns 0 to n-1, ascending, NULLs first.
func Ascending(n int) []SortKey {
	keys := make([]SortKey, n)
	for i := range keys {
		keys[i].Col = i
	}
	return keys
}
