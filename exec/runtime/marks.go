package runtime

import "github.com/weir-sql/weir/exec"

// marks merges the watermarks of several channels (or splits): the result is the
// minimum over those that are active. Idle ones are left out until they give
// something again; ended ones for good.
type marks struct {
	mark   []int64
	idle   []bool
	ended  []bool
	result int64
}

func newMarks(n int) *marks {
	m := &marks{mark: make([]int64, n), idle: make([]bool, n), ended: make([]bool, n), result: exec.MinWatermark}
	for i := range m.mark {
		m.mark[i] = exec.MinWatermark
	}
	return m
}

// grow adds a channel that has given nothing yet.
func (m *marks) grow() int {
	m.mark = append(m.mark, exec.MinWatermark)
	m.idle = append(m.idle, false)
	m.ended = append(m.ended, false)
	return len(m.mark) - 1
}

// set records a watermark of channel i, which makes it active.
func (m *marks) set(i int, mark int64) {
	m.mark[i] = max(m.mark[i], mark)
	m.idle[i] = false
}

// merged gives the watermark of all. It never goes back: a channel that was idle
// and comes back behind the others gives late rows, not an earlier time. ok tells
// that it has risen since the last call.
func (m *marks) merged() (mark int64, ok bool) {
	low, active := int64(exec.MaxWatermark), false
	for i, w := range m.mark {
		if !m.idle[i] && !m.ended[i] {
			low, active = min(low, w), true
		}
	}
	if !active || low <= m.result {
		return m.result, false
	}
	m.result = low
	return low, true
}

// allIdle reports that no channel is active but not all have ended.
func (m *marks) allIdle() bool {
	anyIdle := false
	for i := range m.mark {
		if m.ended[i] {
			continue
		}
		if !m.idle[i] {
			return false
		}
		anyIdle = true
	}
	return anyIdle
}

// allEnded reports that every channel ended.
func (m *marks) allEnded() bool {
	for _, e := range m.ended {
		if !e {
			return false
		}
	}
	return true
}
