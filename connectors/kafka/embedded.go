package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/weir-sql/weir/planner/diag"
)

// Broker is the Kafka inside the process. It keeps its topics in a folder, listens on
// the loopback interface only, and makes topics when they are first written.
type Broker struct {
	dir     string
	mu      sync.Mutex
	cluster *kfake.Cluster
	lock    *os.File
}

// NewBroker makes a broker that keeps its topics under dir. It starts when Addr is first asked for.
func NewBroker(dir string) *Broker { return &Broker{dir: dir} }

// EmbeddedPartitions is the number of partitions of topics that are made on first use.
const EmbeddedPartitions = 4

// Addr starts the broker if it does not run and gives its address. A second process
// on the same folder is refused.
func (b *Broker) Addr(context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cluster != nil {
		return b.cluster.ListenAddrs()[0], nil
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return "", fmt.Errorf("making the embedded broker's folder: %w", err)
	}
	lock, err := lockFile(filepath.Join(b.dir, "lock"))
	if errors.Is(err, errLocked) {
		return "", diag.Errorf("W0353", diag.Span{}, "another weir is running the embedded broker of this project").
			WithHint("end it first, or name a Kafka of your own in 'properties.bootstrap.servers'")
	}
	if err != nil {
		return "", fmt.Errorf("locking the embedded broker's folder: %w", err)
	}
	data := filepath.Join(b.dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", errors.Join(err, lock.Close())
	}
	start := func() (*kfake.Cluster, error) {
		return kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(data), kfake.AllowAutoTopicCreation(),
			kfake.DefaultNumPartitions(EmbeddedPartitions))
	}
	c, err := start()
	if _, statErr := os.Stat(filepath.Join(data, "meta.json")); err == nil && errors.Is(statErr, os.ErrNotExist) {
		c.Close() // the first end of a broker marks its folder as one; without it, a killed process would leave a folder that is not read
		c, err = start()
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("starting the embedded broker: %w", err), lock.Close())
	}
	b.cluster, b.lock = c, lock
	return c.ListenAddrs()[0], nil
}

// Close stops the broker; what was written stays in its folder.
func (b *Broker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cluster == nil {
		return nil
	}
	b.cluster.Close()
	b.cluster = nil
	return b.lock.Close()
}

var errLocked = errors.New("locked by another process")
