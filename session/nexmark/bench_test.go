package nexmark_test

import (
	"testing"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/nexmark"
)

// BenchmarkQuery runs every query as `weir bench nexmark` does, but in one process: for profiles
// (go test ./session/nexmark -run '^$' -bench Query/q5$ -cpuprofile cpu.prof).
func BenchmarkQuery(b *testing.B) {
	session.TuneGC()
	dir := b.TempDir()
	if err := nexmark.Prepare(dir); err != nil {
		b.Fatal(err)
	}
	const events = 1_000_000
	for _, q := range nexmark.Names() {
		b.Run(q, func(b *testing.B) {
			task := nexmark.Task{Query: q, From: nexmark.Generator(events, false), Dir: dir, Mode: session.Stream, Parallelism: 2}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := task.Run(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(events*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
