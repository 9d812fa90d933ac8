package redis

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

// The data types of keys.
const (
	hashType   = "hash"
	stringType = "string"
	setType    = "set"
)

var options = append([]catalog.Option{
	{Name: "address", Type: catalog.StringOption, Default: "localhost:6379", Doc: "Host and port of the server."},
	{Name: "username", Type: catalog.StringOption, Doc: "User of Redis' access control lists."},
	{Name: "password", Type: catalog.StringOption, Secret: true, Doc: "Password of the user, or of requirepass."},
	{Name: "database", Type: catalog.IntOption, Default: "0", Doc: "Number of the database."},
	{Name: "tls", Type: catalog.BoolOption, Default: "false", Doc: "Whether to speak TLS; the server's certificate is checked."},
	{Name: "timeout", Type: catalog.DurationOption, Default: "5 s", Doc: "How long a connection and an answer may take."},
	{Name: "data-type", Type: catalog.EnumOption, Default: hashType, Enum: []string{hashType, stringType, setType},
		Doc: "hash: a row a key, a field a column. string: a row a key, written in format. set: several rows a key, a member each; for index tables."},
	{Name: "key.prefix", Type: catalog.StringOption, Doc: "What keys begin with; by default the table's name and the separator."},
	{Name: "key.separator", Type: catalog.StringOption, Default: ":", Doc: "What stands between the parts of a key."},
	{Name: "key.fields", Type: catalog.ListOption, Example: "email", Doc: "Columns of the key, separated by ;. By default the primary key; sets must name them."},
	{Name: "value.fields-include", Type: catalog.EnumOption, Default: "ALL", Enum: []string{"ALL", "EXCEPT_KEY"},
		Doc: "Whether key columns are in the value, too. They are always read from the key. Sets and values without a format or with raw leave them out."},
	{Name: "format", Type: catalog.StringOption, Example: "json",
		Doc: "The encoding of strings and of members of sets. Without it, a string or member is the text of the one column that is not in the key."},
	{Name: "scan.parallelism", Type: catalog.IntOption, Doc: "Readers of the table; one is enough."},
	{Name: "sink.parallelism", Type: catalog.IntOption, Doc: "Writers of the table; by default that of what feeds it."},
	{Name: "sink.buffer-flush.max-rows", Type: catalog.IntOption, Default: "500", Doc: "Rows that are sent in one pipeline."},
	{Name: "sink.ttl", Type: catalog.DurationOption, Example: "1 d", Doc: "How long a written key lives; for ever if it is not set."},
}, connector.LookupOptions()...)

// Connector is the redis connector.
func Connector() connector.Connector {
	return connector.Connector{
		Connector: catalog.Connector{
			Name:    "redis",
			Summary: "keys of a Redis server: looked up, written, read as a whole",
			Doc: "A row lies under the key made of `key.prefix` and the columns of its primary key, `users:17`. Looking up asks for many keys at once (MGET, or one pipeline). " +
				"Writing inserts, replaces and deletes rows by their key, at least once: doing it again changes nothing. Reading finds the keys with SCAN and is bounded; " +
				"it sees rows that are there all the time once. Deadlines, memory and evictions are the server's. Redis Cluster and Sentinel are not supported.",
			Example: "CREATE TABLE users (\n  id BIGINT,\n  name STRING,\n  city STRING,\n  PRIMARY KEY (id) NOT ENFORCED\n) WITH (\n  'connector' = 'redis',\n" +
				"  'address' = 'localhost:6379',\n  'lookup.async' = 'true',\n  'lookup.async.batch.size' = '100',\n  'lookup.cache' = 'PARTIAL',\n  'lookup.hash.enable' = 'true'\n)",
			Options: options,
			Source:  true, Sink: true, Lookup: true,
			Describe: describe,
		},
		NewSource: newSource,
		NewSink:   newSink,
		NewLookup: newLookup,
	}
}

// table is what source, sink and lookup share of a table.
type table struct {
	*catalog.Table
	options   *option.Reader
	dataType  string
	prefix    string
	separator string
	keys      []int // columns of the key
	values    []int // columns of the value, as written
	format    string
}

