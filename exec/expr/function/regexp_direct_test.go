package function

import (
	"reflect"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestDirectMatchIsTaken(t *testing.T) {
	for pattern, want := range map[string]bool{
		"(&|^)channel_id=([^&]*)":          true,
		"https?://([^/]+)/":                true,
		"id=([0-9]+)$":                     true,
		"^(ab|a)c":                         true,
		"abc":                              true,
		"a.c":                              false, // . may be more than a byte
		"[^&]*&x":                          false, // the text may be anywhere
		"x=(.*)&":                          false, // the run must give back
		"(?i)abc":                          false,
		"x=([^&]*?)y":                      false,
		"x(a|b)(a|b)(a|b)(a|b)(a|b)":       true, // those are classes
		"x(a|bb)(a|bb)(a|bb)(a|bb)(a|bb)y": false,
		"xä([é-ü]*)":                       false, // part of what is not ASCII
		"xä([^ ]*)":                        true,
	} {
		re := regexp.MustCompile(pattern)
		if got := newDirectMatch(pattern, re.NumSubexp()) != nil; got != want {
			t.Errorf("%s is matched directly: %t, want %t", pattern, got, want)
		}
	}
}

// TestDirectMatchProperty holds random simple patterns against package regexp.
func TestDirectMatchProperty(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "b", "ab", "a*", "b+", "[ab]", "[^a]*", "[^ab]*", "(a|b)", "(ab|^)", "(^|a)", "(b*)", "(a|)", "(bc)?", "^", "$", ".*", "é", "([^c]*)"})
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		pattern := ""
		for _, p := range rapid.SliceOfN(part, 1, 5).Draw(t, "parts") {
			pattern += p
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		d := newDirectMatch(pattern, re.NumSubexp())
		if d == nil {
			return
		}
		taken++
		for range 5 {
			s := rapid.StringOfN(rapid.SampledFrom([]rune("aabbcé\n")), 0, 12, -1).Draw(t, "text")
			if got, want := d.find(s), re.FindStringSubmatchIndex(s); !(got == nil && want == nil) && !reflect.DeepEqual(got, want) {
				t.Fatalf("%q in %q: %v, want %v", pattern, s, got, want)
			}
		}
	})
	if taken < 10 && !testing.Short() {
		t.Errorf("only %d patterns are matched directly", taken)
	}
}

func BenchmarkRegexpExtract(b *testing.B) {
	const pattern = "(&|^)channel_id=([^&]*)"
	re := regexp.MustCompile(pattern)
	for name, m := range map[string]*javaRegexp{"direct": {re, newDirectMatch(pattern, 2)}, "automaton": {re, nil}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m.FindStringSubmatchIndex("https://www.nexmark.com/wisa/tje/yks/item.htm?query=1&channel_id=1615331328")
				m.FindStringSubmatchIndex("https://www.nexmark.com/wisa/tje/yks/item.htm?query=1")
			}
		})
	}
}
