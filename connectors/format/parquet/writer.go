package parquet

import (
	"io"
	"time"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	pqfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// groupRows bounds the rows of a row group, so that large files can be read by
// several readers.
const groupRows = 1 << 20

// writer writes one file.
type writer struct {
	cfg   format.EncoderConfig
	out   *pqfile.Writer
	group pqfile.BufferedRowGroupWriter // nil between row groups
	opts  writeOptions
	local *time.Location // nil: TIMESTAMP values are written as they are

	rows      int64 // in the row group
	groupSize int64
	one       []int16
}

var _ format.FileWriter = (*writer)(nil)

var codecs = map[string]compress.Compression{
	"SNAPPY": compress.Codecs.Snappy, "ZSTD": compress.Codecs.Zstd, "GZIP": compress.Codecs.Gzip,
	"LZ4_RAW": compress.Codecs.Lz4Raw, "BROTLI": compress.Codecs.Brotli, "UNCOMPRESSED": compress.Codecs.Uncompressed,
}

var units = map[string]schema.TimeUnitType{
	"millis": schema.TimeUnitMillis, "micros": schema.TimeUnitMicros, "nanos": schema.TimeUnitNanos,
}

// createFile begins a file.
func createFile(to io.Writer, cfg format.EncoderConfig) (_ format.FileWriter, err error) {
	defer guard(&err)
	o := option.Read(options, cfg.Options).Named("parquet.")
	w := &writer{cfg: cfg, groupSize: o.Memory("block.size"),
		opts: writeOptions{int96: !o.Bool("write.int64.timestamp"), unit: units[o.Enum("timestamp.time.unit")]}}
	if !o.Bool("utc-timezone") {
		w.local = cfg.Zone
	}
	codec := codecs[o.Enum("compression")]
	if err := o.Err(); err != nil {
		return nil, err
	}
	root, err := schemaOf(cfg.Fields, w.opts)
	if err != nil {
		return nil, err
	}
	props := pq.NewWriterProperties(pq.WithCompression(codec), pq.WithCreatedBy("weir"), pq.WithStats(true), pq.WithMaxRowGroupLength(groupRows))
	w.out, err = pqfile.NewParquetWriterWithError(struct{ io.Writer }{to}, root, pqfile.WithWriterProps(props))
	return w, err
}

// Write adds rows.
func (w *writer) Write(b *vec.Batch) (err error) {
	defer guard(&err)
	if w.group == nil {
		if w.group, err = w.out.AppendBufferedRowGroupChecked(); err != nil {
			return err
		}
		w.rows = 0
	}
	next := 0
	var top entries
	for i, f := range w.cfg.Fields {
		v := b.Cols[w.cfg.Source(i)]
		if !f.Type.In(types.Row, types.Array, types.Map, types.Multiset) {
			if err := w.flat(v, f.Type, next); err != nil {
				return err
			}
			next++
			continue
		}
		if top.rows == nil {
			top = topEntries(b.Len)
		}
		if next, err = w.shred(v, f.Type, top, 0, next); err != nil {
			return err
		}
	}
	w.rows += int64(b.Len)
	if w.rows >= groupRows || w.group.TotalBytesWritten()+w.group.TotalCompressedBytes() >= w.groupSize {
		return w.endGroup()
	}
	return nil
}

func (w *writer) endGroup() error {
	if w.group == nil {
		return nil
	}
	err := w.group.Close()
	w.group = nil
	return err
}

// Size is what was written, and what waits in the row group.
func (w *writer) Size() int64 {
	n := w.out.TotalBytesWritten()
	if w.group != nil {
		n += max(w.group.TotalBytesWritten(), w.group.TotalCompressedBytes())
	}
	return n
}

// Close writes the last row group and the footer.
func (w *writer) Close() (err error) {
	defer guard(&err)
	if err := w.endGroup(); err != nil {
		return err
	}
	return w.out.Close()
}
