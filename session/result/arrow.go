package result

import (
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// arrowStream writes an Arrow IPC stream; with a changelog the first column is op.
type arrowStream struct {
	o      Options
	schema *arrow.Schema
	w      *ipc.Writer
}

func newArrow(w io.Writer, o Options) (Writer, error) {
	fields := o.Schema
	if o.Changelog {
		fields = append([]types.Field{{Name: "op", Type: types.String.NotNull()}}, fields...)
	}
	schema, err := types.ArrowSchema(fields)
	if err != nil {
		return nil, err
	}
	return &arrowStream{o: o, schema: schema, w: ipc.NewWriter(w, ipc.WithSchema(schema))}, nil
}

// withOp puts the row kinds in front as a column of text.
func withOp(o Options, b *vec.Batch) *vec.Batch {
	if !o.Changelog {
		return b
	}
	op := vec.NewBuilder(types.String.NotNull(), b.Len)
	for i := range b.Len {
		op.String(b.Kind(i).String())
	}
	return vec.NewBatch(b.Len, append([]*vec.Vec{op.Finish()}, b.Cols...)...)
}

func (a *arrowStream) Write(b *vec.Batch) error {
	rec, err := vec.ToRecord(withOp(a.o, b), a.schema)
	if err != nil {
		return err
	}
	defer rec.Release()
	return a.w.Write(rec)
}

func (a *arrowStream) Flush() error { return nil }
func (a *arrowStream) Close() error { return a.w.Close() }
