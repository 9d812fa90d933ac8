package nexmark

import (
	"fmt"
	"math/bits"
	"sync"
)

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// golden is the step of SplitMix64.
const golden = 0x9E3779B97F4A7C15

// stream is a column's source of random numbers: one for every event, in any order.
type stream uint64

// newStream gives the column with this salt its own numbers.
func newStream(seed, salt uint64) stream { return stream(mix(mix(seed+golden) + salt*golden)) }

// at gives the number of an event.
func (s stream) at(event int64) uint64 { return mix(uint64(s) + uint64(event)*golden) }

// below scales the upper 32 bits of a random number to [0, n), for n below 2^32.
func below(x uint64, n uint64) int64 { return int64((x >> 32) * n >> 32) }

// belowLow is below of the lower 32 bits.
func belowLow(x uint64, n uint64) int64 { return int64((x & 0xFFFFFFFF) * n >> 32) }

// belowWide is below of all bits, for any n.
func belowWide(x uint64, n uint64) int64 {
	hi, _ := bits.Mul64(x, n)
	return int64(hi)
}

// arena is text that columns take pieces of. It is the same in every process.
type arena struct {
	data []byte
	off  []int32 // ends of the pieces, where there are numbered ones
}

func (a *arena) add(s string) {
	if a.off == nil {
		a.off = append(a.off, 0)
	}
	a.data = append(a.data, s...)
	a.off = append(a.off, int32(len(a.data)))
}

// texts are what text columns take pieces of. They do not depend on a table's options.
type texts struct {
	filler, spaced         []byte // random letters, without and with blanks
	channels, urls         *arena // by number: the hot ones first
	people, cities, states *arena
}

// sharedTexts makes the texts when a table is read for the first time.
var sharedTexts = sync.OnceValue(func() *texts {
	return &texts{
		filler: letters(fillerSpan+maxSize, 0, 1), spaced: letters(fillerSpan, ' ', 2),
		channels: names(channel), urls: names(url), people: fullNames(),
		cities: pieces("Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"),
		states: pieces("AZ", "CA", "ID", "OR", "WA", "WY"),
	}
})

const fillerSpan = 1 << 16 // where in filler and spaced pieces begin

var (
	hotChannels = []string{"Google", "Facebook", "Baidu", "Apple"}
	firstNames  = []string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"}
	lastNames   = []string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"}
)

// letters are n random letters; special, if any, stands for one of 13, as in the nexmark project's strings.
func letters(n int, special byte, salt uint64) []byte {
	out := make([]byte, n)
	s := newStream(0, salt<<32)
	for i := range out {
		x := s.at(int64(i))
		if special != 0 && belowLow(x, 13) == 0 {
			out[i] = special
		} else {
			out[i] = 'a' + byte(below(x, 26))
		}
	}
	return out
}

func pieces(texts ...string) *arena {
	a := &arena{}
	for _, t := range texts {
		a.add(t)
	}
	return a
}

// names are one text for each of the hot channels and the others.
func names(of func(i int) string) *arena {
	a := &arena{}
	for i := range len(hotChannels) + channels {
		a.add(of(i))
	}
	return a
}

func fullNames() *arena {
	a := &arena{}
	for _, f := range firstNames {
		for _, l := range lastNames {
			a.add(f + " " + l)
		}
	}
	return a
}

func channel(i int) string {
	if i < len(hotChannels) {
		return hotChannels[i]
	}
	return fmt.Sprintf("channel-%d", i-len(hotChannels))
}

// url is the address of a channel: three directories, and for nine of ten of the channels
// that are not hot a channel_id.
func url(i int) string {
	s := newStream(0, 3<<32+uint64(i))
	text := []byte("https://www.nexmark.com/")
	for dir := range int64(3) {
		n := 3 + below(s.at(dir*8), 2)
		for k := range n {
			x := s.at(dir*8 + 1 + k)
			if belowLow(x, 13) == 0 {
				text = append(text, '_')
			} else {
				text = append(text, 'a'+byte(below(x, 26)))
			}
		}
		text = append(text, '/')
	}
	text = append(text, "item.htm?query=1"...)
	if k := i - len(hotChannels); k >= 0 && below(s.at(100), 10) > 0 {
		id := int32(bits.Reverse32(uint32(k)))
		if id < 0 {
			id = -id
		}
		text = fmt.Appendf(text, "&channel_id=%d", id)
	}
	return string(text)
}