func newTable(t *catalog.Table, given map[string]string) *table {
	o := option.Read(options, given)
	x := &table{Table: t, options: o, dataType: o.Enum("data-type"), separator: o.String("key.separator"), format: o.String("format")}
	x.prefix = t.Path.Name + x.separator
	if o.Has("key.prefix") {
		x.prefix = o.String("key.prefix")
	}
	x.keys = t.PrimaryKey
	if names := o.List("key.fields"); names != nil {
		x.keys = nil
		for _, n := range names {
			if c := t.Column(n); c >= 0 {
				x.keys = append(x.keys, c)
			}
		}
	}
	except := x.dataType == setType || x.dataType == stringType && (x.format == "" || x.format == "raw") || o.Enum("value.fields-include") == "EXCEPT_KEY"
	for i, c := range t.Columns {
		if c.Kind == catalog.Physical && !(except && slices.Contains(x.keys, i)) {
			x.values = append(x.values, i)
		}
	}
	return x
}

// describe says what a table can do.
func describe(t *catalog.Table, formats catalog.Formats) (catalog.Capabilities, diag.List) {
	list := option.Read(options, t.Options).CheckTypes().Problems()
	x := newTable(t, t.Options)
	caps := catalog.Capabilities{Bounded: true, Lookup: true, PushProjection: true, Produces: topology.InsertOnly, Accepts: topology.Upsert,
		ScanParallelism: int(x.options.Int("scan.parallelism")), SinkParallelism: int(x.options.Int("sink.parallelism"))}
	if x.dataType == setType {
		caps.Accepts = topology.Retract
	}
	for _, k := range x.keys {
		caps.LookupBy = append(caps.LookupBy, t.Columns[k].Name)
	}
	return caps, append(list, x.check(formats)...)
}

func (x *table) check(formats catalog.Formats) (list diag.List) {
	name := x.Path.Name
	at := func(option string) diag.Span { return x.OptionSpans[option].Value }
	if strings.Contains(x.options.String("address"), "@") {
		list.Add(diag.Errorf("W0342", at("address"), "'address' of table %q is host:port and holds no user", name).WithHint("use 'username' and 'password'"))
	}
	if x.separator == "" && len(x.keys) > 1 {
		list.Add(diag.Errorf("W0342", at("key.separator"), "key of table %q has several columns and needs a 'key.separator'", name))
	}
	for _, f := range x.options.List("key.fields") {
		if i := x.Column(f); i < 0 || x.Columns[i].Kind != catalog.Physical {
			d := diag.Errorf("W0345", at("key.fields"), "key field %q is not a physical column of table %q", f, name)
			var names []string
			for _, c := range x.Columns {
				names = append(names, c.Name)
			}
			if near := diag.Nearest(f, names); near != "" {
				d = d.WithHint("did you mean %q?", near)
			}
			list.Add(d)
		}
	}
	switch {
	case x.dataType == setType && !x.options.Has("key.fields"):
		list.Add(diag.Errorf("W0345", at("data-type"), "table %q is a set of rows a key and needs 'key.fields'", name).WithHint("'key.fields' = the columns by which it is looked up"))
	case x.dataType == setType && len(x.PrimaryKey) > 0:
		list.Add(diag.Errorf("W0346", x.Span, "table %q holds several rows a key, so that it has no primary key", name).WithHint("remove PRIMARY KEY, or use 'data-type' = 'hash'"))
	case x.dataType != setType && len(x.keys) == 0:
		list.Add(diag.Errorf("W0346", x.Span, "table %q has no primary key, of which its keys in Redis are made", name).WithHint("add PRIMARY KEY (…) NOT ENFORCED"))
	case x.dataType != setType && len(x.PrimaryKey) > 0 && x.options.Has("key.fields") && !slices.Equal(x.keys, x.PrimaryKey):
		list.Add(diag.Errorf("W0345", at("key.fields"), "'key.fields' of table %q is not its primary key", name).WithHint("leave 'key.fields' out"))
	}
	for _, k := range x.keys {
		if c := x.Columns[k]; c.Type.In(types.Array, types.Map, types.Multiset, types.Row) {
			list.Add(diag.Errorf("W0333", c.Span, "key column %q cannot be of type %s", c.Name, c.Type))
		}
	}
	switch {
	case x.dataType == hashType && x.format != "":
		list.Add(diag.Errorf("W0342", at("format"), "table %q is a hash a row, whose fields have no format", name).WithHint("leave 'format' out, or use 'data-type' = 'string'"))
	case x.dataType != hashType && x.format == "" && len(x.values) != 1:
		list.Add(diag.Errorf("W0341", x.Span, "table %q names no format, so that its value is one column, but it has %d", name, len(x.values)).WithHint("add 'format' = 'json'"))
	case x.format != "" && formats.Format(x.format) != nil && formats.Format(x.format).Changelog != topology.InsertOnly:
		list.Add(diag.Errorf("W0341", at("format"), "format %q is one of changes; values in Redis are rows", x.format).WithHint("'format' = 'json'"))
	}
	return list
}
