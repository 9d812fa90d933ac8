// Package canal is the canal-json format: messages of Alibaba's Canal, each with the
// changed rows of one statement.
package canal

import (
	"regexp"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/json"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

var options = append([]catalog.Option{
	{Name: "database.include", Type: catalog.StringOption, Doc: "A regular expression; only changes of databases that match as a whole are read."},
	{Name: "table.include", Type: catalog.StringOption, Doc: "A regular expression; only changes of tables that match as a whole are read."},
}, json.ChangeOptions...)

var metadata = []catalog.MetadataColumn{
	{Key: "database", Type: types.String, Doc: "The database."},
	{Key: "table", Type: types.String, Doc: "The table."},
	{Key: "sql-type", Type: types.NewMap(types.String, types.Int32), Doc: "The JDBC type of each column."},
	{Key: "pk-names", Type: types.NewArray(types.String), Doc: "The columns of the primary key."},
	{Key: "ingestion-timestamp", Type: types.NewTimestampLTZ(3), Doc: "When Canal handled the change (ts)."},
	{Key: "event-timestamp", Type: types.NewTimestampLTZ(3), Doc: "When the database made the change (es)."},
}

var paths = map[string]json.MetadataPath{
	"database":            {Path: []string{"database"}},
	"table":               {Path: []string{"table"}},
	"sql-type":            {Path: []string{"sqlType"}},
	"pk-names":            {Path: []string{"pkNames"}},
	"ingestion-timestamp": {Path: []string{"ts"}},
	"event-timestamp":     {Path: []string{"es"}},
}

// Format is the canal-json format.
func Format() format.Format {
	return format.Format{
		Format: catalog.Format{
			Name:      "canal-json",
			Summary:   "changes of MySQL tables as Canal writes them",
			Options:   options,
			Metadata:  metadata,
			Changelog: topology.Retract,
			Nested:    true,
		},
		NewDecoder: newDecoder,
		NewEncoder: func(cfg format.EncoderConfig) (format.Encoder, error) {
			return json.NewChangeEncoder(cfg, json.Wrapping{
				Adds:  [2]string{`{"data":[`, `],"type":"INSERT"}`},
				Takes: [2]string{`{"data":[`, `],"type":"DELETE"}`},
			})
		},
	}
}

type decoder struct {
	rows      *json.Rows
	message   *json.Envelope
	databases *regexp.Regexp // nil = all
	tables    *regexp.Regexp
	data, old [][]byte
}

// members of a message, in the order of its envelope.
const (
	data = iota
	old
	kind
	database
	table
)

func newDecoder(cfg format.DecoderConfig) (format.Decoder, error) {
	r := option.Read(options, cfg.Options).Named("canal-json.")
	d := &decoder{message: json.NewEnvelope("data", "old", "type", "database", "table")}
	ignore := r.Bool("ignore-parse-errors")
	var err error
	if d.databases, err = pattern(r, "database.include"); err != nil {
		return nil, err
	}
	if d.tables, err = pattern(r, "table.include"); err != nil {
		return nil, err
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	cfg.Options = json.RowOptions(cfg.Options)
	d.rows, err = json.NewRows(cfg, paths)
	return format.NewMessages(ignore, d.changes), err
}

func pattern(r *option.Reader, name string) (*regexp.Regexp, error) {
	text := r.String(name)
	if text == "" {
		return nil, nil
	}
	re, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		return nil, diag.Errorf("W0332", diag.Span{}, "'canal-json.%s' is no regular expression: %v", name, err)
	}
	return re, nil
}

// changes reads the rows a statement changed.
func (d *decoder) changes(msg []byte, into *vec.BatchBuilder) error {
	m := d.message
	if err := m.Read(msg); err != nil {
		return err
	}
	if d.databases != nil && !d.databases.Match(m.Text(database)) || d.tables != nil && !d.tables.Match(m.Text(table)) {
		return nil
	}
	d.data = json.Elements(d.data[:0], m.Get(data))
	d.old = json.Elements(d.old[:0], m.Get(old))
	switch what := string(m.Text(kind)); what {
	case "INSERT":
		return d.each(vec.Insert, msg, into)
	case "DELETE":
		return d.each(vec.Delete, msg, into)
	case "UPDATE":
		for i, row := range d.data {
			if i >= len(d.old) {
				return diag.Errorf("W0501", diag.Span{}, "a Canal message of an update has %d rows and %d old ones", len(d.data), len(d.old))
			}
			// old holds only what changed: the rest of the row before is as after.
			if err := d.rows.Append(vec.UpdateBefore, msg, into, d.old[i], row); err != nil {
				return err
			}
			if err := d.rows.Append(vec.UpdateAfter, msg, into, row); err != nil {
				return err
			}
		}
		return nil
	case "CREATE":
		return nil // a new table has no rows
	default:
		return diag.Errorf("W0501", diag.Span{}, "a Canal message has the unknown \"type\" %q", what)
	}
}

func (d *decoder) each(kind vec.RowKind, msg []byte, into *vec.BatchBuilder) error {
	for _, row := range d.data {
		if err := d.rows.Append(kind, msg, into, row); err != nil {
			return err
		}
	}
	return nil
}
