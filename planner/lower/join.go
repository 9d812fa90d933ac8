package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// join makes a window join where both sides are in equal windows, an interval join
// where event or processing times bound each other, else a regular join. Batch has
// the regular one only.
func (b *builder) join(n *logical.Join) *op {
	j := &joining{n: n, left: b.lower(n.Left), right: b.lower(n.Right)}
	j.leftKeys, j.rightKeys, j.nullEquals, j.rest = logical.JoinColumns(n)
	if !b.batch {
		if o := b.windowJoin(j); o != nil {
			return o
		}
		if o := b.intervalJoin(j); o != nil {
			return o
		}
	}
	return b.regularJoin(j)
}

// joining is a join being lowered.
type joining struct {
	n                   *logical.Join
	left, right         *op
	leftKeys, rightKeys []int
	nullEquals          []bool
	rest                []rex.Expr // conjuncts that are no equality of columns
}

func (b *builder) regularJoin(j *joining) *op {
	n := j.n
	spec := &physical.Join{Out: physical.Out{Fields: n.Fields}, Kind: n.Kind,
		Left: physical.FieldTypes(j.left.schema()), Right: physical.FieldTypes(j.right.schema()),
		LeftKeys: j.leftKeys, RightKeys: j.rightKeys, NullEquals: j.nullEquals, Residual: conjunction(j.rest),
		LeftUnique:  uniqueSide(b.facts.UpsertKeys(n.Left), j.leftKeys),
		RightUnique: uniqueSide(b.facts.UpsertKeys(n.Right), j.rightKeys),
		LeftTTL:     b.hintTTL(n.Hints, n.LeftName), RightTTL: b.hintTTL(n.Hints, n.RightName),
		LeftChanges: j.left.made.Updating(), RightChanges: j.right.made.Updating()}
	o := &op{kind: topology.KindJoin, spec: spec, fields: n.Fields, ttl: ttls(spec.LeftTTL, spec.RightTTL)}
	b.describeJoin(o, j, "Join")
	b.joinNames[o] = [2]string{n.LeftName, n.RightName}
	return b.add(o, n)
}

// describeJoin fills what all joins say alike, and connects them.
func (b *builder) describeJoin(o *op, j *joining, what string) {
	n := j.n
	names := slices.Concat(fieldNames(j.left.schema()), fieldNames(j.right.schema()))
	origins := slices.Concat(j.left.origins, j.right.origins)
	lw := len(j.left.schema())
	keys := make([]string, len(j.leftKeys))
	shown := make([]string, len(j.leftKeys))
	for i, l := range j.leftKeys {
		keys[i] = j.left.origins[l] + "=" + j.right.origins[j.rightKeys[i]]
		shown[i] = names[l]
		if r := names[lw+j.rightKeys[i]]; r != names[l] {
			shown[i] += " = " + r
		}
	}
	rest := make([]string, len(j.rest))
	for i, e := range j.rest {
		rest[i] = short(resolve(e, origins))
		o.detail = append(o.detail, "where "+exprText(e, names))
	}
	slices.Sort(keys)
	slices.Sort(rest)
	other := n.RightName
	if other == "" {
		other, _ = sourceOf(j.right)
	}
	o.name = slug(strings.ToLower(strings.ReplaceAll(what, " ", "-")), other)
	o.label = what + "[" + joinShort(shown, 4) + "]"
	if len(shown) == 0 {
		o.label = "Cross " + strings.ToLower(what)
	}
	if n.Kind != physical.Inner {
		o.label += " " + n.Kind.String()
	}
	o.identity = strings.ToLower(what) + " " + strings.Join(keys, ", ") + " on " + strings.Join(rest, ", ")
	o.meaning = n.Kind.String() + " " + o.identity
	o.origins = origins
	if n.Kind == physical.Semi || n.Kind == physical.Anti {
		o.origins = slices.Clone(j.left.origins)
	}
	o.keyed = j.leftKeys
	o.bounded = j.left.bounded && j.right.bounded
	b.feed(o, j.left, hashed(j.leftKeys))
	b.feed(o, j.right, hashed(j.rightKeys))
}

