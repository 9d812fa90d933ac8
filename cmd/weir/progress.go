package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	xterm "github.com/charmbracelet/x/term"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/term"
)

// terminalWidth is the width of the terminal, 100 if there is none.
func terminalWidth() int {
	if w, _, err := xterm.GetSize(os.Stdout.Fd()); err == nil && w > 20 {
		return w
	}
	return 100
}

// progress redraws one line on standard error while a run goes on: rows, rate,
// watermark, lag. It appears after 300 ms, so that short runs stay quiet.
type progress struct {
	w        *term.Writer
	run      *session.Run
	hideRows bool
	done     chan struct{}
	ended    sync.WaitGroup
	shown    bool
}

func newProgress(w *term.Writer, run *session.Run) *progress {
	p := &progress{w: w, run: run, done: make(chan struct{})}
	p.ended.Go(p.loop)
	return p
}

func (p *progress) loop() {
	timer := time.NewTimer(300 * time.Millisecond)
	defer timer.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-timer.C:
			if !p.hideRows {
				p.draw(p.run.Progress().Line())
			}
			timer.Reset(200 * time.Millisecond)
		}
	}
}

// draw replaces the line. The cursor moves are ours; the text is cleaned by Overwrite.
func (p *progress) draw(line string) {
	p.shown = true
	if w := terminalWidth() - 1; len(line) > w {
		line = line[:w]
	}
	p.w.Overwrite(line)
}

// stop ends the progress and removes its line.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.done)
	p.ended.Wait()
	if p.shown {
		p.w.Overwrite("")
	}
}

// bar is a progress bar of n cells.
func bar(done, total int64, n int) string {
	full := 0
	if total > 0 {
		full = int(min(done, total) * int64(n) / total)
	}
	return "▕" + strings.Repeat("█", full) + strings.Repeat(" ", n-full) + "▏"
}

// thousands prints 180000 as 180,000.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
