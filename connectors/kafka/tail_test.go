package kafka_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/kafka"
)

// A partition whose last records are those of a transaction that a killed process left
// open ends all the same: nothing of them is given, and the reader doesn't wait for them.
func TestKafkaEndsBehindAnAbortedTail(t *testing.T) {
	first := t.TempDir()
	r := brokerIn(t, first)
	r.create("tail", 1)
	r.produce("tail", 0, "0:=1", "0:=2")
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.TransactionalID("gone"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: r.prefix + "tail", Value: []byte("3")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	second := t.TempDir() // what is on disk when the process is killed
	if err := os.CopyFS(filepath.Join(second, "data"), os.DirFS(filepath.Join(first, "data"))); err != nil {
		t.Fatal(err)
	}
	cl.Close()

	again := brokerIn(t, second)
	again.prefix = r.prefix
	tab := again.table("v STRING", "tail", nil, map[string]string{"properties.isolation.level": "read_committed", "format": "raw"})
	began := time.Now()
	same(t, again.read(tab), []string{"+I 1", "+I 2"})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("reading three records took %v", took)
	}
}

func brokerIn(t *testing.T, dir string) *rig {
	t.Helper()
	b := kafka.NewBroker(dir)
	t.Cleanup(func() { _ = b.Close() })
	addr, err := b.Addr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, addr: addr, prefix: "t-", reg: connectors.NewRegistry(&connectors.Env{}, connectors.All()...)}
}
