package nexmark_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session/nexmark"
)

// The evaluators compute every query over all events in plain Go, with nothing of the
// planner or the executor, as the queries' words say and without regard to speed.

type person struct {
	id                                    int64
	name, email, card, city, state, extra string
	at                                    time.Time
}

type auction struct {
	id, initialBid, reserve, seller, category int64
	name, description, extra                  string
	at, expires                               time.Time
}

type bid struct {
	auction, bidder, price int64
	channel, url, extra    string
	at                     time.Time
}

type auctionHouse struct {
	persons  []person
	auctions []auction
	bids     []bid
}

type row []any

const layout = "2006-01-02 15:04:05.000"

func stamp(t time.Time) string { return t.Format(layout) }

// schema are the columns of the events.
const schema = "event_type INT, " +
	"person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, dateTime TIMESTAMP(3), extra STRING>, " +
	"auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, dateTime TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>, " +
	"bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3), extra STRING>"

// readEvents reads the events in their order, from the connector itself.
func readEvents(t *testing.T, from nexmark.Source) *auctionHouse {
	t.Helper()
	table := conformance.Table(schema, nil, from.Options, nil)
	src, err := connectors.NewRegistry(&connectors.Env{}, connectors.All()...).Source(t.Context(), &physical.Source{Scan: conformance.Scan(table, nil)})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conformance.ReadAll(t.Context(), src, conformance.Types(schema))
	if err != nil {
		t.Fatal(err)
	}
	all := &auctionHouse{}
	for _, r := range rows {
		switch r[1].(float64) {
		case 0:
			p := cells(r[2].([]any))
			all.persons = append(all.persons, person{p.n(0), p.s(1), p.s(2), p.s(3), p.s(4), p.s(5), p.s(7), p.t(6)})
		case 1:
			a := cells(r[3].([]any))
			all.auctions = append(all.auctions, auction{a.n(0), a.n(3), a.n(4), a.n(7), a.n(8), a.s(1), a.s(2), a.s(9), a.t(5), a.t(6)})
		default:
			b := cells(r[4].([]any))
			all.bids = append(all.bids, bid{b.n(0), b.n(1), b.n(2), b.s(3), b.s(4), b.s(6), b.t(5)})
		}
	}
	return all
}

// cells are the values of an event as the conformance tests give them.
type cells []any

func (c cells) n(i int) int64  { return int64(c[i].(float64)) }
func (c cells) s(i int) string { return c[i].(string) }
func (c cells) t(i int) time.Time {
	at, err := time.Parse(layout, c.s(i))
	if err != nil {
		panic(err)
	}
	return at
}

