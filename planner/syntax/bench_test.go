package syntax

import (
	"strings"
	"testing"
)

// script100 is a script of 100 lines as people write them.
func script100(b *testing.B) string {
	src := corpus(b)["shop.sql"]
	lines := strings.SplitAfter(src+src, "\n")
	if len(lines) < 100 {
		b.Fatal(len(lines))
	}
	s := strings.Join(lines[:100], "")
	return s[:strings.LastIndexByte(s, ';')+1]
}

func BenchmarkScan100Lines(b *testing.B) {
	src := script100(b)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		Scan(src)
	}
}

// BenchmarkParse100Lines has to stay below a millisecond.
func BenchmarkParse100Lines(b *testing.B) {
	src := script100(b)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := Parse(src); errs.HasErrors() {
			b.Fatal(errs)
		}
	}
}

func BenchmarkFormat100Lines(b *testing.B) {
	src := script100(b)
	s, _ := Parse(src)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		Format(s, FormatOptions{})
	}
}
