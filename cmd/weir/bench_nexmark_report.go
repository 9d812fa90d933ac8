package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/weir-sql/weir/session/nexmark"
	"github.com/weir-sql/weir/topology"
)

// nexmarkReport prints measurements: lines of a table as they come, or one JSON array at the end.
type nexmarkReport struct {
	out     io.Writer
	json    bool
	flags   nexmarkFlags
	results []*nexmarkResult
	ratios  []float64 // to Flink, of q0 to q22
}

const nexmarkRow = "%-5s %12s %12s %12s %9s %10s %7s %10s  %s\n"

func (r *nexmarkReport) head() error {
	if r.json {
		return nil
	}
	mode := r.flags.mode + " mode, events from " + r.flags.source
	if r.flags.pushdown {
		mode += ", PROJECTION PUSHED INTO THE GENERATOR (not comparable)"
	}
	_, err := fmt.Fprintf(r.out, "Nexmark, %d events, parallelism %d, %s\n\n"+nexmarkRow, r.flags.events, r.flags.parallelism, mode,
		"query", "core-s/M", "events/core-s", "events/s", "peak RSS", "Flink ref.", "ratio", "Flink RSS", "checksum")
	return err
}

// row prints one query.
func (r *nexmarkReport) row(m *nexmarkResult) error {
	r.results = append(r.results, m)
	if r.json {
		return nil
	}
	flink, ratio, rss := "-", "-", "-"
	if ref, ok := nexmark.ReferenceOf(m.Query, m.Source); ok && m.Mode == "stream" && !m.Pushdown && m.CoreSeconds > 0 {
		x := ref.CoreSeconds / m.CoreSeconds
		r.ratios = append(r.ratios, x)
		flink, ratio = fmt.Sprintf("%.2f", ref.CoreSeconds), fmt.Sprintf("%.1fx", x)
		if ref.PeakRSS > 0 {
			rss = megabytes(ref.PeakRSS)
		}
	}
	_, err := fmt.Fprintf(r.out, nexmarkRow, m.Query, fmt.Sprintf("%.3f", m.CoreSeconds), millions(1e6/max(m.CoreSeconds, 1e-9)), millions(m.EventsPerSecond),
		megabytes(m.PeakRSS), flink, ratio, rss, m.Checksum)
	return err
}

// foot sums up.
func (r *nexmarkReport) foot() error {
	if r.json {
		e := json.NewEncoder(r.out)
		e.SetIndent("", "  ")
		return e.Encode(r.results)
	}
	if len(r.ratios) == 0 {
		return nil
	}
	least := r.ratios[0]
	for _, x := range r.ratios {
		least = min(least, x)
	}
	_, err := fmt.Fprintf(r.out, "\ngeometric mean of %s with a reference: %.1fx fewer core-seconds, least %.1fx\n"+
		"Flink ref.: core-seconds for a million events and peak memory of Apache Flink 2.2.1, taken on another day (docs/performance.md).\n",
		topology.Count(len(r.ratios), "ratio"), nexmark.GeometricMean(r.ratios), least)
	return err
}

func megabytes(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d MB", n/1e6)
}

func millions(x float64) string { return fmt.Sprintf("%.2f M", x/1e6) }