// uniqueSide decides how the rows of one side are told apart in state, as Flink's
// JoinInputSideSpec: by the smallest key, best one inside the join key.
func uniqueSide(keys [][]int, joinKeys []int) physical.UniqueSide {
	var best []int
	for _, k := range keys {
		if within(k, joinKeys) {
			return physical.UniqueSide{Key: k, InJoinKey: true}
		}
		if best == nil || len(k) < len(best) {
			best = k
		}
	}
	return physical.UniqueSide{Key: best}
}

func conjunction(es []rex.Expr) rex.Expr {
	switch len(es) {
	case 0:
		return nil
	case 1:
		return es[0]
	}
	return &rex.Call{Fn: "AND", Args: es, T: types.Bool}
}

func (b *builder) windowJoin(j *joining) *op {
	l, r := logical.WindowJoinSides(j.n)
	if l == nil || j.left.made.Updating() || j.right.made.Updating() {
		return nil
	}
	spec := &physical.WindowJoin{Out: physical.Out{Fields: j.n.Fields}, Kind: j.n.Kind,
		Left: physical.FieldTypes(j.left.schema()), Right: physical.FieldTypes(j.right.schema()), Rowtime: l.Window.Rowtime, Local: l.Window.Local, Zone: l.Window.Zone,
		LeftStart: l.Start, LeftEnd: l.End, LeftTime: l.Time, RightStart: r.Start, RightEnd: r.End, RightTime: r.Time}
	var left, right []int
	for i, c := range j.leftKeys {
		d := j.rightKeys[i]
		if c == l.Start && d == r.Start || c == l.End && d == r.End || c == l.Time && d == r.Time {
			continue
		}
		left, right = append(left, c), append(right, d)
		spec.NullEquals = append(spec.NullEquals, j.nullEquals[i])
	}
	spec.LeftKeys, spec.RightKeys, spec.Residual = left, right, conjunction(j.rest)
	k := *j
	k.leftKeys, k.rightKeys, k.nullEquals = left, right, spec.NullEquals
	o := &op{kind: topology.KindWindowJoin, spec: spec, fields: j.n.Fields}
	b.describeJoin(o, &k, "Window join")
	o.identity += " in " + b.windowOriginOf(j.left, l)
	o.meaning += " in " + b.windowOriginOf(j.left, l)
	return b.add(o, j.n)
}

func (b *builder) windowOriginOf(o *op, w *logical.WindowColumns) string { return o.origins[w.End] }

// intervalJoin finds bounds on the difference of the sides' time columns.
func (b *builder) intervalJoin(j *joining) *op {
	n := j.n
	if n.Kind == physical.Semi || n.Kind == physical.Anti || j.left.made.Updating() || j.right.made.Updating() {
		return nil
	}
	lw := len(j.left.schema())
	iv := &interval{lw: lw, fields: slices.Concat(j.left.schema(), j.right.schema()), left: -1, right: -1, lower: minInt64, upper: maxInt64}
	var rest []rex.Expr
	for _, e := range j.rest {
		if !iv.take(e) {
			rest = append(rest, e)
		}
	}
	leftKeys, rightKeys, nullEquals := j.leftKeys, j.rightKeys, j.nullEquals
	for i, l := range j.leftKeys { // a.ts = b.ts is a bound too
		if iv.times(l, lw+j.rightKeys[i]) && (iv.left < 0 || iv.left == l && iv.right == j.rightKeys[i]) {
			iv.left, iv.right, iv.lower, iv.upper = l, j.rightKeys[i], max(iv.lower, 0), min(iv.upper, 0)
			leftKeys, rightKeys, nullEquals = slices.Delete(slices.Clone(leftKeys), i, i+1), slices.Delete(slices.Clone(rightKeys), i, i+1), slices.Delete(slices.Clone(nullEquals), i, i+1)
			break
		}
	}
	if iv.left < 0 || iv.lower == minInt64 || iv.upper == maxInt64 {
		return nil
	}
	spec := &physical.IntervalJoin{Out: physical.Out{Fields: n.Fields}, Kind: n.Kind,
		Left: physical.FieldTypes(j.left.schema()), Right: physical.FieldTypes(j.right.schema()),
		LeftKeys: leftKeys, RightKeys: rightKeys, NullEquals: nullEquals, Rowtime: iv.fields[iv.left].Type.Attr == types.Rowtime,
		LeftTime: iv.left, RightTime: iv.right, Lower: iv.lower, Upper: iv.upper, Residual: conjunction(rest)}
	k := *j
	k.rest, k.leftKeys, k.rightKeys, k.nullEquals = rest, leftKeys, rightKeys, nullEquals
	o := &op{kind: topology.KindIntervalJoin, spec: spec, fields: n.Fields}
	b.describeJoin(o, &k, "Interval join")
	bound := fmt.Sprintf(" %s - %s in [%d ms, %d ms]", j.left.origins[iv.left], j.right.origins[iv.right], iv.lower, iv.upper)
	o.identity, o.meaning = o.identity+bound, o.meaning+bound
	o.detail = append(o.detail, fmt.Sprintf("%s - %s between %s and %s", iv.fields[iv.left].Name, iv.fields[lw+iv.right].Name, millisText(iv.lower), millisText(iv.upper)))
	return b.add(o, n)
}

