package lower

import (
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// op is one operator while its graph is being made.
type op struct {
	kind   topology.Kind
	spec   physical.Spec
	in     []*input
	config map[string]string // in force at the statement
	fields []types.Field
	span   diag.Span

	// For people, and for uids (texts.go).
	name, label string
	detail      []string
	props       []topology.Prop
	origins     []string // canonical text of each output column, down to tables
	identity    string
	meaning     string
	selection   string // which rows pass, where meaning also says which columns
	keyed       []int  // output columns that show what state is keyed by

	unique, upsert [][]int // keys of the output (logical.Facts)

	state *topology.StateSchema
	ttl   []time.Duration

	// Changelog of the output. made has UpdateBefore and UpdateAfter both or none until
	// the backward pass; before tells whether −U is among them in the end.
	made   topology.ChangelogMode
	before bool
	// first tells a Top-1 that Flink takes for insert-only (see sinkNeedsBefore).
	first bool

	bounded     bool
	parallelism int
	wanted      int   // parallelism asked for by the table's options; 0 = not
	spread      []int // output rows are hash-distributed by these columns; nil = not known
	readers     []*input
}

// input is one input of an operator.
type input struct {
	from, to *op
	n        int
	required topology.Distribution
	// prefer spreads rows in another way than required needs, for speed (lookup.hash.enable).
	prefer   []int
	splitHot bool  // rows of very frequent keys need not follow prefer
	helpful  []int // columns by which spreading would help, asked for or not
	upsert   []int // key by which rows are identified on this edge

	partitioner topology.Partitioner
	hashKeys    []int
}

// mode is the changelog that the operator gives.
func (o *op) mode() topology.ChangelogMode {
	if o.kind == topology.KindSink {
		return o.in[0].from.mode()
	}
	if o.made.Has(topology.UpdateBefore) && !o.before {
		return o.made &^ topology.UpdateBefore
	}
	return o.made
}

// schema gives the output columns of an operator, which are not known of specs while
// they are unfinished.
func (o *op) schema() []types.Field { return o.fields }

// feed connects an operator to what it reads.
func (b *builder) feed(to *op, from *op, required topology.Distribution) *input {
	in := &input{from: from, to: to, n: len(to.in), required: required}
	to.in = append(to.in, in)
	from.readers = append(from.readers, in)
	return in
}

// add finishes an operator made for a logical node, whose keys it takes.
func (b *builder) add(o *op, n logical.Node) *op {
	if n != nil {
		o.unique, o.upsert = b.facts.UniqueKeys(n), b.facts.UpsertKeys(n)
		if o.span.IsZero() {
			o.span = n.Span()
		}
	}
	b.place(o)
	return o
}

func hashed(keys []int) topology.Distribution {
	if len(keys) == 0 {
		return topology.Distribution{Kind: topology.Singleton}
	}
	return topology.Distribution{Kind: topology.HashDistributed, Keys: keys}
}

var (
	anywhere  = topology.Distribution{}
	singleton = topology.Distribution{Kind: topology.Singleton}
)
