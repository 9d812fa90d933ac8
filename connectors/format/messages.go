package format

import "github.com/weir-sql/weir/exec/vec"

// Messages is the decoder of formats whose message is a change, or several, of a table
// (Debezium, Canal, Maxwell): a line of a file is a message, an empty message is no
// row, and of one that is wrong nothing stays in the batch.
type Messages struct {
	// change appends the rows of one message; it may leave some behind when it fails.
	change  func(msg []byte, into *vec.BatchBuilder) error
	ignore  bool
	skipped int64
}

var (
	_ LineDecoder = (*Messages)(nil)
	_ Splittable  = (*Messages)(nil)
)

// NewMessages makes a decoder of what change reads. ignore drops messages that are
// wrong (ignore-parse-errors) and counts them.
func NewMessages(ignore bool, change func(msg []byte, into *vec.BatchBuilder) error) *Messages {
	return &Messages{ignore: ignore, change: change}
}

// Splittable is true: a line is a message.
func (m *Messages) Splittable() bool { return true }

// Skipped counts the messages dropped by ignore-parse-errors.
func (m *Messages) Skipped() int64 { return m.skipped }

// DecodeLines reads a message a line.
func (m *Messages) DecodeLines(chunk []byte, last bool, max int, into *vec.BatchBuilder) (int, int, error) {
	return EachLine(chunk, last, max, into, m)
}

// Decode reads one message.
func (m *Messages) Decode(msg []byte, into *vec.BatchBuilder) error {
	if len(msg) == 0 {
		return nil
	}
	n := into.Len()
	err := m.change(msg, into)
	if err == nil {
		return nil
	}
	into.Truncate(n)
	if m.ignore {
		m.skipped++
		return nil
	}
	return err
}
