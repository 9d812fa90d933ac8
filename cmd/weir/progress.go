package main

import (
	"os"
	"strings"
	"sync"
	"time"

	xterm "github.com/charmbracelet/x/term"
	"github.com/mattn/go-runewidth"

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
// watermark, lag. It appears after 300 ms, so that short runs stay quiet, and makes
// way for rows on the same terminal.
type progress struct {
	w     *term.Writer
	run   *session.Run
	done  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	shown bool
}

// watch begins to show a run.
func (p *progress) watch(run *session.Run) {
	p.run, p.done = run, make(chan struct{})
	p.ended.Go(p.loop)
}

func (p *progress) loop() {
	timer := time.NewTimer(300 * time.Millisecond)
	defer timer.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-timer.C:
			p.draw(p.run.Progress().Line())
			timer.Reset(200 * time.Millisecond)
		}
	}
}

// draw replaces the line.
func (p *progress) draw(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	p.w.Overwrite(runewidth.Truncate(line, terminalWidth()-1, "…"))
}

// clear takes the line away; the next tick draws it anew.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		p.shown = false
		p.w.Overwrite("")
	}
}

// stop ends the progress and removes its line.
func (p *progress) stop() {
	if p.run == nil {
		return // never watched
	}
	close(p.done)
	p.ended.Wait()
	p.clear()
}

// bar is a progress bar of n cells.
func bar(done, total int64, n int) string {
	full := 0
	if total > 0 {
		full = int(min(done, total) * int64(n) / total)
	}
	return "▕" + strings.Repeat("█", full) + strings.Repeat(" ", n-full) + "▏"
}
