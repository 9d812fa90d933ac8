// Package datagen is the datagen connector: a source of generated rows, for trying
// out and measuring.
//
// Every value is a function of the seed, its column and the number of its row. So a
// run gives the same rows however many readers share them, a column does not change
// when others are left out, and a reader that resumes gives the rows it would have
// given. (Times follow the clock, as in Flink.)
package datagen

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

var options = []catalog.Option{
	{Name: "rows-per-second", Type: catalog.LongOption, Default: "10000",
		Doc: "Rows a second of all readers together. A bounded table read in batch mode is not slowed down unless this is set. (weir extension: 0 = as fast as possible.)"},
	{Name: "number-of-rows", Type: catalog.LongOption, Doc: "How many rows there are; endless by default."},
	{Name: "seed", Type: catalog.LongOption, Default: "0", Doc: "weir extension: tables with the same seed have the same rows. Flink's values differ from run to run."},
	{Name: "scan.parallelism", Type: catalog.IntOption, Doc: "Readers of the table; by default that of the job."},
	{Name: "fields.", Type: catalog.StringOption, Prefix: true, Example: "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000'",
		Doc: "How a field is generated, as fields.<name>.<option>. Fields of a ROW are <row>.<field>, elements of an ARRAY or MULTISET <name>.element, " +
			"of a MAP <name>.key and <name>.value. Options: kind (random or sequence), min and max, max-past (timestamps: at most so long ago), " +
			"length (of text and bytes, default 100; of collections, default 3), var-len (whether text has any length up to that), " +
			"null-rate (share of NULLs), start and end (of a sequence)."},
}

// Connector is the datagen connector.
func Connector() connector.Connector {
	return connector.Connector{
		Connector: catalog.Connector{
			Name:    "datagen",
			Summary: "generated rows: random values and sequences",
			Doc: "The table is bounded if `number-of-rows` is set or a field is a sequence, and ends with the first sequence that does. " +
				"The same seed gives the same rows, however many readers there are. Random DATE and TIME values are the current ones, as in Flink.",
			Example: "CREATE TABLE orders (\n  id BIGINT,\n  price DECIMAL(10, 2),\n  ts TIMESTAMP(3)\n) WITH (\n  'connector' = 'datagen',\n" +
				"  'rows-per-second' = '100',\n  'fields.id.kind' = 'sequence',\n  'fields.id.start' = '1',\n  'fields.id.end' = '1000',\n" +
				"  'fields.price.min' = '1',\n  'fields.price.max' = '500',\n  'fields.ts.max-past' = '10 s'\n)",
			Options:  options,
			Source:   true,
			Describe: describe,
		},
		NewSource: newSource,
	}
}

func describe(t *catalog.Table, _ catalog.Formats) (catalog.Capabilities, diag.List) {
	r := option.Read(options, t.Options).CheckTypes()
	caps := catalog.Capabilities{Produces: topology.InsertOnly, PushProjection: true, PushLimit: true, ScanParallelism: int(r.Int("scan.parallelism"))}
	errs := r.Problems()
	p, more := newPlan(t, t.Options)
	caps.Bounded = p.rows >= 0
	return caps, append(errs, more...)
}

// fieldOptions are the names that end an option of a field.
var fieldOptions = []string{"kind", "min", "max", "max-past", "length", "var-len", "null-rate", "start", "end"}

// unknownOptions finds options of fields that are none.
func unknownOptions(t *catalog.Table, given map[string]string) (errs diag.List) {
	known := map[string]bool{}
	var names []string
	for _, c := range t.Columns {
		if c.Kind == catalog.Physical {
			names = addNames(names, c.Name, c.Type)
		}
	}
	for _, n := range names {
		known[n] = true
	}
	keys := make([]string, 0, len(given))
	for k := range given {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, "fields.")
		if !ok {
			continue
		}
		at := t.OptionSpans[key].Key
		dot := strings.LastIndexByte(rest, '.')
		if dot < 0 {
			errs.Add(diag.Errorf("W0332", at, "option '%s' is none of the datagen connector", key).WithHint("write 'fields.<name>.kind' and the like"))
			continue
		}
		name, opt := rest[:dot], rest[dot+1:]
		if !slices.Contains(fieldOptions, opt) {
			d := diag.Errorf("W0332", at, "option '%s': a field has no option %q", key, opt)
			if near := diag.Nearest(opt, fieldOptions); near != "" {
				d = d.WithHint("did you mean %q?", near)
			}
			errs.Add(d)
		} else if !known[name] {
			d := diag.Errorf("W0332", at, "option '%s': table %q has no field %q", key, t.Path.Name, name)
			if near := diag.Nearest(name, names); near != "" {
				d = d.WithHint("did you mean %q?", near)
			}
			errs.Add(d)
		}
	}
	return errs
}

// addNames adds the name of a field and of all fields inside it.
func addNames(names []string, name string, t types.Type) []string {
	names = append(names, name)
	switch t.Kind {
	case types.Array, types.Multiset:
		return addNames(names, name+".element", *t.Elem)
	case types.Map:
		return addNames(addNames(names, name+".key", *t.Key), name+".value", *t.Elem)
	case types.Row:
		for _, f := range t.Fields {
			names = addNames(names, name+"."+f.Name, f.Type)
		}
	}
	return names
}
