package nexmark_test

import (
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

const schema = "event_type INT, " +
	"person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, dateTime TIMESTAMP(3), extra STRING>, " +
	"auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, dateTime TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>, " +
	"bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3), extra STRING>"

func options(kv ...string) map[string]string {
	o := map[string]string{"connector": "nexmark"}
	for i := 0; i < len(kv); i += 2 {
		o[kv[i]] = kv[i+1]
	}
	return o
}

func open(t testing.TB, env *connectors.Env, columns []string, opts map[string]string) exec.Source {
	t.Helper()
	table := conformance.Table(schema, nil, opts, nil)
	src, err := connectors.NewRegistry(env, connectors.All()...).Source(t.Context(), &physical.Source{Scan: conformance.Scan(table, columns)})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func all(t testing.TB, opts map[string]string, parallelism int) [][]any {
	t.Helper()
	rows, err := conformance.ReadAll(t.Context(), open(t, &connectors.Env{Parallelism: parallelism}, nil, opts), conformance.Types(schema))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestConformance(t *testing.T) {
	opts := options("events.num", "9000")
	want := all(t, opts, 1)
	if len(want) != 9000 {
		t.Fatalf("%d events", len(want))
	}
	for _, parallelism := range []int{1, 3} {
		conformance.SourceTest{
			Open: func(t *testing.T, columns []string) exec.Source {
				return open(t, &connectors.Env{Batch: true, Parallelism: parallelism}, columns, opts)
			},
			Schema: schema, Rows: want, Some: []string{"bid", "event_type", "person"},
		}.Run(t)
	}
}

// TestFields reads fields of the ROW columns by themselves.
func TestFields(t *testing.T) {
	columns := []string{"bid.price", "auction.expires", "person.name", "bid.dateTime", "event_type", "person.emailAddress"}
	rows, err := conformance.ReadAll(t.Context(), open(t, &connectors.Env{}, columns, options("events.num", "500")),
		conformance.Types("a BIGINT, b TIMESTAMP(3), c STRING, d TIMESTAMP(3), e INT, f STRING"))
	if err != nil {
		t.Fatal(err)
	}
	part := func(row any, i int) any {
		if row == nil {
			return nil
		}
		return row.([]any)[i]
	}
	for i, r := range all(t, options("events.num", "500"), 1) {
		want := []any{r[0], part(r[4], 2), part(r[3], 6), part(r[2], 1), part(r[4], 5), r[1], part(r[2], 2)}
		if !reflect.DeepEqual(rows[i], want) {
			t.Fatalf("event %d is %v, want %v", i, rows[i], want)
		}
	}
}

func TestSeed(t *testing.T) {
	if !reflect.DeepEqual(all(t, options("events.num", "200"), 1), all(t, options("events.num", "300"), 1)[:200]) {
		t.Error("an event depends on how many there are")
	}
	if reflect.DeepEqual(all(t, options("events.num", "200"), 1), all(t, options("events.num", "200", "seed", "1"), 1)) {
		t.Error("another seed gives the same events")
	}
}

// TestPinned: the events are what they are for ever, on every processor.
func TestPinned(t *testing.T) {
	rows := all(t, options("events.num", "10000"), 1)
	h := fnv.New64a()
	for _, r := range rows {
		fmt.Fprintln(h, r...)
	}
	if got := h.Sum64(); got != 0xa0cb65298d6041cf {
		t.Errorf("10,000 events have the hash %#x", got)
	}
	want := "[1000 1001 5.9959378e+07 Apple https://www.nexmark.com/pyf/pel/_zp/item.htm?query=1 2026-01-01 00:00:00.000 pmsodysxdmlgpjzxxwcmnwmgzlytltlywmvaajukeacaqxrgrsslfegeifxiebkm]"
	if got := fmt.Sprint(rows[4][4]); got != want {
		t.Errorf("the first bid is\n%s, want\n%s", got, want)
	}
}

// TestDistributions counts what comes: proportions, hot ratios, sizes.
func TestDistributions(t *testing.T) {
	const n = 200_000
	src := open(t, &connectors.Env{Parallelism: 1}, nil, options("events.num", fmt.Sprint(n)))
	splits, err := src.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := src.Open(t.Context(), splits[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := map[string]float64{}
	event := 0
	for {
		b, err := r.Read(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len {
			count(t, sum, formattest.Row(b, i), event)
			event++
		}
	}
	if sum["persons"] != n/50 || sum["auctions"] != n/50*3 || sum["bids"] != n/50*46 {
		t.Errorf("%v persons, %v auctions, %v bids of %d events", sum["persons"], sum["auctions"], sum["bids"], n)
	}
	for name, want := range map[string]float64{
		"bids: hot auction": 0.5 + 0.5/110, "bids: hot bidder": 0.75, "bids: hot channel": 0.5, "bids: size": 100, "bids: log price": 5,
		"bids: url without channel_id": 0.5 + 0.05, "auctions: hot seller": 0.75, "auctions: size": 500, "auctions: category 10": 0.2,
		"persons: size": 200, "auctions: seconds open": 0.33, "persons: state OR": 1.0 / 6,
	} {
		kind, _, _ := strings.Cut(name, ":")
		if got := sum[name] / sum[kind]; math.Abs(got-want) > 0.03*want+0.005 {
			t.Errorf("%s is %.3f on average, want %.3f", name, got, want)
		}
	}
}

// count adds an event to the sums.
func count(t *testing.T, sum map[string]float64, row []any, n int) {
	t.Helper()
	when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second / 10000).Truncate(time.Millisecond).Format("2006-01-02 15:04:05.000")
	one := func(kind, what string, is bool) {
		if is {
			sum[kind+": "+what]++
		}
	}
	bytesOf := func(vals []any, skip ...int) (size float64) {
		for i, v := range vals {
			s, ok := v.(string)
			switch {
			case len(skip) > 0 && (i == skip[0] || i == skip[1]):
			case !ok || strings.HasPrefix(s, "2026-"):
				size += 8
			default:
				size += float64(len(s))
			}
		}
		return size
	}
	switch row[1].(float64) {
	case 0:
		p := row[2].([]any)
		if row[3] != nil || row[4] != nil || p[0].(float64) != float64(1000+n/50) || p[6] != when {
			t.Fatalf("event %d is %v", n, row)
		}
		sum["persons"]++
		sum["persons: size"] += bytesOf(p) - 8
		one("persons", "state OR", p[5] == "OR")
	case 1:
		a := row[3].([]any)
		if row[2] != nil || row[4] != nil || a[0].(float64) != float64(1000+n/50*3+n%50-1) || a[5] != when || a[6].(string) <= when || a[4].(float64) <= a[3].(float64) {
			t.Fatalf("event %d is %v", n, row)
		}
		sum["auctions"]++
		sum["auctions: size"] += bytesOf(a) - 8
		one("auctions", "hot seller", a[7].(float64) == float64(1000+n/50/100*100))
		one("auctions", "category 10", a[8].(float64) == 10)
		from, _ := time.Parse("2006-01-02 15:04:05.000", when)
		to, err := time.Parse("2006-01-02 15:04:05.000", a[6].(string))
		if err != nil {
			t.Fatal(err)
		}
		sum["auctions: seconds open"] += to.Sub(from).Seconds() * 2
	default:
		b := row[4].([]any)
		last := n/50*3 + 2
		if row[2] != nil || row[3] != nil || b[5] != when || b[0].(float64) > float64(1000+last+10) || b[0].(float64) < float64(1000+max(last-100, 0)) && b[0].(float64) != float64(1000+last/100*100) {
			t.Fatalf("event %d is %v", n, row)
		}
		sum["bids"]++
		sum["bids: size"] += bytesOf(b, 3, 4)
		sum["bids: log price"] += math.Log10(b[2].(float64))
		one("bids", "hot auction", b[0].(float64) == float64(1000+last/100*100))
		one("bids", "hot bidder", b[1].(float64) == float64(1001+n/50/100*100))
		one("bids", "hot channel", !strings.HasPrefix(b[3].(string), "channel-"))
		one("bids", "url without channel_id", !strings.Contains(b[4].(string), "&channel_id="))
	}
}

// TestRate reads for two seconds of made-up time.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := open(t, &connectors.Env{}, nil, options("rate.limited", "true", "first-event.rate", "1000"))
		splits, err := src.Splits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := src.Open(t.Context(), splits[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		n, start := 0, time.Now()
		for time.Since(start) < 2*time.Second {
			b, err := r.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b != nil {
				n += b.Len
			}
		}
		if n < 1890 || n > 2110 {
			t.Errorf("%d events in 2 s at 1000 a second", n)
		}
	})
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ schema, option, value, want string }{
		{schema, "events.num", "many", `option 'events.num' is "many", want a whole number`},
		{schema, "first-event.rate", "0", `option 'first-event.rate' is "0", want a number from 1 on`},
		{schema, "bid.hot-ratio.auctions", "0", `option 'bid.hot-ratio.auctions' is "0", want a number from 1 on`},
		{schema, "base-time", "today", `option 'base-time' is "today", want a time such as '2026-01-01 00:00:00'`},
		{schema, "bid.avg-size", "1 gb", `option 'bid.avg-size' is "1 gb", want a size up to 64 kb`},
		{schema, "person.proportion", "-1", `option 'person.proportion' is "-1", want a number from 0 on`},
		{"event_type BIGINT", "seed", "1", `column "event_type" of the nexmark connector is INT, not BIGINT`},
		{"bids ROW<auction BIGINT>", "seed", "1", `the nexmark connector has no column "bids"`},
		{"bid BIGINT", "seed", "1", `column "bid" of the nexmark connector is a ROW, not BIGINT`},
		{"bid ROW<auctoin BIGINT>", "seed", "1", `column "bid" of the nexmark connector has no field "auctoin"`},
		{"bid ROW<auction INT>", "seed", "1", `field "auction" of column "bid" of the nexmark connector is BIGINT, not INT`},
		{"bid ROW<auction BIGINT> NOT NULL", "seed", "1", `column "bid" of the nexmark connector is NULL for events of the other kinds`},
	} {
		table := conformance.Table(c.schema, nil, options(c.option, c.value), nil)
		reg := connectors.NewRegistry(&connectors.Env{}, connectors.All()...)
		_, errs := reg.Connector("nexmark").Describe(table, reg)
		if len(errs) != 1 || errs[0].Primary != c.want {
			t.Errorf("%s with %s = %s gave %v, want %s", c.schema, c.option, c.value, errs, c.want)
		}
	}
}

// BenchmarkEvents makes whole events, every column of them.
func BenchmarkEvents(b *testing.B) {
	for _, columns := range [][]string{nil, {"event_type", "bid.auction", "bid.price", "bid.dateTime"}} {
		name := "all"
		if columns != nil {
			name = "some"
		}
		b.Run(name, func(b *testing.B) {
			src := open(b, &connectors.Env{}, columns, options())
			splits, err := src.Splits(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			r, err := src.Open(b.Context(), splits[0], nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if batch, err := r.Read(b.Context()); err != nil || batch.Len != vec.BatchSize {
					b.Fatal(batch, err)
				}
			}
			b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds(), "events/s")
		})
	}
}
