package json_test

import (
	"fmt"
	"testing"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/json"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// bids makes n JSON lines of Nexmark bids of about 240 bytes.
func bids(n int) []byte {
	var out []byte
	for i := range n {
		out = fmt.Appendf(out, `{"auction":%d,"bidder":%d,"price":%d,"channel":"channel-%d","url":"https://www.nexmark.com/item.htm?query=1&channel_id=%d","dateTime":"2026-11-20 %02d:%02d:%02d.%03d","extra":"%s"}`+"\n",
			1000+i%977, 1000+i%4999, 100+i*7919%99991, i%1000, i%10000, i/3600%24, i/60%60, i%60, i%1000, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345")
	}
	return out
}

const bidSchema = "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3), extra STRING"

// BenchmarkBids reads JSON lines of ~240 bytes into all 7 columns, and into 3.
func BenchmarkBids(b *testing.B) {
	const rows = 100_000
	data := bids(rows)
	for _, read := range [][]string{nil, {"auction", "price", "dateTime"}} {
		fields := formattest.Schema(bidSchema)
		cols := formattest.Columns(fields, read)
		b.Run(fmt.Sprintf("columns=%d", len(cols)), func(b *testing.B) {
			var ts []types.Type
			for _, c := range cols {
				ts = append(ts, c.Type)
			}
			dec, err := json.NewDecoder(format.DecoderConfig{Fields: fields, Columns: cols})
			if err != nil {
				b.Fatal(err)
			}
			into := vec.NewBatchBuilder(ts, vec.BatchSize)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for rest := data; len(rest) > 0; {
					used, _, err := dec.DecodeLines(rest, true, vec.BatchSize, into)
					if err != nil {
						b.Fatal(err)
					}
					rest = rest[used:]
					n += into.Finish().Len
				}
			}
			if n != b.N*rows {
				b.Fatalf("read %d rows of %d", n, b.N*rows)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(len(data))/rows, "B/row")
		})
	}
}
