// Package maxwell is the maxwell-json format: messages of Zendesk's Maxwell, each
// with one changed row.
package maxwell

import (
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/json"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

var metadata = []catalog.MetadataColumn{
	{Key: "database", Type: types.String, Doc: "The database."},
	{Key: "table", Type: types.String, Doc: "The table."},
	{Key: "primary-key-columns", Type: types.NewArray(types.String), Doc: "The columns of the primary key."},
	{Key: "ingestion-timestamp", Type: types.NewTimestampLTZ(3), Doc: "When the change was made, to the second (ts)."},
}

var paths = map[string]json.MetadataPath{
	"database":            {Path: []string{"database"}},
	"table":               {Path: []string{"table"}},
	"primary-key-columns": {Path: []string{"primary_key_columns"}},
	"ingestion-timestamp": {Path: []string{"ts"}, Unit: 1000},
}

// Format is the maxwell-json format.
func Format() format.Format {
	return format.Format{
		Format: catalog.Format{
			Name:      "maxwell-json",
			Summary:   "changes of MySQL tables as Maxwell writes them",
			Options:   json.ChangeOptions,
			Metadata:  metadata,
			Changelog: topology.Retract,
			Nested:    true,
		},
		NewDecoder: newDecoder,
		NewEncoder: func(cfg format.EncoderConfig) (format.Encoder, error) {
			return json.NewChangeEncoder(cfg, json.Wrapping{
				Adds:  [2]string{`{"data":`, `,"type":"insert"}`},
				Takes: [2]string{`{"data":`, `,"type":"delete"}`},
			})
		},
	}
}

type decoder struct {
	rows    *json.Rows
	message *json.Envelope
}

// members of a message, in the order of its envelope.
const (
	data = iota
	old
	kind
)

func newDecoder(cfg format.DecoderConfig) (format.Decoder, error) {
	r := option.Read(json.ChangeOptions, cfg.Options).Named("maxwell-json.")
	d := &decoder{message: json.NewEnvelope("data", "old", "type")}
	ignore := r.Bool("ignore-parse-errors")
	if err := r.Err(); err != nil {
		return nil, err
	}
	var err error
	d.rows, err = json.NewRows(cfg, paths)
	return format.NewMessages(ignore, d.change), err
}

// change reads a change: one row, or -U and +U of an update.
func (d *decoder) change(msg []byte, into *vec.BatchBuilder) error {
	m := d.message
	if err := m.Read(msg); err != nil {
		return err
	}
	row := m.Get(data)
	what := string(m.Text(kind))
	if what != "insert" && what != "update" && what != "delete" {
		return diag.Errorf("W0501", diag.Span{}, "a Maxwell message has the unknown \"type\" %q", what)
	}
	if row == nil {
		return diag.Errorf("W0501", diag.Span{}, "a Maxwell message of type %q has no \"data\"", what)
	}
	switch what {
	case "insert":
		return d.rows.Append(vec.Insert, msg, into, row)
	case "delete":
		return d.rows.Append(vec.Delete, msg, into, row)
	}
	before := m.Get(old)
	if before == nil {
		return diag.Errorf("W0501", diag.Span{}, "a Maxwell message of an update has no \"old\"")
	}
	// old holds only what changed: the rest of the row before is as after.
	if err := d.rows.Append(vec.UpdateBefore, msg, into, before, row); err != nil {
		return err
	}
	return d.rows.Append(vec.UpdateAfter, msg, into, row)
}
