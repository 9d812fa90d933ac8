package runtime

import (
	"context"
	"io"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// valuesSource reads the rows of a VALUES node: one split, computed when opened.
type valuesSource struct {
	spec  *physical.Values
	build func(physical.Spec) (exec.Operator, error)
	ctx   *exec.Context
}

func (v *valuesSource) Splits(context.Context) ([]exec.Split, error) {
	return []exec.Split{{ID: "values"}}, nil
}

func (v *valuesSource) Close() error { return nil }

// Open computes the rows: each is a projection over one row without columns.
func (v *valuesSource) Open(_ context.Context, _ exec.Split, position []byte) (exec.Reader, error) {
	rows := vec.NewBatchBuilder(v.spec.Types(), len(v.spec.Rows))
	collect := emitFunc(func(b *vec.Batch) error {
		for i := range b.Len {
			rows.AppendRow(vec.Insert, b, i)
		}
		return nil
	})
	for _, r := range v.spec.Rows {
		op, err := v.build(&physical.Calc{Out: v.spec.Out, Exprs: r})
		if err != nil {
			return nil, err
		}
		if err := openOperator(op, v.ctx); err != nil {
			return nil, err
		}
		if err := op.Process(0, vec.NewBatch(1), collect); err != nil {
			return nil, err
		}
	}
	return &valuesReader{batch: rows.Finish(), done: len(position) > 0}, nil
}

// valuesReader gives all rows at once.
type valuesReader struct {
	batch *vec.Batch
	done  bool
}

func (r *valuesReader) Read(context.Context) (*vec.Batch, error) {
	if r.done || r.batch == nil {
		return nil, io.EOF
	}
	r.done = true
	return r.batch, io.EOF
}

func (r *valuesReader) Position() []byte {
	if r.done {
		return []byte{1}
	}
	return nil
}

func (r *valuesReader) Close() error { return nil }
