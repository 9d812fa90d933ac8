package logical

import (
	"fmt"
	"strconv"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// Match is MATCH_RECOGNIZE. Output: partition columns, then the measures.
type Match struct {
	Base
	Input     Node
	Partition []int
	Order     []rex.SortKey
	Pattern   physical.RowPattern
}

// Inputs gives the input.
func (n *Match) Inputs() []Node { return []Node{n.Input} }

// WithInputs gives the node over another input.
func (n *Match) WithInputs(in ...Node) Node { c := *n; c.Input = in[0]; return &c }

func (n *Match) line() string {
	plain := func(e rex.Expr, _ []string) string { return e.String() }
	names := make([]string, len(n.Input.Schema()))
	for i := range names {
		names[i] = "$" + strconv.Itoa(i)
	}
	s := fmt.Sprintf("Match partition=%s order=%s %s", ints(n.Partition), OrderText(n.Order), n.Pattern.Text(names, plain))
	for _, v := range n.Pattern.Vars {
		s += fmt.Sprintf(" %v", n.Pattern.ValueNames(&v.Cond, names, plain)[len(names):])
	}
	m := &n.Pattern.Measures
	return s + " measures " + exprs(m.Exprs) + fmt.Sprintf(" %v", n.Pattern.ValueNames(m, names, plain)[len(names):])
}
