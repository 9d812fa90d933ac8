package blackhole_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

func TestTakesEverything(t *testing.T) {
	reg := connectors.NewRegistry(&connectors.Env{}, connectors.All()...)
	table := conformance.Table("id INT", nil, map[string]string{"connector": "blackhole"}, nil)
	caps, errs := reg.Connector("blackhole").Describe(table, reg)
	if len(errs) > 0 || caps.Accepts.Flink() != "I,UA,D" {
		t.Fatalf("accepts %s, %v", caps.Accepts, errs)
	}
	spec := conformance.Sink(table)
	sink, err := reg.Sink(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sink.Writer(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), formattest.Batch(spec.Fields, [][]any{{"+I", 1.0}, {"-D", 1.0}})); err != nil {
		t.Fatal(err)
	}
	if c, err := w.Prepare(t.Context()); c != nil || err != nil {
		t.Fatalf("prepared %v, %v", c, err)
	}
}
