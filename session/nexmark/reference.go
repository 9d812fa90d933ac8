package nexmark

import "math"

// Reference is what Apache Flink 2.2.1 took for a query: one JVM, parallelism 2, 10 M events
// of its own generator into blackhole, heap state, object reuse, mini-batch and
// split-distinct, on a quiet 2-core machine. Ratios to it are of different runs on perhaps
// different machines; docs/performance.md says how it was measured.
type Reference struct {
	CoreSeconds float64 // for a million events
	PeakRSS     int64   // bytes, with 8 GB of heap allowed; 0 = not recorded
}

const gigabyte = 1e9

var references = map[string]Reference{
	"q0": {1.75, 2.4 * gigabyte}, "q1": {1.82, 0}, "q2": {1.61, 0}, "q3": {2.82, 0}, "q4": {6.65, 7.8 * gigabyte}, "q5": {3.56, 0},
	"q7": {10.33, 8.1 * gigabyte}, "q8": {2.13, 0}, "q9": {9.49, 9.2 * gigabyte}, "q11": {3.85, 0}, "q12": {2.74, 0}, "q14": {1.61, 0},
	"q15": {4.42, 0}, "q16": {22.99, 8.9 * gigabyte}, "q17": {3.11, 0}, "q18": {5.15, 0}, "q19": {5.45, 0}, "q20": {6.64, 0},
	"q21": {2.91, 0}, "q22": {1.84, 0},
}

// fromFile are the figures with a file of JSON lines in place of the generator.
var fromFile = map[string]Reference{"q0": {3.99, 0}, "q5": {5.01, 0}, "q17": {5.32, 0}}

// ReferenceOf gives Flink's figures for a query and kind of source (generator, file, kafka).
func ReferenceOf(query, kind string) (Reference, bool) {
	from := references
	if kind == "file" {
		from = fromFile
	}
	r, ok := from[query]
	return r, ok && kind != "kafka"
}

// GeometricMean is the geometric mean of ratios; 0 of none.
func GeometricMean(ratios []float64) float64 {
	if len(ratios) == 0 {
		return 0
	}
	sum := 0.0
	for _, r := range ratios {
		sum += math.Log(r)
	}
	return math.Exp(sum / float64(len(ratios)))
}
