package logical

import (
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// Rank keeps the rows ranked Start..End (1-based, inclusive; End -1 = no end) of each
// partition: ROW_NUMBER, RANK or DENSE_RANK with a filter on the result, found by a
// rule. Output: input columns, then the rank (BIGINT NOT NULL) if WithRank.
type Rank struct {
	Base
	Input      Node
	Func       physical.RankFunc
	Partition  []int
	Order      []rex.SortKey
	Start, End int64
	WithRank   bool
	// First: a stream keeps whichever row of a key comes first; Order is for batch.
	First bool
}

// Replicate gives every input row as often as its last column, a BIGINT, says, and
// leaves that column out: what INTERSECT ALL and EXCEPT ALL need.
type Replicate struct {
	Base
	Input Node
}

// Inputs and WithInputs of each node.
func (n *Rank) Inputs() []Node      { return []Node{n.Input} }
func (n *Replicate) Inputs() []Node { return []Node{n.Input} }

func (n *Rank) WithInputs(in ...Node) Node      { c := *n; c.Input = in[0]; return &c }
func (n *Replicate) WithInputs(in ...Node) Node { c := *n; c.Input = in[0]; return &c }