const (
	minInt64 = -1 << 63
	maxInt64 = 1<<63 - 1
)

// interval gathers bounds: left time - right time in [lower, upper] milliseconds.
type interval struct {
	lw           int
	fields       []types.Field // left ++ right
	left, right  int           // time columns of their own side, -1 = none yet
	lower, upper int64
}

// times reports whether two columns of left ++ right are time attributes of one kind,
// the first of the left side, the second of the right.
func (v *interval) times(l, r int) bool {
	return l < v.lw && r >= v.lw && v.fields[l].Type.IsTimeAttr() && v.fields[l].Type.Attr == v.fields[r].Type.Attr
}

// take reads one comparison of the two times; false if e is something else.
func (v *interval) take(e rex.Expr) bool {
	c, ok := e.(*rex.Call)
	if !ok || len(c.Args) != 2 {
		return false
	}
	op, x, y := c.Fn, c.Args[0], c.Args[1]
	l, a, ok1 := timeOffset(x)
	r, d, ok2 := timeOffset(y)
	if !ok1 || !ok2 {
		return false
	}
	if l >= v.lw {
		l, r, a, d = r, l, d, a
		op = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
	}
	if !v.times(l, r) || v.left >= 0 && (v.left != l || v.right != r-v.lw) {
		return false
	}
	diff := d - a // left time op right time + diff
	switch op {
	case "=":
		v.lower, v.upper = max(v.lower, diff), min(v.upper, diff)
	case ">=":
		v.lower = max(v.lower, diff)
	case ">":
		v.lower = max(v.lower, diff+1)
	case "<=":
		v.upper = min(v.upper, diff)
	case "<":
		v.upper = min(v.upper, diff-1)
	default:
		return false
	}
	v.left, v.right = l, r-v.lw
	return true
}

// timeOffset reads column, column + interval and column - interval, in milliseconds.
func timeOffset(e rex.Expr) (col int, offset int64, ok bool) {
	switch e := e.(type) {
	case *rex.Ref:
		return e.Index, 0, true
	case *rex.Call:
		if e.Fn == "CAST" && e.T.Kind == e.Args[0].Type().Kind {
			return timeOffset(e.Args[0])
		}
		if (e.Fn == "+" || e.Fn == "-") && len(e.Args) == 2 {
			x, y := e.Args[0], e.Args[1]
			if _, isLit := x.(*rex.Lit); isLit && e.Fn == "+" {
				x, y = y, x
			}
			lit, isLit := y.(*rex.Lit)
			if !isLit || lit.T.Kind != types.IntervalDayTime {
				return 0, 0, false
			}
			ms, isInt := lit.Value.(int64)
			if e.Fn == "-" {
				ms = -ms
			}
			col, offset, ok = timeOffset(x)
			return col, offset + ms, ok && isInt
		}
	}
	return 0, 0, false
}
