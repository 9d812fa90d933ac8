package expr

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// connectiveNode is AND or OR where an operand past the first can fail: it is
// evaluated only for the rows that the operands before it have not decided.
type connectiveNode struct {
	operands []branch
	deciding bool // the value that decides: FALSE for AND, TRUE for OR
	rest     []int32
}

func (c *compiler) buildConnective(call *rex.Call) (node, error) {
	n := &connectiveNode{deciding: call.Fn == "OR"}
	for _, a := range call.Args {
		br, err := c.branch(a, false)
		if err != nil {
			return nil, err
		}
		n.operands = append(n.operands, br)
	}
	return n, nil
}

func (n *connectiveNode) eval(r *run, b *vec.Batch) (*vec.Vec, error) {
	out := vec.New(types.Bool, b.Len)
	dst := out.Bools()
	known := vec.NewBitmapSet(b.Len)
	for i := range dst {
		dst[i] = !n.deciding
	}
	rest := allRows(n.rest[:0], b.Len)
	for k := range n.operands {
		if len(rest) == 0 {
			break
		}
		v, gathered, err := n.operands[k].part(r, b, rest)
		if err != nil {
			return nil, err
		}
		truth, left := v.Bools(), rest[:0]
		for j, i := range rest {
			at := int(i)
			if gathered {
				at = j
			}
			switch {
			case v.IsNull(at):
				known.Clear(int(i))
				left = append(left, i)
			case truth[at] == n.deciding:
				dst[i] = n.deciding
				known.Set(int(i))
			default:
				left = append(left, i)
			}
		}
		rest = left
	}
	n.rest = rest[:0]
	out.Valid = known
	return out, nil
}
