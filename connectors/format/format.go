// Package format is how rows are written as bytes: the contract of encodings
// (JSON, CSV, Debezium, Parquet, …) that live in the folders below, and the
// registry in which connectors find them. A format knows nothing of files, topics
// or partitions; it turns messages into rows and rows into messages.
package format

import (
	"fmt"
	"io"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Format is one encoding: its declaration and what can be done with it. A nil
// constructor means that the format does not offer it.
type Format struct {
	catalog.Format

	// NewDecoder reads message by message (a Kafka record, a line of a file).
	NewDecoder func(DecoderConfig) (Decoder, error)
	// NewEncoder writes message by message.
	NewEncoder func(EncoderConfig) (Encoder, error)

	// OpenFile reads formats whose files have a structure of their own (Parquet).
	OpenFile func(r io.ReaderAt, size int64, cfg DecoderConfig) (FileReader, error)
	// CreateFile writes such files. Only Close makes them complete.
	CreateFile func(w io.Writer, cfg EncoderConfig) (FileWriter, error)
}

// DecoderConfig says what to read.
type DecoderConfig struct {
	// Options are the format's, without its prefix: "ignore-parse-errors".
	Options map[string]string
	// Fields are the columns the messages have, in declared order: all physical
	// columns of the table that this format serves. Formats without names in the
	// data (csv, raw) find columns by their place in it.
	Fields []types.Field
	// Columns are the columns wanted: physical ones (Path starts with the name of one
	// of Fields) or metadata of the format. Columns that the connector fills itself
	// are not among them.
	Columns []physical.ReadColumn
	// At gives for each of Columns the index of its builder in the BatchBuilder; nil
	// means 0, 1, 2, …
	At []int
	// Filters are conjuncts over columns by their builder index (At); a FileReader may
	// skip data that cannot satisfy them.
	Filters []rex.Expr
	// Zone is the session time zone; nil = UTC.
	Zone *time.Location
	// AnyKey reads keys of maps that are no texts from the texts of JSON; without it they are refused, as Flink does.
	AnyKey bool
}

// Target gives the builder index of column i.
func (c *DecoderConfig) Target(i int) int {
	if c.At == nil {
		return i
	}
	return c.At[i]
}

// Decoder turns messages into rows. It is used by one goroutine.
type Decoder interface {
	// Decode appends the rows of one message (none, one or more) to the builders of its
	// columns and ends them with their kinds through EndRow. Builders of columns that
	// are not the decoder's are left alone: the caller appends to them as many values as
	// rows came. After an error nothing of the message is in into. msg is not kept; nil
	// is a message without a value, which gives no row (raw: a row with NULL).
	// Errors are *diag.Diagnostic with code W0501 and no File or Line.
	Decode(msg []byte, into *vec.BatchBuilder) error
	// Skipped is the number of messages that were dropped because the format's options
	// say that undecodable ones are to be ignored.
	Skipped() int64
}

// LineDecoder is a Decoder that can read many records of a file at once.
type LineDecoder interface {
	Decoder
	// DecodeLines decodes whole records from the start of chunk until into has max rows
	// or no whole record is left. last says that the data ends with chunk, so that a
	// final record without a line end counts. It gives the bytes taken and the line ends
	// among them. If a record is wrong, everything before it has been taken and is in
	// into, and the record begins at chunk[consumed].
	DecodeLines(chunk []byte, last bool, max int, into *vec.BatchBuilder) (consumed, lines int, err error)
}

// Splittable is implemented by line decoders; it reports whether a record always
// ends at the next line end, so that a file can be read from the middle.
type Splittable interface{ Splittable() bool }

// Header is implemented by line decoders whose files may begin with lines that are
// no rows. DecodeHeader is given the start of the data; it takes the header and
// gives its bytes and lines, or 0 bytes if chunk does not hold all of it and last is false.
type Header interface {
	HasHeader() bool
	DecodeHeader(chunk []byte, last bool) (consumed, lines int, err error)
}

// FileReader reads a structured file in parts that can be read in any order.
type FileReader interface {
	// Parts is the number of parts (row groups); part i has PartRows(i) rows.
	Parts() int
	PartRows(i int) int64
	// Skip reports that no row of part i can satisfy the filters.
	Skip(i int) bool
	// Read opens part i at a row in it.
	Read(i int, row int64) (PartReader, error)
	Close() error
}

// PartReader reads the rows of one part in order.
type PartReader interface {
	// Next gives up to max rows as one vector a column, in the order of
	// DecoderConfig.Columns (At plays no role), and io.EOF after the last.
	Next(max int) (*vec.Batch, error)
	Close() error
}

// EncoderConfig says what to write.
type EncoderConfig struct {
	Options map[string]string
	// Fields are the written columns and Columns their indexes in the batches; nil
	// means 0, 1, 2, …
	Fields  []types.Field
	Columns []int
	// Terminator is written after every message: "\n" in files, nothing in messages.
	Terminator string
	// Zone is the session time zone; nil = UTC.
	Zone *time.Location
}

// Source gives the batch column of field i.
func (c *EncoderConfig) Source(i int) int {
	if c.Columns == nil {
		return i
	}
	return c.Columns[i]
}

// Encoder turns rows into messages. It is used by one goroutine.
type Encoder interface {
	// Encode appends one message a row of the batch to out. Formats that know no
	// changes ignore the row kinds.
	Encode(b *vec.Batch, out *vec.Rows) error
}

// Nuller is implemented by encoders that have no message for some rows (raw has none
// for NULL): such a row encodes as an empty message and IsNull tells it from others.
type Nuller interface {
	IsNull(b *vec.Batch, row int) bool
}

// HeaderEncoder is implemented by encoders whose files may begin with a header;
// Header gives it with its terminator, nil if there is none.
type HeaderEncoder interface {
	Encoder
	Header() []byte
}

// FileWriter writes one structured file.
type FileWriter interface {
	Write(*vec.Batch) error
	// Size estimates the bytes of the file so far, buffered ones included.
	Size() int64
	// Close completes the file; it does not close what is written to.
	Close() error
}

// Registry finds formats by name. It implements catalog.Formats.
type Registry struct {
	byName map[string]*Format
	names  []string
}

var _ catalog.Formats = (*Registry)(nil)

// NewRegistry makes a registry of the given formats; two of one name are a mistake
// of the program and panic.
func NewRegistry(formats ...Format) *Registry {
	r := &Registry{byName: map[string]*Format{}}
	for i := range formats {
		f := &formats[i]
		if r.byName[f.Name] != nil {
			panic(fmt.Sprintf("format %q is listed twice", f.Name))
		}
		r.byName[f.Name] = f
		r.names = append(r.names, f.Name)
	}
	return r
}

// Get finds a format, nil if there is none.
func (r *Registry) Get(name string) *Format { return r.byName[name] }

// Format gives a format's declaration, nil if there is none.
func (r *Registry) Format(name string) *catalog.Format {
	if f := r.byName[name]; f != nil {
		return &f.Format
	}
	return nil
}

// FormatNames lists the formats in the order in which they are listed in the program.
func (r *Registry) FormatNames() []string { return r.names }

// CheckFields reports, as a *diag.Diagnostic, that a format cannot read or write
// columns of the given types with the given options (without the format's prefix). It
// opens nothing.
func (r *Registry) CheckFields(name string, fields []types.Field, options map[string]string) error {
	f := r.byName[name]
	if f == nil {
		return nil
	}
	if f.NewDecoder != nil {
		cfg := DecoderConfig{Options: options, Fields: fields}
		for _, x := range fields {
			cfg.Columns = append(cfg.Columns, physical.ReadColumn{Name: x.Name, Path: []string{x.Name}, Type: x.Type})
		}
		_, err := f.NewDecoder(cfg)
		return err
	}
	if f.NewEncoder != nil {
		_, err := f.NewEncoder(EncoderConfig{Options: options, Fields: fields})
		return err
	}
	return nil
}
