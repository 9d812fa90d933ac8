package parquet_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec/vec"
)

// BenchmarkRead reads three columns (BIGINT with 1,000 values, BIGINT, DOUBLE) of 1 M
// rows in 4,096-row batches, compressed with Snappy.
func BenchmarkRead(b *testing.B) {
	const rows = 1 << 20
	for _, schema := range []string{"k BIGINT NOT NULL, v BIGINT NOT NULL, d DOUBLE NOT NULL", "k BIGINT, v BIGINT, d DOUBLE", "k STRING, v BIGINT, d DOUBLE"} {
		fields := formattest.Schema(schema)
		var batches []*vec.Batch
		build := vec.NewBatchBuilder(fieldTypes(fields), vec.BatchSize)
		for i := range rows {
			if fields[0].Type.IsCharacter() {
				build.Cols[0].String(fmt.Sprintf("key-%d", i*7919%1000))
			} else {
				build.Cols[0].Int64(int64(i * 7919 % 1000))
			}
			build.Cols[1].Int64(int64(i) * 2654435761 % 1000003)
			build.Cols[2].Float64(float64(i%100000) / 7)
			build.EndRow(vec.Insert)
			if build.Len() == vec.BatchSize {
				batches = append(batches, build.Finish())
			}
		}
		data := writeFile(b, fields, nil, batches...)
		b.Run(schema, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			n := 0
			for b.Loop() {
				r := openFile(b, data, format.DecoderConfig{Fields: fields, Columns: formattest.Columns(fields, nil)})
				for i := range r.Parts() {
					p, err := r.Read(i, 0)
					if err != nil {
						b.Fatal(err)
					}
					for {
						batch, err := p.Next(vec.BatchSize)
						if err == io.EOF {
							break
						}
						if err != nil {
							b.Fatal(err)
						}
						n += batch.Len
					}
					if err := p.Close(); err != nil {
						b.Fatal(err)
					}
				}
			}
			if n != b.N*rows {
				b.Fatalf("read %d rows of %d", n, b.N*rows)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
