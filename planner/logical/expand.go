package logical

// Expand gives one row for every grouping set: of Cols, those outside the set are
// NULL. Output: input columns (Cols nullable), then the set's number as BIGINT NOT
// NULL. Made by a rule out of Aggregate.Sets.
type Expand struct {
	Base
	Input Node
	Sets  [][]int // columns kept
	Cols  []int   // columns that may be nulled
}

// Inputs and WithInputs.
func (n *Expand) Inputs() []Node             { return []Node{n.Input} }
func (n *Expand) WithInputs(in ...Node) Node { c := *n; c.Input = in[0]; return &c }
