package filesystem_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/connectors/conformance"
)

// BenchmarkRead reads Nexmark bids of about 240 bytes from a JSON file, and rows of
// about 90 from a CSV file, into three of their columns.
func BenchmarkRead(b *testing.B) {
	const rows = 200_000
	json := func(i int) string {
		return fmt.Sprintf(`{"auction":%d,"bidder":%d,"price":%d,"channel":"channel-%d","url":"https://www.nexmark.com/item.htm?query=1&channel_id=%d","dateTime":"2026-11-20 %02d:%02d:%02d.%03d","extra":"%s"}`+"\n",
			1000+i%977, 1000+i%4999, 100+i*7919%99991, i%1000, i%10000, i/3600%24, i/60%60, i%60, i%1000, strings.Repeat("abcdefghij", 6))
	}
	csv := func(i int) string {
		return fmt.Sprintf("%d,%d,%d,channel-%d,https://www.nexmark.com/item.htm?query=1,2026-11-20 %02d:%02d:%02d.%03d\n",
			1000+i%977, 1000+i%4999, 100+i*7919%99991, i%1000, i/3600%24, i/60%60, i%60, i%1000)
	}
	for _, c := range []struct {
		format, schema string
		line           func(int) string
	}{
		{"json", "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3), extra STRING", json},
		{"csv", "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3)", csv},
	} {
		b.Run(c.format, func(b *testing.B) {
			reg, dir := project(b, nil)
			var text strings.Builder
			for i := range rows {
				text.WriteString(c.line(i))
			}
			write(b, filepath.Join(dir, "bids"), text.String())
			table := conformance.Table(c.schema, nil, options("path", "bids", "format", c.format), nil)
			b.ReportAllocs()
			b.SetBytes(int64(text.Len()))
			n := 0
			for b.Loop() {
				src := open(b, reg, table, []string{"auction", "price", "dateTime"})
				splits, err := src.Splits(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for _, sp := range splits {
					r, err := src.Open(b.Context(), sp, nil)
					if err != nil {
						b.Fatal(err)
					}
					for {
						batch, err := r.Read(b.Context())
						if errors.Is(err, io.EOF) {
							break
						}
						if err != nil {
							b.Fatal(err)
						}
						n += batch.Len
					}
					if err := r.Close(); err != nil {
						b.Fatal(err)
					}
				}
				if err := src.Close(); err != nil {
					b.Fatal(err)
				}
			}
			if n != b.N*rows {
				b.Fatalf("read %d rows of %d", n, b.N*rows)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(text.Len())/rows, "B/row")
		})
	}
}
