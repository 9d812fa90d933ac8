package op

// cumulateMerge puts CUMULATE windows together: each step's slice is added to what
// the longest window has gathered so far, so that a fire merges one slice.
type cumulateMerge struct {
	w       *windowAggShared
	longest map[int64]*slice // by the end of the longest window
}

func (m *cumulateMerge) window(end int64) *slice {
	s := m.gathered(m.w.time.lastEnd(end))
	if step := m.w.slices[end]; step != nil {
		s.add(step)
		m.w.forget([]int64{end})
	}
	return s
}

// late rows go to the first step that has not fired, which is the next to be added.
func (m *cumulateMerge) target(end int64) int64 {
	for m.w.fired(end) {
		end += m.w.time.slide
	}
	return end
}

func (m *cumulateMerge) late(*slice) {}

func (m *cumulateMerge) forget(end int64) []int64 {
	for last := range m.longest {
		if last <= end {
			delete(m.longest, last)
		}
	}
	return nil
}

func (m *cumulateMerge) held() map[int64]*slice { return m.longest }

func (m *cumulateMerge) gathered(last int64) *slice {
	s := m.longest[last]
	if s == nil {
		s = m.w.newSlice(last)
		m.longest[last] = s
	}
	return s
}

// hopMerge puts HOP windows together from their slices.
type hopMerge struct {
	w *windowAggShared
}

func (m *hopMerge) window(end int64) *slice {
	s := m.w.newSlice(end)
	for at := end; at > end-m.w.time.size; at -= m.w.time.slice { // newest first, as Flink
		s.add(m.w.slices[at])
	}
	return s
}

func (m *hopMerge) late(*slice) {}

func (m *hopMerge) target(end int64) int64 { return end }

// forget lets go the slices whose last window has fired.
func (m *hopMerge) forget(end int64) []int64 {
	var out []int64
	for at := range m.w.slices {
		if m.w.time.lastEnd(at) <= end {
			out = append(out, at)
		}
	}
	return out
}

func (m *hopMerge) held() map[int64]*slice { return nil }

func (m *hopMerge) gathered(int64) *slice { return nil }
