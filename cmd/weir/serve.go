package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/metrics"
	"strings"
	"sync"
	"time"

	"github.com/weir-sql/weir/session"
)

const (
	// maxRequest is the size of the longest line that is read.
	maxRequest = 256 << 20
	// workerGrace is what a worker may take beyond a request's limit before it is ended.
	workerGrace = time.Second
	// workerMemory is what a worker may use.
	workerMemory = 4 << 30
	workerEnv    = "WEIR_SERVE_WORKER"
)

// serve answers requests, one a line, until the end of the input. They are carried out by a worker, a process of
// its own, so that none can end or hang the server: a worker that does is replaced.
func (a *app) serve(ctx context.Context) error {
	if os.Getenv(workerEnv) != "" {
		return a.work(ctx)
	}
	return a.supervise(ctx, thisProgram)
}

// supervise hands requests to workers and writes their answers.
func (a *app) supervise(ctx context.Context, command func() (*exec.Cmd, error)) error {
	var w *worker
	defer func() { w.stop() }()
	in := bufio.NewReaderSize(a.in, 1<<20)
	for {
		line, err := readLine(in, maxRequest)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, errTooLong) {
			return err
		}
		var answer []byte
		switch {
		case err != nil:
			answer = session.BadRequest(nil, err).AppendJSON(nil)
		case len(line) == 0:
			continue
		default:
			if w == nil {
				if w, err = startWorker(command); err != nil {
					return fmt.Errorf("starting a worker: %w", err)
				}
			}
			var ok bool
			if answer, ok = w.ask(ctx, line); !ok {
				w.stop()
				w = nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := a.out.Write(append(answer, '\n')); err != nil {
			return err
		}
	}
}

var errTooLong = fmt.Errorf("the line is longer than %d MiB", maxRequest>>20)

// readLine reads a line without what stands around it. One that is too long is passed over.
func readLine(in *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	size := 0
	for {
		part, err := in.ReadSlice('\n')
		if size += len(part); size <= most {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (size == 0 || !errors.Is(err, io.EOF)):
			return nil, err
		case size > most:
			return nil, errTooLong
		}
		return bytes.TrimSpace(line), nil
	}
}

// worker is a process that answers requests.
type worker struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan []byte // closed when the process has ended
	said    *tail
}

// thisProgram is a worker's command line.
func thisProgram() (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), workerEnv+"=1")
	return cmd, nil
}

// startWorker starts a worker.
func startWorker(command func() (*exec.Cmd, error)) (*worker, error) {
	cmd, err := command()
	if err != nil {
		return nil, err
	}
	w := &worker{cmd: cmd, answers: make(chan []byte, 1), said: &tail{}}
	w.cmd.Stderr = w.said
	w.cmd.WaitDelay = workerGrace // what it started may hold its streams open
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(w.answers)
		for r := bufio.NewReaderSize(out, 1<<20); ; {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return // the process has ended
			}
			w.answers <- bytes.TrimRight(line, "\n")
		}
	}()
	return w, nil
}

// ask gives a request to the worker. ok is false if the worker is of no more use.
func (w *worker) ask(ctx context.Context, line []byte) (answer []byte, ok bool) {
	var head struct {
		ID      json.RawMessage `json:"id"`
		LimitMS int64           `json:"limit_ms"`
	}
	_ = json.Unmarshal(line, &head) // the worker answers what is malformed
	limit := (&session.Request{LimitMS: head.LimitMS}).Limit()
	timer := time.NewTimer(limit + workerGrace)
	defer timer.Stop()
	go func() { _, _ = w.in.Write(append(line, '\n')) }() // a worker that does not read is found out by the timer
	select {
	case answer, ok = <-w.answers:
		if ok {
			return answer, true
		}
		_ = w.cmd.Wait() // what it said counts
		return session.Lost(head.ID, false, errors.New("the query ended its worker: "+w.said.firstLine())).AppendJSON(nil), false
	case <-timer.C:
		return session.Lost(head.ID, true, fmt.Errorf("timeout: limit_ms %d exceeded", limit.Milliseconds())).AppendJSON(nil), false
	case <-ctx.Done():
		return nil, false
	}
}

// stop ends the worker.
func (w *worker) stop() {
	if w == nil {
		return
	}
	_ = w.in.Close()
	_ = w.cmd.Process.Kill() // it holds nothing that must be saved
	_ = w.cmd.Wait()
}

// tail keeps the beginning of what a process says on its way out.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p[:min(len(p), max(0, 4096-len(t.text)))]...)
	return len(p), nil
}

func (t *tail) firstLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	line, _, _ := strings.Cut(strings.TrimSpace(string(t.text)), "\n")
	if line == "" {
		return "it gave no reason"
	}
	return line
}

// work answers requests in this process.
func (a *app) work(ctx context.Context) error {
	s, err := a.open("")
	if err != nil {
		return err
	}
	defer s.Close()
	go guardMemory(ctx)
	in := bufio.NewReaderSize(a.in, 1<<20)
	out := bufio.NewWriterSize(a.out, 1<<16)
	var buf []byte
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var answer *session.Answer
		if r, err := session.ParseRequest(line); err != nil {
			answer = session.BadRequest(r.ID, err)
		} else {
			answer = s.Serve(ctx, r)
		}
		buf = append(answer.AppendJSON(buf[:0]), '\n')
		if _, err := out.Write(buf); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if cap(buf) > 1<<24 {
			buf = nil
		}
	}
}

// guardMemory ends the process before it takes the machine's memory.
func guardMemory(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if metrics.Read(sample); sample[0].Value.Uint64()-sample[1].Value.Uint64() > workerMemory {
			fmt.Fprintf(os.Stderr, "it used more than %d GiB of memory\n", workerMemory>>30)
			os.Exit(exitFailed)
		}
	}
}
