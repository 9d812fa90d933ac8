package child

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// Guest is the other end of a Function, for a child that is weir itself.
type Guest interface {
	guest.Scalar
	guest.Aggregate
}

// Serve answers requests until its input ends. load makes the function ready; the sandbox
// is its matter.
func Serve(in io.Reader, out io.Writer, load func(Load) (Guest, error)) {
	parent := os.Getppid()
	go func() { // a child without its parent has no work
		for os.Getppid() == parent {
			time.Sleep(300 * time.Millisecond)
		}
		os.Exit(3)
	}()
	s := &server{out: out, load: load}
	if s.send(answerReady, nil) != nil {
		return
	}
	for {
		kind, body, err := receive(in)
		if err != nil {
			return // the parent is done
		}
		answer, rows, err := s.handle(kind, body)
		if err != nil {
			answer, rows = answerError, []byte(err.Error())
		}
		if s.send(answer, rows) != nil {
			return
		}
	}
}

type server struct {
	out  io.Writer
	load func(Load) (Guest, error)
	g    Guest
	told Load
}

func (s *server) send(kind byte, body []byte) error {
	frame := make([]byte, 5, 5+len(body))
	binary.LittleEndian.PutUint32(frame, uint32(len(body)+1))
	frame[4] = kind
	_, err := s.out.Write(append(frame, body...))
	return err
}

func receive(in io.Reader) (byte, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	body := make([]byte, binary.LittleEndian.Uint32(head[:4])-1)
	_, err := io.ReadFull(in, body)
	return head[4], body, err
}

func (s *server) handle(kind byte, body []byte) (answer byte, rows []byte, err error) {
	if kind == kindLoad {
		n := binary.LittleEndian.Uint32(body)
		if err := json.Unmarshal(body[4:4+n], &s.told); err != nil {
			return 0, nil, err
		}
		s.g, err = s.load(s.told)
		return answerDone, nil, err
	}
	var ts []types.Type
	group := types.Int32.NotNull()
	switch kind {
	case kindCall:
	case kindMerge:
		ts = []types.Type{group, types.Bytes}
	default:
		ts = []types.Type{group}
	}
	if kind == kindCall || kind == byte(guest.Accumulate) || kind == byte(guest.Retract) {
		for _, p := range s.told.Params {
			ts = append(ts, p.Type.Null())
		}
	}
	n := int(binary.LittleEndian.Uint32(body))
	cols, err := columns(body[4:], ts)
	if err != nil {
		return 0, nil, err
	}
	var v *vec.Vec
	switch kind {
	case kindCall:
		v, err = s.g.Call(cols, n)
	case byte(guest.Accumulate), byte(guest.Retract):
		err = s.g.Change(guest.Change(kind), cols[0].Int32s(), cols[1:])
	case kindMerge:
		err = s.g.Merge(cols[0].Int32s(), cols[1])
	case kindState:
		v, err = s.g.State(cols[0].Int32s())
	case kindValue:
		v, err = s.g.Value(cols[0].Int32s())
	case kindReset:
		err = s.g.Reset(cols[0].Int32s())
	default:
		err = fmt.Errorf("no request %q is known", kind)
	}
	if err != nil || v == nil {
		return answerDone, nil, err
	}
	rows, err = stream(v)
	return answerRows, rows, err
}

func columns(body []byte, ts []types.Type) ([]*vec.Vec, error) {
	r, err := ipc.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if !r.Next() {
		return nil, errors.Join(errors.New("a request without rows"), r.Err())
	}
	b, err := vec.FromRecord(r.Record(), ts)
	if err != nil {
		return nil, err
	}
	return b.Cols, nil
}

// stream writes one vector as an Arrow stream.
func stream(v *vec.Vec) ([]byte, error) {
	schema, err := types.ArrowSchema([]types.Field{{Name: "value", Type: v.Type.Null()}})
	if err != nil {
		return nil, err
	}
	rec, err := vec.ToRecord(vec.NewBatch(v.Len, v), schema)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	w := ipc.NewWriter(&body, ipc.WithSchema(schema))
	err = errors.Join(w.Write(rec), w.Close())
	return body.Bytes(), err
}
