package conformance

import (
	"strings"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Table declares a table of physical columns, as CREATE TABLE t (schema) PARTITIONED
// BY (keys) WITH (options) would. A column written "name TYPE" whose name is a key of
// metadata is a metadata column.
func Table(schema string, keys []string, options, metadata map[string]string) *catalog.Table {
	t := &catalog.Table{Path: catalog.Path{Catalog: catalog.DefaultCatalog, Database: catalog.DefaultDatabase, Name: "t"},
		PartitionKey: keys, Options: options}
	for _, f := range formattest.Schema(schema) {
		c := catalog.Column{Name: f.Name, Type: f.Type}
		if key, ok := metadata[f.Name]; ok {
			c.Kind, c.MetadataKey, c.Virtual = catalog.Metadata, key, true
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// Scan reads the named columns of a table, nil = all.
func Scan(t *catalog.Table, columns []string) physical.Scan {
	if columns == nil {
		for _, c := range t.Columns {
			columns = append(columns, c.Name)
		}
	}
	scan := physical.Scan{Table: t, Options: t.Options, Limit: -1}
	for _, path := range columns {
		names := strings.Split(path, ".")
		c := t.Columns[t.Column(names[0])]
		if c.Kind == catalog.Metadata {
			scan.Read = append(scan.Read, physical.ReadColumn{Name: path, Metadata: c.MetadataKey, Type: c.Type})
			continue
		}
		typ := c.Type
		for _, n := range names[1:] {
			typ = field(typ, n).Null()
		}
		scan.Read = append(scan.Read, physical.ReadColumn{Name: path, Path: names, Type: typ})
	}
	return scan
}

func field(row types.Type, name string) types.Type {
	for _, f := range row.Fields {
		if f.Name == name {
			return f.Type
		}
	}
	panic("no field " + name)
}

// Sink writes all columns of a table.
func Sink(t *catalog.Table) *physical.Sink {
	s := &physical.Sink{Name: t.Path.Name, Table: t, Options: t.Options}
	for _, c := range t.Columns {
		s.Fields = append(s.Fields, types.Field{Name: c.Name, Type: c.Type})
		s.Columns = append(s.Columns, physical.SinkColumn{Name: c.Name, Metadata: c.MetadataKey, Type: c.Type})
	}
	s.PrimaryKey = t.PrimaryKey
	return s
}

// Types gives the column types of a schema.
func Types(schema string) []types.Type { return physical.FieldTypes(formattest.Schema(schema)) }