var evaluators = map[string]func(*auctionHouse) []row{
	"q0": eachBid(func(b bid) row { return row{b.auction, b.bidder, b.price, stamp(b.at), b.extra} }),
	"q1": eachBid(func(b bid) row { return row{b.auction, b.bidder, euros(b.price), stamp(b.at), b.extra} }),
	"q2": eachBid(func(b bid) row {
		if b.auction%123 != 0 {
			return nil
		}
		return row{b.auction, b.price}
	}),
	"q3": func(all *auctionHouse) (out []row) {
		for _, a := range all.auctions {
			for _, p := range all.persons {
				if a.seller == p.id && a.category == 10 && strings.Contains("OR ID CA", p.state) {
					out = append(out, row{p.name, p.city, p.state, a.id})
				}
			}
		}
		return out
	},
	"q4": func(all *auctionHouse) (out []row) {
		sum, n := map[int64]int64{}, map[int64]int64{}
		for _, w := range winners(all) {
			sum[w.category] += w.bid.price
			n[w.category]++
		}
		for c := range sum {
			out = append(out, row{c, sum[c] / n[c]})
		}
		return out
	},
	"q5": func(all *auctionHouse) (out []row) {
		counts := map[time.Time]map[int64]int64{}
		for _, b := range all.bids {
			for end := b.at.Truncate(2 * time.Second).Add(2 * time.Second); end.Add(-10*time.Second).Compare(b.at) <= 0; end = end.Add(2 * time.Second) {
				if counts[end] == nil {
					counts[end] = map[int64]int64{}
				}
				counts[end][b.auction]++
			}
		}
		for _, window := range counts {
			most := int64(0)
			for _, n := range window {
				most = max(most, n)
			}
			for a, n := range window {
				if n == most {
					out = append(out, row{a, n})
				}
			}
		}
		return out
	},
	"q6": func(all *auctionHouse) (out []row) {
		bySeller := map[int64][]winner{}
		for _, w := range winners(all) {
			bySeller[w.seller] = append(bySeller[w.seller], w)
		}
		for seller, ws := range bySeller {
			sort.Slice(ws, func(i, j int) bool {
				if c := ws[i].bid.at.Compare(ws[j].bid.at); c != 0 {
					return c < 0
				}
				return ws[i].auction.id < ws[j].auction.id
			})
			for i := range ws {
				sum, n := int64(0), int64(0)
				for _, w := range ws[max(i-10, 0) : i+1] {
					sum += w.bid.price
					n++
				}
				out = append(out, row{seller, sum / n})
			}
		}
		return out
	},
	"q7": func(all *auctionHouse) (out []row) {
		most := map[time.Time]int64{}
		for _, b := range all.bids {
			end := b.at.Truncate(10 * time.Second).Add(10 * time.Second)
			most[end] = max(most[end], b.price)
		}
		for end, price := range most {
			for _, b := range all.bids {
				if b.price == price && !b.at.Before(end.Add(-10*time.Second)) && !b.at.After(end) {
					out = append(out, row{b.auction, b.price, b.bidder, stamp(b.at), b.extra})
				}
			}
		}
		return out
	},
	"q8": func(all *auctionHouse) (out []row) {
		for _, p := range all.persons {
			window := p.at.Truncate(10 * time.Second)
			if slices.ContainsFunc(all.auctions, func(a auction) bool { return a.seller == p.id && a.at.Truncate(10*time.Second).Equal(window) }) {
				out = append(out, row{p.id, p.name, stamp(window)})
			}
		}
		return out
	},
	"q9": func(all *auctionHouse) (out []row) {
		for _, w := range winners(all) {
			a, b := w.auction, w.bid
			out = append(out, row{a.id, a.name, a.description, a.initialBid, a.reserve, stamp(a.at), stamp(a.expires), a.seller, a.category, a.extra,
				b.auction, b.bidder, b.price, stamp(b.at), b.extra})
		}
		return out
	},
	"q10": eachBid(func(b bid) row {
		return row{b.auction, b.bidder, b.price, stamp(b.at), b.extra, b.at.Format("2006-01-02"), b.at.Format("15:04")}
	}),
	"q11": func(all *auctionHouse) (out []row) {
		type session struct {
			n        int64
			from, to time.Time
		}
		open := map[int64]*session{}
		closed := func(bidder int64, s *session) row {
			return row{bidder, s.n, stamp(s.from), stamp(s.to.Add(10 * time.Second))}
		}
		for _, b := range all.bids {
			s := open[b.bidder]
			if s != nil && b.at.Sub(s.to) > 10*time.Second { // sessions that touch are one, as in Flink
				out = append(out, closed(b.bidder, s))
				s = nil
			}
			if s == nil {
				s = &session{from: b.at}
				open[b.bidder] = s
			}
			s.n++
			s.to = b.at
		}
		for bidder, s := range open {
			out = append(out, closed(bidder, s))
		}
		return out
	},
	"q12": func(all *auctionHouse) (out []row) {
		n := map[int64]int64{}
		for _, b := range all.bids {
			n[b.bidder]++
		}
		from := still{}.Now().Truncate(10 * time.Second)
		for bidder, n := range n {
			out = append(out, row{bidder, n, stamp(from), stamp(from.Add(10 * time.Second))})
		}
		return out
	},
	"q13": eachBid(func(b bid) row { return row{b.auction, b.bidder, b.price, stamp(b.at), fmt.Sprint(b.auction % 10000)} }),
	"q14": eachBid(func(b bid) row {
		if x := b.price * 908; x <= 1000000_000 || x >= 50000000_000 {
			return nil
		}
		kind := "otherTime"
		switch h := b.at.Hour(); {
		case h >= 8 && h <= 18:
			kind = "dayTime"
		case h <= 6 || h >= 20:
			kind = "nightTime"
		}
		return row{b.auction, b.bidder, euros(b.price), kind, stamp(b.at), b.extra, strings.Count(b.extra, "c")}
	}),
	"q15": statistics(func(b bid) string { return b.at.Format("2006-01-02") }, func(key string, bids []bid) row {
		return append(row{key}, slices.Concat(counted(bids), distinct(bids, bidderOf), distinct(bids, auctionOf))...)
	}),
	"q16": statistics(func(b bid) string { return b.channel + " " + b.at.Format("2006-01-02") }, func(key string, bids []bid) row {
		channel, day, _ := strings.Cut(key, " ")
		minute := ""
		for _, b := range bids {
			minute = max(minute, b.at.Format("15:04"))
		}
		return append(row{channel, day, minute}, slices.Concat(counted(bids), distinct(bids, bidderOf), distinct(bids, auctionOf))...)
	}),
	"q17": statistics(func(b bid) string { return fmt.Sprint(b.auction, b.at.Format(" 2006-01-02")) }, func(key string, bids []bid) row {
		_, day, _ := strings.Cut(key, " ")
		least, most, sum := bids[0].price, bids[0].price, int64(0)
		for _, b := range bids {
			least, most, sum = min(least, b.price), max(most, b.price), sum+b.price
		}
		return append(append(row{bids[0].auction, day}, counted(bids)...), least, most, sum/int64(len(bids)), sum)
	}),
	"q18": func(all *auctionHouse) (out []row) {
		last := map[[2]int64]bid{}
		for _, b := range all.bids {
			last[[2]int64{b.bidder, b.auction}] = b
		}
		for _, b := range last {
			out = append(out, whole(b))
		}
		return out
	},
	"q19": func(all *auctionHouse) (out []row) {
		byAuction := map[int64][]bid{}
		for _, b := range all.bids {
			byAuction[b.auction] = append(byAuction[b.auction], b)
		}
		for _, bids := range byAuction {
			sort.SliceStable(bids, func(i, j int) bool { return bids[i].price > bids[j].price })
			for i, b := range bids[:min(10, len(bids))] {
				out = append(out, append(whole(b), i+1))
			}
		}
		return out
	},
	"q20": func(all *auctionHouse) (out []row) {
		for _, b := range all.bids {
			for _, a := range all.auctions {
				if a.id == b.auction && a.category == 10 {
					out = append(out, append(whole(b), a.name, a.description, a.initialBid, a.reserve, stamp(a.at), stamp(a.expires), a.seller, a.category, a.extra))
				}
			}
		}
		return out
	},
	"q21": eachBid(func(b bid) row {
		id := map[string]string{"Apple": "0", "Google": "1", "Facebook": "2", "Baidu": "3"}[b.channel]
		if id == "" {
			_, after, ok := strings.Cut(b.url, "&channel_id=")
			if !ok {
				return nil
			}
			id, _, _ = strings.Cut(after, "&")
		}
		return row{b.auction, b.bidder, b.price, b.channel, id}
	}),
	"q22": eachBid(func(b bid) row {
		dirs := strings.Split(b.url, "/")
		return row{b.auction, b.bidder, b.price, b.channel, dirs[3], dirs[4], dirs[5]}
	}),
	"q23": func(all *auctionHouse) (out []row) {
		for _, p := range all.persons {
			for _, a := range all.auctions {
				if a.seller != p.id {
					continue
				}
				for _, b := range all.bids {
					if b.bidder == p.id {
						out = append(out, row{b.bidder, b.price, b.channel, b.url, b.extra, p.id, p.name, p.email, p.card, p.city, p.state, p.extra,
							a.name, a.description, a.initialBid, a.reserve, stamp(a.at), stamp(a.expires), a.seller, a.category, a.extra})
					}
				}
			}
		}
		return out
	},
}

