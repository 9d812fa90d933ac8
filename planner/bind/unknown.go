package bind

import (
	"slices"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/types"
)

// unknown stands for a query or table that could not be bound and whose columns are
// therefore not known. What is built on it is checked as far as possible: any name may
// be one of its columns, and is of the invalid type. It never gets into a sink,
// because its error has been reported.
type unknown struct{ logical.Base }

func (n *unknown) Inputs() []logical.Node                  { return nil }
func (n *unknown) WithInputs(...logical.Node) logical.Node { return n }

func isUnknown(n logical.Node) bool {
	_, ok := n.(*unknown)
	return ok
}

// unknownRel is a relation that may have any column.
func unknownRel(at diag.Span) *rel {
	return &rel{node: &unknown{logical.Base{At: at}}, open: true}
}

// standIn is the result of a SELECT some of whose columns could not be bound: the others
// are known by name and type, those are of the invalid type.
func standIn(outs []output, at diag.Span) *selected {
	fields := make([]types.Field, len(outs))
	for i, o := range outs {
		if o.open {
			return &selected{node: &unknown{logical.Base{At: at}}}
		}
		fields[i] = types.Field{Name: o.name, Type: types.Type{Kind: types.Invalid}}
		if !bad(o.expr) {
			fields[i].Type = plainTime(o.expr.Type())
		}
	}
	return &selected{node: &logical.Values{Base: logical.Base{Fields: fields, At: at}}, width: len(fields)}
}

// anyInvalid reports types that could not be bound.
func anyInvalid(ts ...types.Type) bool {
	return slices.ContainsFunc(ts, func(t types.Type) bool { return t.Kind == types.Invalid })
}
