package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/physical"
)

// windowTime is the arithmetic of windows on local time, in milliseconds. A slice is
// the longest stretch of time that no window cuts in two; it is named by its end.
type windowTime struct {
	kind   physical.WindowKind
	size   int64 // of a window; of CUMULATE the longest
	slide  int64 // from one window end to the next: of TUMBLE the size, of CUMULATE the step
	slice  int64
	offset int64
	moved  bool // the bounds of windows are shown as instants, not as local time
	localTime
}

// windowZone gives the local time that windows follow: the session's, or that of the
// windows' own zone.
func windowZone(w physical.Window, ctx *exec.Context) localTime {
	return newLocalTime(w.Local || w.Zone != "" && w.Kind != physical.Attached, w.Zone, ctx.Zone)
}

// bound gives a start or end of a window as it is shown.
func (w windowTime) bound(local int64) int64 {
	if w.moved {
		return w.instant(local)
	}
	return local
}

func newWindowTime(w physical.Window, l localTime) windowTime {
	t := windowTime{moved: w.Zone != "" && !w.Local && w.Kind != physical.Attached, kind: w.Kind, size: w.Size, slide: w.Slide, offset: w.Offset, localTime: l}
	if t.slide == 0 {
		t.slide = t.size
	}
	t.slice = t.slide
	if w.Kind == physical.Hop {
		t.slice = gcd(t.size, t.slide)
	}
	return t
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// floor gives the last multiple of step, counted from the offset, that is not after t.
func (w windowTime) floor(t, step int64) int64 { return floorDiv(t-w.offset, step)*step + w.offset }

// sliceEnd gives the slice of a local time.
func (w windowTime) sliceEnd(local int64) int64 { return w.floor(local, w.slice) + w.slice }

// firstEnd and lastEnd give the first and the last window that a slice belongs to, by
// their ends. The slice may be shorter than the window's own.
func (w windowTime) firstEnd(slice int64) int64 {
	switch w.kind {
	case physical.Hop: // the first window that ends at or after the slice
		return w.floor(slice-w.size-1, w.slide) + w.slide + w.size
	case physical.Cumulate, physical.Tumble:
		return w.floor(slice-1, w.slide) + w.slide
	default:
		return slice
	}
}

func (w windowTime) lastEnd(slice int64) int64 {
	switch w.kind {
	case physical.Hop: // the last window that begins at or before the slice
		return w.floor(slice-w.slice, w.slide) + w.size
	case physical.Cumulate, physical.Tumble:
		return w.floor(slice-1, w.size) + w.size
	default:
		return slice
	}
}

// lastEndUpTo gives the last window end that is not after t.
func (w windowTime) lastEndUpTo(t int64) int64 {
	if w.kind == physical.Hop {
		return w.floor(t-w.size, w.slide) + w.size
	}
	return w.floor(t, w.slide)
}

// start gives the start of the window with an end.
func (w windowTime) start(end int64) int64 {
	if w.kind == physical.Cumulate {
		return w.floor(end-1, w.size)
	}
	return end - w.size
}

// fires gives when a window with an end fires, as an instant.
func (w windowTime) fires(end int64) int64 { return w.trigger(end - 1) }
