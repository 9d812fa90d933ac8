package op

import (
	"slices"

	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// overCalls computes the columns of an Over for rows in order. Rows come as blocks:
// the rows of one partition that lie next to each other in a batch, of which the first
// may be known from before. Aggregates go along a block with a sliding frame, adding
// rows that come into it and taking back those that leave; ranking and offset
// functions need positions only.
type overCalls struct {
	spec      *physical.Over
	frame     overFrame
	aggs      *aggSet
	place     []int // by call: index into the aggregates, -1 = computed by position
	positions bool  // some call is computed by position
	// peersShare says that RANK, DENSE_RANK and LAG of all peers are those of the last of
	// them, and that both ranks count rows: what they are on Flink's streams, where these functions are
	// aggregates over a RANGE frame. Over bounded rows they are what SQL says.
	peersShare bool
}

// overBlock is rows [at, at+n) of a batch, in order. The first known of them have
// been put out before; the accumulator key holds rows [lo, known) of the block.
type overBlock struct {
	key      int32
	at, n    int
	known    int
	lo       int
	numbered numbering // of the last known row
}

// numbering is what the ranking functions know of a row.
type numbering struct {
	row, rank, dense int64 // from 1; 0 before the first row
}

func newOverCalls(spec *physical.Over, lib agg.Library) (*overCalls, error) {
	o := &overCalls{spec: spec, frame: newOverFrame(spec)}
	var calls []rex.AggCall
	for _, c := range spec.Calls {
		switch c.Fn {
		case "ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD":
			o.place, o.positions = append(o.place, -1), true
		default:
			o.place = append(o.place, len(calls))
			calls = append(calls, c)
		}
	}
	var err error
	o.aggs, err = newAggSet(lib, calls, spec.In, o.frame.slides())
	return o, err
}

// whole reports whether a call needs all rows of the partition before the first can be
// put out.
func (o *overCalls) whole() bool {
	return slices.ContainsFunc(o.spec.Calls, func(c rex.AggCall) bool {
		switch c.Fn {
		case "PERCENT_RANK", "CUME_DIST", "NTILE", "LEAD":
			return true
		}
		return false
	})
}

// step is one position of a frame: rows [fromLo, lo) leave and [fromHi, hi) come in.
type step struct {
	key                    int32
	fromLo, lo, fromHi, hi int
}

// eval gives the columns of the calls, a row for each row of b, of which those of the
// blocks that were known have no value. The accumulators are left at the last row of
// each block, lo and numbered brought up to it.
func (o *overCalls) eval(b *vec.Batch, blocks []overBlock) ([]*vec.Vec, error) {
	order := o.frame.order(b)
	stepOf := make([]int32, b.Len)
	var steps []step
	var waves []int32
	for k := range blocks {
		bl := &blocks[k]
		lo, hi := bl.lo, bl.known
		wave := int32(-1)
		for i := bl.known; i < bl.n; i++ {
			toLo, toHi := o.frame.bounds(order, bl.at, bl.n, i, lo, hi)
			if wave < 0 || toLo != lo || toHi != hi {
				wave++
				steps = append(steps, step{bl.key, bl.at + lo, bl.at + min(toLo, hi), bl.at + max(hi, toLo), bl.at + toHi})
				waves = append(waves, wave)
				lo, hi = toLo, toHi
			}
			stepOf[bl.at+i] = int32(len(steps) - 1)
		}
		bl.lo = lo
	}
	vals, err := o.runSteps(b, steps, waves)
	if err != nil {
		return nil, err
	}
	out := make([]*vec.Vec, len(o.spec.Calls))
	for c, p := range o.place {
		if p >= 0 {
			out[c] = vec.Take(vals[p], stepOf)
		} else if out[c], err = o.positional(c, b, blocks, order); err != nil {
			return nil, err
		}
	}
	for k := range blocks {
		bl := &blocks[k]
		for i := bl.known; i < bl.n; i++ {
			bl.numbered = bl.numbered.next(i == 0 && bl.numbered.row == 0 || i > 0 && !order.peers(bl.at+i-1, bl.at+i))
		}
	}
	return out, nil
}

// next numbers the next row; fresh says that it is no peer of the one before.
func (n numbering) next(fresh bool) numbering {
	n.row++
	if fresh {
		n.rank, n.dense = n.row, n.dense+1
	}
	return n
}

// runSteps gives a value for each step: in one loop a call if all accumulators can go row
// by row, else in waves.
func (o *overCalls) runSteps(b *vec.Batch, steps []step, waves []int32) ([]*vec.Vec, error) {
	if len(o.aggs.calls) == 0 {
		return nil, nil
	}
	if accs := o.aggs.steppers(); accs != nil {
		return o.runRows(accs, b, steps), nil
	}
	return o.runWaves(b, steps, waves)
}

// runRows lists what every step does row by row, and lets each call go through the list.
func (o *overCalls) runRows(accs []agg.Stepper, b *vec.Batch, steps []step) []*vec.Vec {
	var ids, rows []int32
	var acts []agg.Step
	last := make([]int32, len(steps)) // by step: its last row in the list
	for s, st := range steps {
		for i := st.fromLo; i < st.lo; i++ {
			ids, rows, acts = append(ids, st.key), append(rows, int32(i)), append(acts, agg.StepRetract)
		}
		for i := st.fromHi; i < st.hi; i++ {
			ids, rows, acts = append(ids, st.key), append(rows, int32(i)), append(acts, agg.StepAdd)
		}
		if st.fromLo == st.lo && st.fromHi == st.hi { // nothing changes: only look
			ids, rows, acts = append(ids, st.key), append(rows, 0), append(acts, 0)
		}
		last[s] = int32(len(ids)) - 1
	}
	out := make([]*vec.Vec, len(accs))
	for k, acc := range accs {
		call := o.aggs.calls[k]
		args := takeAll(pick(b.Cols, call.Args), rows)
		own := acts
		if call.Filter >= 0 {
			own = slices.Clone(acts)
			v := b.Cols[call.Filter]
			for j, i := range rows {
				if v.IsNull(int(i)) || !v.Bools()[i] {
					own[j] = 0
				}
			}
		}
		before, after := vec.New(call.T.Null(), len(ids)), vec.New(call.T.Null(), len(ids))
		acc.Step(ids, args, own, before, after)
		out[k] = vec.Take(after, last)
	}
	return out
}

// runWaves runs the steps of one wave together: in a wave no key comes twice.
func (o *overCalls) runWaves(b *vec.Batch, steps []step, waves []int32) ([]*vec.Vec, error) {
	n := 0
	for _, w := range waves {
		n = max(n, int(w)+1)
	}
	var parts vec.Partitions
	parts.Split(waves, n)
	results := make([][]*vec.Vec, len(o.aggs.calls))
	back := make([]int32, len(steps)) // by step: row of the concatenated results
	at := int32(0)
	var ids, rows, goneIDs, gone, keys []int32
	for w := range n {
		ids, rows, goneIDs, gone, keys = ids[:0], rows[:0], goneIDs[:0], gone[:0], keys[:0]
		for _, s := range parts.Part(w) {
			st := steps[s]
			for i := st.fromLo; i < st.lo; i++ {
				goneIDs, gone = append(goneIDs, st.key), append(gone, int32(i))
			}
			for i := st.fromHi; i < st.hi; i++ {
				ids, rows = append(ids, st.key), append(rows, int32(i))
			}
			keys = append(keys, st.key)
			back[s] = at
			at++
		}
		o.aggs.add(ids, b.Cols, rows)
		o.aggs.retract(goneIDs, b.Cols, gone)
		vals, err := o.aggs.result(keys)
		if err != nil {
			return nil, err
		}
		for c, v := range vals {
			results[c] = append(results[c], v)
		}
	}
	out := make([]*vec.Vec, len(results))
	for c, vs := range results {
		if len(vs) == 0 {
			out[c] = vec.New(o.aggs.calls[c].T, 0)
			continue
		}
		out[c] = vec.Take(vec.ConcatVecs(vs[0].Type, vs), back)
	}
	return out, nil
}

// positional computes a ranking or offset function.
func (o *overCalls) positional(c int, b *vec.Batch, blocks []overBlock, order rowOrder) (*vec.Vec, error) {
	call := o.spec.Calls[c]
	switch call.Fn {
	case "LAG", "LEAD":
		return o.shifted(call, b, blocks, order), nil
	case "PERCENT_RANK", "CUME_DIST":
		return distribution(call, b, blocks, order), nil
	}
	vals := make([]int64, b.Len)
	for _, bl := range blocks {
		num := bl.numbered
		if o.peersShare && call.Fn != "ROW_NUMBER" {
			for i := bl.known; i < bl.n; i++ {
				vals[bl.at+i] = num.row + int64(o.lastPeer(bl, i, order)-bl.known) + 1
			}
			continue
		}
		for i := bl.known; i < bl.n; i++ {
			num = num.next(i == 0 && num.row == 0 || i > 0 && !order.peers(bl.at+i-1, bl.at+i))
			switch call.Fn {
			case "ROW_NUMBER":
				vals[bl.at+i] = num.row
			case "RANK":
				vals[bl.at+i] = num.rank
			case "DENSE_RANK":
				vals[bl.at+i] = num.dense
			default:
				buckets, err := constantInt(call, b.Cols[call.Args[0]], bl.at+i)
				if err != nil {
					return nil, err
				}
				vals[bl.at+i] = ntile(int64(i), int64(bl.n), buckets)
			}
		}
	}
	return vec.FromSlice(call.T, vals, nil), nil
}

// lastPeer gives the last row of the block that is a peer of row i.
func (o *overCalls) lastPeer(bl overBlock, i int, order rowOrder) int {
	for i+1 < bl.n && order.peers(bl.at+i, bl.at+i+1) {
		i++
	}
	return i
}

// ntile is the bucket of row i of n, from 1; the first buckets have one row more if n
// cannot be divided.
func ntile(i, n, buckets int64) int64 {
	size, more := n/buckets, n%buckets
	if i < more*(size+1) {
		return i/(size+1) + 1
	}
	return more + (i-more*(size+1))/max(size, 1) + 1
}

// distribution is PERCENT_RANK or CUME_DIST.
func distribution(call rex.AggCall, b *vec.Batch, blocks []overBlock, order rowOrder) *vec.Vec {
	vals := make([]float64, b.Len)
	for _, bl := range blocks {
		for i := 0; i < bl.n; {
			end := i + 1
			for end < bl.n && order.peers(bl.at+i, bl.at+end) {
				end++
			}
			x := float64(end) / float64(bl.n)
			if call.Fn == "PERCENT_RANK" {
				x = float64(i) / float64(max(bl.n-1, 1))
			}
			for ; i < end; i++ {
				vals[bl.at+i] = x
			}
		}
	}
	return vec.FromSlice(call.T, vals, nil)
}

// shifted is LAG or LEAD: the value some rows away, or the default, or NULL.
func (o *overCalls) shifted(call rex.AggCall, b *vec.Batch, blocks []overBlock, order rowOrder) *vec.Vec {
	by := 1
	if call.Fn == "LAG" {
		by = -1
	}
	v := b.Cols[call.Args[0]]
	from := make([]int32, b.Len)
	for _, bl := range blocks {
		for i := range bl.n {
			d := by
			if len(call.Args) > 1 {
				d = by * int(intAt(b.Cols[call.Args[1]], bl.at+i))
			}
			from[bl.at+i] = -1
			t := i + d
			if o.peersShare {
				t = o.lastPeer(bl, i, order) + d
			}
			if t >= 0 && t < bl.n {
				from[bl.at+i] = int32(bl.at + t)
			} else if len(call.Args) > 2 {
				from[bl.at+i] = int32(b.Len + bl.at + i)
			}
		}
	}
	if len(call.Args) > 2 {
		v = vec.ConcatVecs(v.Type, []*vec.Vec{v, b.Cols[call.Args[2]]})
	}
	return vec.Take(v, from)
}

// intAt is an integer column's value.
func intAt(v *vec.Vec, i int) int64 {
	switch v.Phys() {
	case vec.PhysI8:
		return int64(v.Int8s()[i])
	case vec.PhysI16:
		return int64(v.Int16s()[i])
	case vec.PhysI32:
		return int64(v.Int32s()[i])
	default:
		return v.Int64s()[i]
	}
}

func constantInt(call rex.AggCall, v *vec.Vec, i int) (int64, error) {
	if n := intAt(v, i); n > 0 && !v.IsNull(i) {
		return n, nil
	}
	return 0, diag.Errorf(codeMode, call.Span, "%s takes a positive whole number", call.Fn)
}

// overFrame finds the frame of a row.
type overFrame struct {
	rows                 bool
	preceding, following int64
	keys                 []vec.SortKey
	scale                int64 // units of the order column in one unit of a RANGE bound
}

func newOverFrame(spec *physical.Over) overFrame {
	f := overFrame{rows: spec.Rows, preceding: spec.Preceding, following: spec.Following, keys: sortKeys(spec.Order), scale: 1}
	if len(spec.Order) == 1 {
		if t := spec.In[spec.Order[0].Col]; t.IsTimestamp() {
			f.scale = int64(vec.Milli / vec.UnitOf(t.Precision))
		} else if t.Kind == types.Decimal {
			for range t.Scale {
				f.scale *= 10
			}
		}
	}
	return f
}

// slides says that rows leave the frame again.
func (f overFrame) slides() bool { return f.preceding >= 0 }

// rowOrder compares rows of a batch by the order of the window.
type rowOrder struct {
	cmp  *vec.Comparer
	vals *vec.Vec // the one order column, for RANGE bounds
	desc bool
	none bool // no order: all rows are peers
}

func (f overFrame) order(b *vec.Batch) rowOrder {
	o := rowOrder{cmp: vec.NewComparer(b.Cols, b.Cols, f.keys), none: len(f.keys) == 0}
	if len(f.keys) == 1 {
		o.vals, o.desc = b.Cols[f.keys[0].Col], f.keys[0].Desc
	}
	return o
}

// peers reports whether two rows are equal in the order.
func (o rowOrder) peers(i, j int) bool { return o.none || o.cmp.Compare(i, j) == 0 }

// bounds gives the frame [lo, hi) of row i of the block of n rows at at. It does not
// lie before that of the row before, fromLo and fromHi.
func (f overFrame) bounds(o rowOrder, at, n, i, fromLo, fromHi int) (lo, hi int) {
	lo, hi = fromLo, max(fromHi, i)
	if f.rows {
		if f.preceding >= 0 {
			lo = max(lo, i-int(min(f.preceding, int64(i))))
		}
		hi = n
		if f.following >= 0 {
			hi = int(min(int64(n), int64(i)+1+f.following))
		}
		return lo, hi
	}
	switch {
	case f.preceding < 0:
	case f.preceding == 0:
		for lo < i && !o.peers(at+lo, at+i) {
			lo++
		}
	default:
		for lo < i && !o.within(at+lo, at+i, f.preceding*f.scale) {
			lo++
		}
	}
	switch {
	case f.following < 0:
		hi = n
	case f.following == 0:
		for hi < n && o.peers(at+hi, at+i) {
			hi++
		}
	default:
		for hi < n && o.within(at+i, at+hi, f.following*f.scale) {
			hi++
		}
	}
	return lo, hi
}

// within reports whether row j lies at most by behind row i. NULL is near NULL only.
func (o rowOrder) within(i, j int, by int64) bool {
	if o.vals.IsNull(i) || o.vals.IsNull(j) {
		return o.vals.IsNull(i) && o.vals.IsNull(j)
	}
	if o.desc {
		i, j = j, i
	}
	switch o.vals.Phys() {
	case vec.PhysF64:
		return o.vals.Float64s()[j]-o.vals.Float64s()[i] <= float64(by)
	case vec.PhysF32:
		return float64(o.vals.Float32s()[j])-float64(o.vals.Float32s()[i]) <= float64(by)
	case vec.PhysI8, vec.PhysI16, vec.PhysI32, vec.PhysI64:
		return intAt(o.vals, j)-intAt(o.vals, i) <= by
	default:
		return o.peers(i, j)
	}
}