// eachBid makes a row of every bid, or none.
func eachBid(of func(bid) row) func(*auctionHouse) []row {
	return func(all *auctionHouse) (out []row) {
		for _, b := range all.bids {
			if r := of(b); r != nil {
				out = append(out, r)
			}
		}
		return out
	}
}

// euros is a price times 0.908, with three digits behind the point.
func euros(price int64) string { return fmt.Sprintf("%d.%03d", price*908/1000, price*908%1000) }

// winner is an auction with its highest bid: the first of several.
type winner struct {
	auction
	bid bid
}

func winners(all *auctionHouse) (out []winner) {
	for _, a := range all.auctions {
		w := winner{a, bid{}}
		for _, b := range all.bids { // ascending in time
			if b.auction == a.id && !b.at.Before(a.at) && !b.at.After(a.expires) && b.price > w.bid.price {
				w.bid = b
			}
		}
		if w.bid.price > 0 {
			out = append(out, w)
		}
	}
	return out
}

// statistics groups bids.
func statistics(key func(bid) string, of func(key string, bids []bid) row) func(*auctionHouse) []row {
	return func(all *auctionHouse) (out []row) {
		groups := map[string][]bid{}
		for _, b := range all.bids {
			groups[key(b)] = append(groups[key(b)], b)
		}
		for k, bids := range groups {
			out = append(out, of(k, bids))
		}
		return out
	}
}

// levels are all bids, then those at the three levels of price.
var levels = []func(bid) bool{
	func(bid) bool { return true },
	func(b bid) bool { return b.price < 10000 },
	func(b bid) bool { return b.price >= 10000 && b.price < 1000000 },
	func(b bid) bool { return b.price >= 1000000 },
}

func counted(bids []bid) (out row) {
	for _, in := range levels {
		n := 0
		for _, b := range bids {
			if in(b) {
				n++
			}
		}
		out = append(out, n)
	}
	return out
}

func bidderOf(b bid) int64  { return b.bidder }
func auctionOf(b bid) int64 { return b.auction }

func distinct(bids []bid, of func(bid) int64) (out row) {
	for _, in := range levels {
		seen := map[int64]bool{}
		for _, b := range bids {
			if in(b) {
				seen[of(b)] = true
			}
		}
		out = append(out, len(seen))
	}
	return out
}

// whole is a bid with all its columns.
func whole(b bid) row {
	return row{b.auction, b.bidder, b.price, b.channel, b.url, stamp(b.at), b.extra}
}

// expected gives the rows that plain Go computes, written as run writes them.
func expected(query string, all *auctionHouse) []string {
	var out []string
	for _, r := range evaluators[query](all) {
		var text strings.Builder
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(r); err != nil {
			panic(err)
		}
		out = append(out, strings.TrimSpace(text.String()))
	}
	sort.Strings(out)
	return out
}
