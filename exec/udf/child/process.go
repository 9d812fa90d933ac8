// Package child runs user functions in a process of their own, whatever the language:
// requests and answers go over its standard input and output as frames that hold Arrow IPC
// streams, and a process that does not answer in time is killed with all it has started.
package child

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// A frame is a length (32 bits, little endian, of all behind it), a kind (a byte) and a
// body. Requests:
//
//	L  length of the JSON, JSON of Load, Arrow stream of a batch without rows of the result type
//	C  number of rows, Arrow stream of the arguments: gives R
//	A  the same, the first column the groups (int32): rows that are accumulated: gives K
//	T  … rows that are taken back: gives K
//	M  … the second column states of accumulators (binary) that are merged in: gives K
//	S  … gives R, the states of groups; an empty one for a new group
//	V  … gives R, the values of groups
//	Z  … makes groups new: gives K
//
// Answers: R with an Arrow stream of one batch of one column, K with nothing, E with a text
// for people, N with a text that says what the child needs and has not.
const (
	kindLoad  byte = 'L'
	kindCall  byte = 'C'
	kindMerge byte = 'M'
	kindState byte = 'S'
	kindValue byte = 'V'
	kindReset byte = 'Z'

	answerRows    byte = 'R'
	answerDone    byte = 'K'
	answerError   byte = 'E'
	answerMissing byte = 'N'
	answerReady   byte = 'H'
)

// maxFrame is the size of the largest answer that is read.
const maxFrame = 1 << 30

// errLate is a call that was not answered in time.
var errLate = errors.New("no answer in time")

// Process is one child.
type Process struct {
	cmd    *exec.Cmd
	in     *os.File // where requests are written
	out    *os.File
	answer *bufio.Reader
	stderr *tail
	limit  int64 // bytes of an answer

	kill  sync.Once
	late  atomic.Bool // killed because an answer was late
	ended chan struct{}
}

// Start starts a child. The command's standard streams are the package's.
func Start(cmd *exec.Cmd, limit int64) (*Process, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, childIn.Close(), in.Close())
	}
	p := &Process{cmd: cmd, in: in, out: out, answer: bufio.NewReaderSize(out, 1<<16), stderr: &tail{}, ended: make(chan struct{}),
		limit: min(maxFrame, max(limit, 1<<20))}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = childIn, childOut, p.stderr
	cmd.WaitDelay = 100 * time.Millisecond
	group(cmd)
	err = cmd.Start()
	err = errors.Join(err, childIn.Close(), childOut.Close())
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	go func() {
		_ = cmd.Wait() // how it ended is asked of ProcessState
		killGroup(cmd) // what it has started outlives it not
		close(p.ended)
	}()
	return p, nil
}

// Ask sends a request and waits for the answer until the deadline.
func (p *Process) Ask(deadline time.Duration, kind byte, body []byte) (byte, []byte, error) {
	defer p.within(deadline)()
	head := make([]byte, 5)
	binary.LittleEndian.PutUint32(head, uint32(len(body)+1))
	head[4] = kind
	if _, err := p.in.Write(head); err != nil {
		return 0, nil, p.timely(err)
	}
	if _, err := p.in.Write(body); err != nil {
		return 0, nil, p.timely(err)
	}
	return p.read()
}

// within lets what is written and read fail after a time, until done is called. Where pipes
// have no deadline (Windows) it is the child's end that makes them fail.
func (p *Process) within(deadline time.Duration) (done func()) {
	until := time.Now().Add(deadline)
	if errors.Join(p.in.SetWriteDeadline(until), p.out.SetReadDeadline(until)) == nil {
		return func() {}
	}
	timer := time.AfterFunc(deadline, func() {
		p.late.Store(true)
		p.Kill()
	})
	return func() { timer.Stop() }
}

// Await waits for an answer without a request.
func (p *Process) Await(deadline time.Duration) (byte, []byte, error) {
	defer p.within(deadline)()
	return p.read()
}

func (p *Process) read() (byte, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(p.answer, head[:]); err != nil {
		return 0, nil, p.timely(err)
	}
	n := int64(binary.LittleEndian.Uint32(head[:4])) - 1
	if n < 0 || n > p.limit {
		return 0, nil, fmt.Errorf("an answer of %d bytes; %d is the most", n, p.limit)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(p.answer, body); err != nil {
		return 0, nil, p.timely(err)
	}
	return head[4], body, nil
}

// timely tells a missed deadline from other errors.
func (p *Process) timely(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) || p.late.Load() {
		return errLate
	}
	return err
}

// Kill ends the child and all it has started, and waits for its end.
func (p *Process) Kill() {
	p.kill.Do(func() {
		select {
		case <-p.ended:
		default:
			killGroup(p.cmd)
		}
		_ = p.in.Close() // nothing is lost: the child is gone
		<-p.ended
		_ = p.out.Close()
	})
}

// Ended tells how a child that was killed or ended by itself ended, and its last words.
func (p *Process) Ended() (state, words string) {
	select {
	case <-p.ended:
	case <-time.After(200 * time.Millisecond):
		return "", p.stderr.String()
	}
	return p.cmd.ProcessState.String(), p.stderr.String()
}

// tail keeps the beginning and the end of what is written to it, and drops the rest.
type tail struct {
	mu        sync.Mutex
	head, end []byte
}

const tailSize = 2048

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	k := min(n, tailSize-len(t.head))
	t.head, b = append(t.head, b[:k]...), b[k:]
	b = b[max(0, len(b)-tailSize):]
	t.end = append(t.end, b...)
	if over := len(t.end) - tailSize; over > 0 {
		t.end = append(t.end[:0], t.end[over:]...)
	}
	return n, nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.head) + string(t.end)
}
