package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// maxCollected is how many keys a join collects for a source that waits for them: a table has fewer partitions than that, or
// waiting would be of no use.
const maxCollected = 10_000

// keyCollector gathers the distinct keys of one input of a join.
type keyCollector struct {
	spec   *physical.KeyFilter
	to     *exec.KeyFilter
	values map[string]struct{} // nil = too many
	key    []byte
}

// add takes the keys of a batch.
func (c *keyCollector) add(in int, b *vec.Batch) {
	if in != c.spec.Side || c.values == nil {
		return
	}
	cols := pick(b.Cols, c.spec.Columns)
	for i := range b.Len {
		key, ok := exec.KeyText(c.key[:0], cols, c.spec.Nulls, i)
		if c.key = key; !ok {
			continue
		}
		if _, known := c.values[string(key)]; !known {
			c.values[string(key)] = struct{}{}
		}
	}
	if len(c.values) > maxCollected {
		c.values = nil
	}
}

// end hands the keys over when their input has ended.
func (c *keyCollector) end(in, subtasks int) {
	if in == c.spec.Side {
		c.to.Tell(c.values, subtasks)
	}
}
