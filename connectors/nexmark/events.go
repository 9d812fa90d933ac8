package nexmark

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// The kinds of events: values of event_type.
const (
	kindPerson = iota
	kindAuction
	kindBid
	kinds
)

// events makes columns of a run of events. Every column is a function of the seed and an
// event's number alone, so that one may be left out. It is used by one goroutine.
type events struct {
	*config
	*texts
	from int64 // of the run
	n    int

	rows  [kinds][]int32 // rows of the run by kind
	epoch [kinds][]int64 // event / total, for each of them
	place [kinds][]int32 // event % total
	valid [kinds]vec.Bitmap
	times *vec.Vec // of all events

	picks  []int32 // of bids: what channel
	start  []int32 // scratch of text columns
	length []int32
}

// Salts of the columns' random numbers.
const (
	saltAuction = iota + 1
	saltBidder
	saltPrice
	saltChannel
	saltExtra
	saltSeller
	saltCategory
	saltReserve
	saltExpires
	saltItem
	saltDescription
	saltName
	saltEmail
	saltCard
	saltCity
	saltState
)

// begin starts a run of n events.
func (e *events) begin(from int64, n int) {
	e.from, e.n, e.times, e.picks = from, n, nil, e.picks[:0]
	for k := range e.rows {
		e.rows[k], e.epoch[k], e.place[k], e.valid[k] = e.rows[k][:0], e.epoch[k][:0], e.place[k][:0], nil
	}
	epoch, place := from/e.total, from%e.total
	for row := 0; row < n; {
		kind, end := e.kindAt(place)
		for ; place < end && row < n; place, row = place+1, row+1 {
			e.rows[kind] = append(e.rows[kind], int32(row))
			e.epoch[kind] = append(e.epoch[kind], epoch)
			e.place[kind] = append(e.place[kind], int32(place))
		}
		if place == e.total {
			epoch, place = epoch+1, 0
		}
	}
}

// kindAt gives the kind of the event at a place of its epoch, and where those of that kind end.
func (e *events) kindAt(place int64) (kind int, end int64) {
	switch {
	case place < e.persons:
		return kindPerson, e.persons
	case place < e.persons+e.auctions:
		return kindAuction, e.persons + e.auctions
	default:
		return kindBid, e.total
	}
}

// event gives the number of the k-th event of a kind.
func (e *events) event(kind, k int) int64 { return e.from + int64(e.rows[kind][k]) }

// lastPerson and lastAuction are the newest ids, from 0 on, when the k-th event of a kind
// happens: its own if it is one.
func (e *events) lastPerson(kind, k int) int64 {
	place := e.persons - 1
	if kind == kindPerson {
		place = int64(e.place[kind][k])
	}
	return max(e.epoch[kind][k]*e.persons+place, 0)
}

func (e *events) lastAuction(kind, k int) int64 {
	place := e.auctions - 1
	switch kind {
	case kindPerson: // those of its epoch are still to come
		return max(e.epoch[kind][k]*e.auctions-1, 0)
	case kindAuction:
		place = int64(e.place[kind][k]) - e.persons
	}
	return max(e.epoch[kind][k]*e.auctions+place, 0)
}

// person picks one of the active persons, or one soon to come.
func (e *events) person(x uint64, last int64) int64 {
	active := min(last+1, activePeople)
	return last + 1 - active + belowLow(x, uint64(active)+lead)
}

// types gives event_type.
func (e *events) types(t types.Type) *vec.Vec {
	v := vec.New(t, e.n)
	out := v.Int32s()
	for kind, rows := range e.rows {
		if kind == kindPerson {
			continue // zero
		}
		for _, r := range rows {
			out[r] = int32(kind)
		}
	}
	return v
}

// validity tells which rows are of a kind.
func (e *events) validity(kind int) vec.Bitmap {
	if e.valid[kind] == nil {
		b := vec.NewBitmap(e.n)
		for _, r := range e.rows[kind] {
			b[r>>3] |= 1 << (r & 7)
		}
		e.valid[kind] = b
	}
	return e.valid[kind]
}

// timestamps gives the times of all events.
func (e *events) timestamps() *vec.Vec {
	if e.times != nil {
		return e.times
	}
	v := vec.New(types.NewTimestamp(3), e.n)
	out := v.Int64s()
	// Event n is at n * 1000 / rate ms, stepped without a division an event.
	whole, part := 1000/e.rate, 1000%e.rate
	at, rest := e.base+e.from/e.rate*1000+e.from%e.rate*1000/e.rate, e.from%e.rate*1000%e.rate
	for i := range out {
		out[i] = at
		at, rest = at+whole, rest+part
		if rest >= e.rate {
			at, rest = at+1, rest-e.rate
		}
	}
	e.times = v
	return v
}

// numbers makes a BIGINT column of the events of a kind.
func (e *events) numbers(t types.Type, kind int, of func(k int) int64) *vec.Vec {
	v := vec.New(t, e.n)
	out := v.Int64s()
	for k, r := range e.rows[kind] {
		out[r] = of(k)
	}
	return v
}

// field makes one field of a ROW column; slot counts as in the list of the kind's fields.
func (e *events) field(kind, slot int, t types.Type) *vec.Vec {
	switch kind {
	case kindPerson:
		return e.personField(slot, t)
	case kindAuction:
		return e.auctionField(slot, t)
	default:
		return e.bidField(slot, t)
	}
}

