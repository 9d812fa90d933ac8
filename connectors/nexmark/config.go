package nexmark

import (
	"fmt"
	"time"

	"github.com/weir-sql/weir/connectors/option"
)

// The generator's constants, those of the nexmark project.
const (
	firstPerson     = 1000
	firstAuction    = 1000
	firstCategory   = 10
	categories      = 5
	hotGroup        = 100  // one of so many auctions, sellers or bidders in a row is hot
	inFlight        = 100  // auctions that are open at a time
	activePeople    = 1000 // persons who bid and sell at a time
	lead            = 10   // ids are up to so far ahead of the last person or auction
	channels        = 10000
	maxSize         = 1 << 16 // bytes of an event, at most
	hotChannelRatio = 2
)

// config is what a table's options say.
type config struct {
	end                    int64 // number of events; -1 = endless
	keepAlive, limited     bool
	persons, auctions      int64 // of total events in a row; the others are bids
	total                  int64
	rate                   int64 // events a second of event time
	base                   int64 // time of event 0, ms
	personSize             int
	auctionSize, bidSize   int
	hotAuctions, hotBidder uint64
	hotSellers             uint64
	seed                   uint64
}

// readConfig reads the options; what is wrong with them is in the reader.
func readConfig(given map[string]string) (*config, *option.Reader) {
	r := option.Read(options, given)
	c := &config{end: -1, keepAlive: r.Bool("keep-alive"), limited: r.Bool("rate.limited") || !r.Bool("max-emit-speed"), seed: uint64(r.Int("seed"))}
	if n := atLeast(r, "events.num", 0); n > 0 {
		c.end = n
	}
	if n := atLeast(r, "stop-at", -1); n >= 0 && (c.end < 0 || n < c.end) {
		c.end = n
	}
	c.persons, c.auctions = atLeast(r, "person.proportion", 0), atLeast(r, "auction.proportion", 0)
	c.total = c.persons + c.auctions + atLeast(r, "bid.proportion", 0)
	if c.total == 0 {
		r.Bad("bid.proportion", "a number above 0 where the other proportions are 0")
		c.total = 1
	}
	c.rate = atLeast(r, "first-event.rate", 1)
	atLeast(r, "next-event.rate", 1)
	c.personSize, c.auctionSize, c.bidSize = size(r, "person.avg-size"), size(r, "auction.avg-size"), size(r, "bid.avg-size")
	c.hotAuctions = uint64(atLeast(r, "bid.hot-ratio.auctions", 1))
	c.hotBidder = uint64(atLeast(r, "bid.hot-ratio.bidders", 1))
	c.hotSellers = uint64(atLeast(r, "auction.hot-ratio.sellers", 1))
	t, err := time.Parse(time.DateTime, r.String("base-time"))
	if err != nil {
		r.Bad("base-time", "a time such as '2026-01-01 00:00:00'")
	}
	c.base = t.UnixMilli()
	return c, r
}

// atLeast reads a number and its lower bound; within 32 bits, but for counts of events.
func atLeast(r *option.Reader, name string, low int64) int64 {
	n := r.Int(name)
	if n < low || n > 1<<31 && name != "events.num" && name != "stop-at" {
		r.Bad(name, fmt.Sprintf("a number from %d on", low))
		return max(low, 1)
	}
	return n
}

func size(r *option.Reader, name string) int {
	n := r.Memory(name)
	if n > maxSize {
		r.Bad(name, "a size up to 64 kb")
		return maxSize
	}
	return int(n)
}
