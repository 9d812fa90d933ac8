package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/diag"
)

// transactions are those of one writer. One is open and takes the records; those that
// were prepared wait for the commit of their checkpoint, each with a producer of its own,
// because a producer can have only one. Producers are used again after their commit.
//
// A prepared transaction is described by the id that the broker gave its producer, so
// that a process that goes on from the checkpoint can commit it without the producer
// that wrote it. Transactions that nobody prepared are aborted by the next process when
// it opens producers with the same transactional ids.
//
// The task writes and prepares; who takes checkpoints commits, perhaps at the same time.
type transactions struct {
	mu       sync.Mutex
	sink     *sink
	subtask  int
	open     *producer
	records  bool // the open one has some
	prepared []*producer
	free     []*producer
	made     int
}

// producer is a client that writes transactions under one transactional id.
type producer struct {
	client  *kgo.Client
	token   transactionToken // of the prepared transaction
	settled bool             // knows the topic's partitions
}

// settle waits until the client has taken in all it has learned of topics. While it learns of
// one for the first time it already sends records, and a transaction that is ended before it
// has noted their partitions is for the client one without records: it would be aborted, or
// left open, and the commit called a success. What purges topics takes its turn with what
// learns of them; no topic can have this name.
func (p *producer) settle(ctx context.Context) error {
	if p.settled {
		return nil
	}
	done := make(chan struct{})
	go func() { // over at the latest when the client is closed
		p.client.PurgeTopicsFromProducing("/")
		close(done)
	}()
	select {
	case <-done:
		p.settled = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// transactionToken is what a checkpoint keeps of a prepared transaction.
type transactionToken struct {
	ID       string `json:"id"`
	Producer int64  `json:"producer"`
	Epoch    int16  `json:"epoch"`
}

// openTransactions begins the first transaction of a subtask. Two producers are enough
// unless a checkpoint takes long to commit; both are announced to the broker now, which
// aborts what a killed run has left of theirs.
func openTransactions(ctx context.Context, s *sink, subtask int) (*transactions, error) {
	t := &transactions{sink: s, subtask: subtask}
	for range 2 {
		p, err := t.newProducer()
		if err != nil {
			return nil, err
		}
		t.free = append(t.free, p)
		if _, _, err := p.client.ProducerID(ctx); err != nil {
			t.close()
			return nil, fmt.Errorf("opening transactional id %s: %w", p.token.ID, explain(s.cluster.brokers, err))
		}
	}
	if err := t.begin(); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *transactions) newProducer() (*producer, error) {
	id := fmt.Sprintf("%s-%d", t.sink.spec.Options["sink.transactional-id-prefix"], t.subtask)
	if t.made > 0 {
		id += "-" + strconv.Itoa(t.made)
	}
	if t.sink.cluster.embedded {
		// The embedded broker aborts what a killed process left open without noting it among
		// the records: under an id used again, the next commit would be taken for its own.
		id += "-" + t.sink.run
	}
	t.made++
	timeout := 15 * time.Minute // the longest that brokers allow by default: it must outlast a checkpoint, and a restart
	if ms, err := strconv.Atoi(t.sink.cluster.props["transaction.timeout.ms"]); err == nil {
		timeout = time.Duration(ms) * time.Millisecond
	}
	opts := append(t.sink.producer(t.subtask), kgo.TransactionalID(id), kgo.TransactionTimeout(timeout))
	client, err := t.sink.cluster.client(append(opts, t.sink.cluster.transactional()...)...)
	return &producer{client: client, token: transactionToken{ID: id}}, err
}

// begin opens a transaction with a producer that has none.
func (t *transactions) begin() error {
	if len(t.free) == 0 {
		p, err := t.newProducer()
		if err != nil {
			return err
		}
		t.free = append(t.free, p)
	}
	p := t.free[0]
	if err := p.client.BeginTransaction(); err != nil {
		return fmt.Errorf("beginning a Kafka transaction: %w", err)
	}
	t.free, t.open, t.records = t.free[1:], p, false
	return nil
}

// prepare closes the open transaction to further records, which have all been delivered,
// and begins the next; nil if it has none.
func (t *transactions) prepare(ctx context.Context) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.records {
		return nil, nil
	}
	p := t.open
	err := p.settle(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing transaction %s: %w", p.token.ID, err)
	}
	if p.token.Producer, p.token.Epoch, err = p.client.ProducerID(ctx); err != nil {
		return nil, fmt.Errorf("preparing transaction %s: %w", p.token.ID, err)
	}
	t.prepared = append(t.prepared, p)
	if err := t.begin(); err != nil {
		return nil, err
	}
	return json.Marshal(p.token)
}

// commit ends the prepared transaction of a token; false if it is none of this writer's.
func (t *transactions) commit(ctx context.Context, token transactionToken) (bool, error) {
	t.mu.Lock()
	i := slices.IndexFunc(t.prepared, func(p *producer) bool { return p.token == token })
	if i < 0 {
		t.mu.Unlock()
		return false, nil
	}
	p := t.prepared[i]
	t.mu.Unlock()
	if err := p.client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return true, fmt.Errorf("committing transaction %s: %w", token.ID, explain(t.sink.cluster.brokers, err))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prepared = slices.DeleteFunc(t.prepared, func(o *producer) bool { return o == p })
	t.free = append(t.free, p)
	return true, nil
}

// abort undoes what is open and what is prepared.
func (t *transactions) abort(ctx context.Context) error {
	var errs []error
	for _, p := range append(t.prepared, t.open) {
		if p != nil {
			if t.records {
				errs = append(errs, p.settle(ctx))
			}
			errs = append(errs, p.client.EndTransaction(ctx, kgo.TryAbort))
		}
	}
	return errors.Join(errs...)
}

func (t *transactions) close() {
	for _, p := range append(append(t.prepared, t.free...), t.open) {
		if p != nil && p.client != nil {
			p.client.Close()
		}
	}
}

// Commit ends the prepared transactions of a checkpoint. Those of a process that is gone
// are ended under the ids that their producers had; ending one again changes nothing. It
// is exec.ErrCommitLost if the broker has aborted all of them meanwhile.
func (s *sink) Commit(ctx context.Context, commits [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var foreign *kgo.Client
	defer func() {
		if foreign != nil {
			foreign.Close()
		}
	}()
	var lost error
	done := 0
	for _, c := range commits {
		if len(c) == 0 {
			continue // of a writer without transactions
		}
		var token transactionToken
		if err := json.Unmarshal(c, &token); err != nil {
			return fmt.Errorf("commit of topic %s: %w", s.topic, err)
		}
		own, err := s.commitOwn(ctx, token)
		if !own && err == nil {
			if foreign == nil {
				if foreign, err = s.cluster.client(s.cluster.transactional()...); err != nil {
					return err
				}
			}
			err = endForeign(ctx, foreign, token)
		}
		switch {
		case err == nil:
			done++
		case own || !isGone(err):
			return err
		default:
			lost = err
		}
	}
	switch {
	case lost == nil:
		return nil
	case done == 0:
		return fmt.Errorf("%w: %w", exec.ErrCommitLost, lost)
	}
	return diag.Errorf("W0354", diag.Span{}, "rows of the checkpoint are lost: of its %d transactions on topic %q the broker has aborted %d", len(commits), s.topic, len(commits)-done).
		WithDetail("%v", lost).WithHint("go on from an earlier checkpoint or savepoint; rows between the two will be there twice")
}

// Fleeting: the broker aborts transactions that are open for too long, and the embedded
// one those that were open when its process was killed.
func (s *sink) Fleeting() bool { return s.txn }

func (s *sink) commitOwn(ctx context.Context, token transactionToken) (bool, error) {
	for _, w := range s.writers {
		if w.txn != nil {
			if own, err := w.txn.commit(ctx, token); own {
				return true, err
			}
		}
	}
	return false, nil
}

// endForeign commits the transaction of a producer that is gone.
func endForeign(ctx context.Context, client *kgo.Client, token transactionToken) error {
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = token.ID, token.Producer, token.Epoch, true
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		resp, err := req.RequestWith(ctx, client)
		if err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		if !errors.Is(err, kerr.ConcurrentTransactions) || wait > 5*time.Second {
			if err != nil {
				return fmt.Errorf("committing transaction %s: %w", token.ID, err)
			}
			return nil
		}
		select { // its commit is under way
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isGone reports whether an error says that the transaction is no more: it was aborted,
// by its timeout or by a producer with the same id.
func isGone(err error) bool {
	for _, e := range []error{kerr.InvalidTxnState, kerr.InvalidProducerEpoch, kerr.ProducerFenced, kerr.InvalidProducerIDMapping, kerr.TransactionalIDNotFound} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Abort undoes open transactions.
func (s *sink) Abort(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, w := range s.writers {
		if w.txn != nil {
			errs = append(errs, w.txn.abort(ctx))
		}
	}
	return errors.Join(errs...)
}
