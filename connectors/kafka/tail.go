package kafka

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The attributes of a record batch (KIP-98).
const (
	batchTransactional = 1 << 4
	batchControl       = 1 << 5
)

// batchHeader is the length of a batch's first fields: offset and length of the rest.
const batchHeader = 8 + 4

// skipTail moves next over what a client never gives: records of aborted transactions and
// batches that compaction emptied. The client passes over them without a word, so a
// partition that ends with some would be waited for although all of it was read. It looks
// at the records from next on itself, and stops at the first that the client will give.
func (r *reader) skipTail(ctx context.Context) {
	for from := int64(-1); r.next > from && !r.ended(); {
		from = r.next
		r.skipSome(r.fetchRaw(ctx))
	}
}

// skipSome moves next over a fetch's first batches, as far as the client gives nothing of them.
func (r *reader) skipSome(part *kmsg.FetchResponseTopicPartition) {
	if part == nil {
		return
	}
	aborted := part.AbortedTransactions
	for raw := part.RecordBatches; len(raw) > batchHeader && !r.ended(); {
		size := batchHeader + int(binary.BigEndian.Uint32(raw[8:]))
		var b kmsg.RecordBatch
		if size > len(raw) || b.ReadFrom(raw[:size]) != nil {
			return // cut off: the next look begins with it
		}
		raw = raw[size:]
		last := b.FirstOffset + int64(b.LastOffsetDelta)
		if last < r.next {
			continue
		}
		mine := func(a kmsg.FetchResponseTopicPartitionAbortedTransaction) bool {
			return a.ProducerID == b.ProducerID && a.FirstOffset <= b.FirstOffset
		}
		switch {
		case b.NumRecords == 0:
		case b.Attributes&batchControl != 0:
			if i := slices.IndexFunc(aborted, mine); i >= 0 {
				aborted = slices.Delete(aborted, i, i+1)
			}
		case b.Attributes&batchTransactional != 0 && slices.ContainsFunc(aborted, mine):
		default:
			return
		}
		r.next = last + 1
	}
}

// rawWait is how long a look at the tail may take, and rawBytes how much it brings: it is
// thrown away, and most looks find at once that the client is only slow.
const (
	rawWait  = 5 * time.Second
	rawBytes = 64 << 10
)

// fetchRaw asks the partition's leader for the records from next on; nil if it cannot be
// asked now. Whatever is wrong the client's own fetches meet too, and they say so.
func (r *reader) fetchRaw(ctx context.Context) *kmsg.FetchResponseTopicPartition {
	ctx, cancel := context.WithTimeout(ctx, rawWait)
	defer cancel()
	meta, err := kadm.NewClient(r.client).Metadata(ctx, r.Topic)
	if err != nil {
		return nil
	}
	topic := meta.Topics[r.Topic]
	place, ok := topic.Partitions[r.Partition]
	if !ok || place.Err != nil {
		return nil
	}
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.PartitionMaxBytes, part.CurrentLeaderEpoch = r.Partition, r.next, rawBytes, -1
	of := kmsg.NewFetchRequestTopic()
	of.Topic, of.TopicID = r.Topic, topic.ID
	of.Partitions = append(of.Partitions, part)
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 0, 0, rawBytes
	req.SessionEpoch = -1 // no session
	if r.committed {
		req.IsolationLevel = 1
	}
	req.Topics = append(req.Topics, of)
	resp, err := req.RequestWith(ctx, brokerOf{r.client, place.Leader})
	if err != nil || len(resp.Topics) == 0 || len(resp.Topics[0].Partitions) == 0 {
		return nil
	}
	got := &resp.Topics[0].Partitions[0]
	if kerr.ErrorForCode(got.ErrorCode) != nil {
		return nil
	}
	return got
}

// brokerOf asks one broker.
type brokerOf struct {
	client *kgo.Client
	id     int32
}

// Request is kmsg.Requestor's.
func (b brokerOf) Request(ctx context.Context, req kmsg.Request) (kmsg.Response, error) {
	return b.client.Broker(int(b.id)).RetriableRequest(ctx, req)
}
