// Package rows is a table of rows on the screen: it asks its source for the rows that are
// to be seen and no others, so that a million scroll as ten do.
package rows

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/session/result"
)

// Source gives rows by their number, from 0. It is asked from the screen's goroutine, so it
// must answer at once.
type Source interface {
	Len() int
	Rows(from, n int) []result.Row
}

// Orderer is a source that sorts and filters by itself: see result.Kept. It is asked from
// another goroutine.
type Orderer interface {
	Order(ctx context.Context, column int, descending bool, contains string) []int
}

// Exporter is a source that writes its rows into a file: see result.Kept.
type Exporter interface {
	Export(path string, order []int) (int64, error)
}

// List is a source of few rows.
type List []result.Row

// Len is the number of rows.
func (l List) Len() int { return len(l) }

// Rows gives some rows.
func (l List) Rows(from, n int) []result.Row {
	from = min(max(from, 0), len(l))
	return l[from:min(from+max(n, 0), len(l))]
}

// Order sorts by text, or by number where both are numbers.
func (l List) Order(ctx context.Context, column int, descending bool, contains string) []int {
	order := []int{}
	contains = strings.ToLower(contains)
	for i, r := range l {
		if holds(r, contains) {
			order = append(order, i)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if column < 0 || column >= len(l[a].Cells) || column >= len(l[b].Cells) {
			return 0
		}
		x, y := l[a].Cells[column], l[b].Cells[column]
		switch {
		case x.Null && y.Null:
			return 0
		case x.Null:
			return 1
		case y.Null:
			return -1
		}
		c := compareTexts(x.Text, y.Text)
		if descending {
			return -c
		}
		return c
	})
	return order
}

func holds(r result.Row, text string) bool {
	if text == "" || strings.ToLower(r.Kind) == text {
		return true
	}
	for _, c := range r.Cells {
		if strings.Contains(strings.ToLower(c.Text), text) {
			return true
		}
	}
	return false
}

func compareTexts(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}
