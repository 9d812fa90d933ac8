// Package nexmark is the nexmark connector: the events of the Nexmark benchmark, an
// online auction of which persons, auctions and bids come in one stream.
//
// Columns, proportions, hot ratios and sizes are those of the nexmark project's
// generator. Unlike there, every event is a function of the seed and its number: a run
// gives the same rows however many readers share them, and any slice can be generated
// again.
package nexmark

import (
	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

var options = []catalog.Option{
	{Name: "events.num", Type: catalog.LongOption, Default: "0", Doc: "How many events there are; 0 = endless."},
	{Name: "stop-at", Type: catalog.LongOption, Default: "-1", Doc: "Ends the table at this event; -1 = not."},
	{Name: "keep-alive", Type: catalog.BoolOption, Default: "false", Doc: "Whether the table goes on, without rows, after its last event."},
	{Name: "person.proportion", Type: catalog.IntOption, Default: "1", Doc: "Persons among person.proportion + auction.proportion + bid.proportion events."},
	{Name: "auction.proportion", Type: catalog.IntOption, Default: "3", Doc: "Auctions among those events."},
	{Name: "bid.proportion", Type: catalog.IntOption, Default: "46", Doc: "Bids among those events."},
	{Name: "first-event.rate", Type: catalog.IntOption, Default: "10000", Doc: "Events a second of event time."},
	{Name: "next-event.rate", Type: catalog.IntOption, Default: "10000", Doc: "Accepted and, as in the nexmark project's generator, not used: the rate is steady."},
	{Name: "rate.shape", Type: catalog.EnumOption, Enum: []string{"SQUARE", "SINE"}, Default: "SQUARE", Doc: "Accepted and not used, see next-event.rate."},
	{Name: "rate.period", Type: catalog.DurationOption, Default: "600 s", Doc: "Accepted and not used, see next-event.rate."},
	{Name: "rate.limited", Type: catalog.BoolOption, Default: "false", Doc: "Whether events come no earlier than their rate says, by the clock, from the start of the run on. As fast as possible otherwise."},
	{Name: "max-emit-speed", Type: catalog.BoolOption, Default: "true", Doc: "false is another spelling of rate.limited = true."},
	{Name: "person.avg-size", Type: catalog.MemoryOption, Default: "200b", Doc: "Bytes of a person on average; the column `extra` fills it up."},
	{Name: "auction.avg-size", Type: catalog.MemoryOption, Default: "500b", Doc: "Bytes of an auction on average."},
	{Name: "bid.avg-size", Type: catalog.MemoryOption, Default: "100b", Doc: "Bytes of a bid on average, not counting channel and url."},
	{Name: "bid.hot-ratio.auctions", Type: catalog.IntOption, Default: "2", Doc: "One bid of so many is not for a hot auction. A hot auction is the first of a hundred."},
	{Name: "bid.hot-ratio.bidders", Type: catalog.IntOption, Default: "4", Doc: "One bid of so many is not by a hot bidder. A hot bidder is the second person of a hundred."},
	{Name: "auction.hot-ratio.sellers", Type: catalog.IntOption, Default: "4", Doc: "One auction of so many is not by a hot seller. A hot seller is the first person of a hundred."},
	{Name: "seed", Type: catalog.LongOption, Default: "0", Doc: "weir extension: tables with the same seed have the same events."},
	{Name: "base-time", Type: catalog.StringOption, Default: "2026-01-01 00:00:00", Doc: "weir extension: the time of the first event. (The nexmark project's generator takes the time of its start, so that no two runs are the same.)"},
	{Name: "projection-pushdown", Type: catalog.BoolOption, Default: "false",
		Doc: "weir extension: only what a query reads is generated. Off, every column of every event is built, as the nexmark project's generator builds them; figures taken with it on must say so."},
	{Name: "scan.parallelism", Type: catalog.IntOption, Doc: "Readers of the table; by default that of the job."},
}

// Connector is the nexmark connector.
func Connector() connector.Connector {
	return connector.Connector{
		Connector: catalog.Connector{
			Name:    "nexmark",
			Summary: "the events of the Nexmark benchmark: persons, auctions and bids",
			Doc: "`event_type` is 0 for a person, 1 for an auction, 2 for a bid; the ROW column of that name holds the event and the two others are NULL. " +
				"Columns may be left out and put in any order. Event n is the same in every run with the same options, however many readers there are; " +
				"its time is `base-time` plus n / `first-event.rate` seconds. Without `events.num` the table is endless.",
			Example:  "CREATE TABLE nexmark (\n" + Columns + "\n) WITH (\n  'connector' = 'nexmark',\n  'events.num' = '100000'\n)",
			Options:  options,
			Source:   true,
			Describe: describe,
		},
		NewSource: newSource,
	}
}

// Columns are the columns of the table with the time that queries use, as in CREATE TABLE.
const Columns = `  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, ` + "`dateTime`" + ` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, ` + "`dateTime`" + ` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, ` + "`dateTime`" + ` TIMESTAMP(3), extra STRING>,
  ` + "`dateTime`" + ` AS CASE WHEN event_type = 0 THEN person.` + "`dateTime`" + ` WHEN event_type = 1 THEN auction.` + "`dateTime`" + ` ELSE bid.` + "`dateTime`" + ` END,
  WATERMARK FOR ` + "`dateTime` AS `dateTime`" + ` - INTERVAL '4' SECOND`

func describe(t *catalog.Table, _ catalog.Formats) (catalog.Capabilities, diag.List) {
	c, r := readConfig(t.Options)
	r.Enum("rate.shape")
	r.Duration("rate.period")
	lean := r.Bool("projection-pushdown")
	caps := catalog.Capabilities{Produces: topology.InsertOnly, Bounded: c.end >= 0 && !c.keepAlive,
		PushProjection: lean, PushNested: lean, ScanParallelism: int(r.Int("scan.parallelism"))}
	errs := r.Problems()
	for _, col := range t.Columns {
		if col.Kind == catalog.Physical {
			errs = append(errs, checkColumn(t, col)...)
		}
	}
	return caps, errs
}

// field is a column of the table, or of one of its ROW columns.
type field struct {
	name string
	typ  types.Type
}

// The columns, in the order of the generator's slots.
var (
	personFields = []field{{"id", types.Int64}, {"name", types.String}, {"emailAddress", types.String}, {"creditCard", types.String},
		{"city", types.String}, {"state", types.String}, {"dateTime", types.NewTimestamp(3)}, {"extra", types.String}}
	auctionFields = []field{{"id", types.Int64}, {"itemName", types.String}, {"description", types.String}, {"initialBid", types.Int64}, {"reserve", types.Int64},
		{"dateTime", types.NewTimestamp(3)}, {"expires", types.NewTimestamp(3)}, {"seller", types.Int64}, {"category", types.Int64}, {"extra", types.String}}
	bidFields = []field{{"auction", types.Int64}, {"bidder", types.Int64}, {"price", types.Int64}, {"channel", types.String}, {"url", types.String},
		{"dateTime", types.NewTimestamp(3)}, {"extra", types.String}}
)

// rowFields are the fields of the ROW columns.
var rowFields = map[string][]field{"person": personFields, "auction": auctionFields, "bid": bidFields}

// checkColumn reports a column that the connector does not have, or not with this type.
func checkColumn(t *catalog.Table, c catalog.Column) (errs diag.List) {
	names := []string{"event_type", "person", "auction", "bid"}
	if c.Name == "event_type" {
		if c.Type.Kind != types.Integer {
			errs.Add(diag.Errorf("W0333", t.Span, "column \"event_type\" of the nexmark connector is INT, not %s", c.Type.Null()))
		}
		return errs
	}
	fields, ok := rowFields[c.Name]
	if !ok {
		d := diag.Errorf("W0333", t.Span, "the nexmark connector has no column %q", c.Name)
		if near := diag.Nearest(c.Name, names); near != "" {
			return append(errs, d.WithHint("did you mean %q?", near))
		}
		return append(errs, d.WithHint("it has event_type INT and the ROW columns person, auction and bid"))
	}
	if c.Type.Kind == types.Row && !c.Type.Nullable {
		errs.Add(diag.Errorf("W0333", t.Span, "column %q of the nexmark connector is NULL for events of the other kinds", c.Name).WithHint("leave NOT NULL out"))
	}
	if c.Type.Kind != types.Row {
		errs.Add(diag.Errorf("W0333", t.Span, "column %q of the nexmark connector is a ROW, not %s", c.Name, c.Type.Null()))
		return errs
	}
	for _, f := range c.Type.Fields {
		if d := checkField(t, c.Name, f, fields); d != nil {
			errs.Add(d)
		}
	}
	return errs
}

// checkField reports a field that a ROW column does not have, or not with this type.
func checkField(t *catalog.Table, column string, f types.Field, fields []field) *diag.Diagnostic {
	i := indexOf(fields, f.Name)
	if i < 0 {
		var names []string
		for _, x := range fields {
			names = append(names, x.name)
		}
		d := diag.Errorf("W0333", t.Span, "column %q of the nexmark connector has no field %q", column, f.Name)
		if near := diag.Nearest(f.Name, names); near != "" {
			return d.WithHint("did you mean %q?", near)
		}
		return d
	}
	if !fits(f.Type, fields[i].typ) {
		return diag.Errorf("W0333", t.Span, "field %q of column %q of the nexmark connector is %s, not %s", f.Name, column, fields[i].typ, f.Type.Null())
	}
	return nil
}

// fits reports whether a declared type holds the values of a generated one as they are.
func fits(declared, made types.Type) bool {
	switch made.Kind {
	case types.VarChar:
		return declared.Kind == types.VarChar && declared.Precision == made.Precision
	case types.Timestamp:
		return declared.Kind == types.Timestamp && declared.Precision == made.Precision
	default:
		return declared.Kind == made.Kind
	}
}

func indexOf(fields []field, name string) int {
	for i, f := range fields {
		if f.name == name {
			return i
		}
	}
	return -1
}
