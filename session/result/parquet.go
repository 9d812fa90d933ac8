package result

import (
	"io"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/parquet"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// parquetFile writes a Parquet file; with a changelog the first column is op.
type parquetFile struct {
	o Options
	w format.FileWriter
}

func newParquet(w io.Writer, o Options) (Writer, error) {
	fields := o.Schema
	if o.Changelog {
		fields = append([]types.Field{{Name: "op", Type: types.String.NotNull()}}, fields...)
	}
	file, err := parquet.Format().CreateFile(w, format.EncoderConfig{Fields: fields})
	if err != nil {
		return nil, err
	}
	return &parquetFile{o: o, w: file}, nil
}

func (p *parquetFile) Write(b *vec.Batch) error { return p.w.Write(withOp(p.o, b)) }
func (p *parquetFile) Flush() error             { return nil }
func (p *parquetFile) Close() error             { return p.w.Close() }