func (e *events) bidField(slot int, t types.Type) *vec.Vec {
	switch bidFields[slot].name {
	case "auction":
		return e.bidAuctions(t)
	case "bidder":
		return e.bidders(t)
	case "price":
		v, s := vec.New(t, e.n), newStream(e.seed, saltPrice)
		out := v.Int64s()
		for _, r := range e.rows[kindBid] {
			out[r] = price(s.at(e.from + int64(r)))
		}
		return v
	case "channel":
		return e.picked(t, kindBid, e.channels, e.channelPicks())
	case "url":
		return e.picked(t, kindBid, e.urls, e.channelPicks())
	case "dateTime":
		return e.timestamps().As(t)
	default:
		return e.filled(t, kindBid, e.bidSize-32)
	}
}

// bidAuctions are the auctions that are bid for.
func (e *events) bidAuctions(t types.Type) *vec.Vec {
	v, s := vec.New(t, e.n), newStream(e.seed, saltAuction)
	out := v.Int64s()
	for k, r := range e.rows[kindBid] {
		x := s.at(e.from + int64(r))
		last := max(e.epoch[kindBid][k]*e.auctions+e.auctions-1, 0)
		if below(x, e.hotAuctions) > 0 {
			out[r] = last/hotGroup*hotGroup + firstAuction
			continue
		}
		oldest := max(last-inFlight, 0)
		out[r] = oldest + belowLow(x, uint64(last-oldest+1+lead)) + firstAuction
	}
	return v
}

// bidders are the persons who bid.
func (e *events) bidders(t types.Type) *vec.Vec {
	v, s := vec.New(t, e.n), newStream(e.seed, saltBidder)
	out := v.Int64s()
	for k, r := range e.rows[kindBid] {
		x := s.at(e.from + int64(r))
		last := max(e.epoch[kindBid][k]*e.persons+e.persons-1, 0)
		if below(x, e.hotBidder) > 0 {
			out[r] = last/hotGroup*hotGroup + 1 + firstPerson
		} else {
			out[r] = e.person(x, last) + firstPerson
		}
	}
	return v
}

// channelPicks are the channels of the bids: half of them hot.
func (e *events) channelPicks() []int32 {
	if len(e.picks) > 0 {
		return e.picks
	}
	s := newStream(e.seed, saltChannel)
	for _, r := range e.rows[kindBid] {
		x := s.at(e.from + int64(r))
		if x>>63 != 0 {
			e.picks = append(e.picks, int32(x>>32)&3)
		} else {
			e.picks = append(e.picks, 4+int32(belowLow(x, channels)))
		}
	}
	return e.picks
}

func (e *events) auctionField(slot int, t types.Type) *vec.Vec {
	seeded := func(salt uint64) func(k int) uint64 {
		s := newStream(e.seed, salt)
		return func(k int) uint64 { return s.at(e.event(kindAuction, k)) }
	}
	switch auctionFields[slot].name {
	case "id":
		return e.numbers(t, kindAuction, func(k int) int64 { return e.lastAuction(kindAuction, k) + firstAuction })
	case "itemName":
		return e.words(t, kindAuction, 20, saltItem)
	case "description":
		return e.words(t, kindAuction, 100, saltDescription)
	case "initialBid":
		at := seeded(saltPrice)
		return e.numbers(t, kindAuction, func(k int) int64 { return price(at(k)) })
	case "reserve":
		first, more := seeded(saltPrice), seeded(saltReserve)
		return e.numbers(t, kindAuction, func(k int) int64 { return price(first(k)) + price(more(k)) })
	case "dateTime":
		return e.timestamps().As(t)
	case "expires":
		at, times := seeded(saltExpires), e.timestamps().Int64s()
		return e.numbers(t, kindAuction, func(k int) int64 {
			// On average an auction is open until as many more have begun as are open at a time.
			horizon := inFlight * e.total / max(e.auctions, 1) * 1000 / e.rate
			return times[e.rows[kindAuction][k]] + 1 + belowWide(at(k), uint64(max(2*horizon, 1)))
		})
	case "seller":
		at := seeded(saltSeller)
		return e.numbers(t, kindAuction, func(k int) int64 {
			x, last := at(k), e.lastPerson(kindAuction, k)
			if below(x, e.hotSellers) > 0 {
				return last/hotGroup*hotGroup + firstPerson
			}
			return e.person(x, last) + firstPerson
		})
	case "category":
		at := seeded(saltCategory)
		return e.numbers(t, kindAuction, func(k int) int64 { return firstCategory + below(at(k), categories) })
	default:
		return e.filled(t, kindAuction, e.auctionSize-48-11-51)
	}
}

func (e *events) personField(slot int, t types.Type) *vec.Vec {
	s := newStream(e.seed, saltName+uint64(slot)<<8)
	at := func(k int) uint64 { return s.at(e.event(kindPerson, k)) }
	pick := func(a *arena) *vec.Vec {
		picks := make([]int32, len(e.rows[kindPerson]))
		for k := range picks {
			picks[k] = int32(below(at(k), uint64(len(a.off)-1)))
		}
		return e.picked(t, kindPerson, a, picks)
	}
	switch personFields[slot].name {
	case "id":
		return e.numbers(t, kindPerson, func(k int) int64 { return e.lastPerson(kindPerson, k) + firstPerson })
	case "name":
		return pick(e.people)
	case "emailAddress":
		return e.emails(t)
	case "creditCard":
		return e.cards(t)
	case "city":
		return pick(e.cities)
	case "state":
		return pick(e.states)
	case "dateTime":
		return e.timestamps().As(t)
	default:
		return e.filled(t, kindPerson, e.personSize-8-12-12-19-8-2)
	}
}
