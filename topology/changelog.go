package topology

import (
	"fmt"
	"strings"
)

// ChangelogMode is the set of row kinds that flow on an edge or leave a node. The
// zero value means "not derived yet" and prints as "?".
type ChangelogMode uint8

// The row kinds, and the modes that have a name.
const (
	Insert       ChangelogMode = 1 << iota // +I
	UpdateBefore                           // −U
	UpdateAfter                            // +U
	Delete                                 // −D

	InsertOnly = Insert
	Upsert     = Insert | UpdateAfter | Delete                // no −U: needs an upsert key
	Retract    = Insert | UpdateBefore | UpdateAfter | Delete // everything
)

// Has reports whether every row kind of o is in m.
func (m ChangelogMode) Has(o ChangelogMode) bool { return m&o == o }

// Updating reports whether anything but insertions flows.
func (m ChangelogMode) Updating() bool { return m&^Insert != 0 }

// String lists the row kinds in the order of a changelog: "+I −U +U −D".
func (m ChangelogMode) String() string { return m.join(" ", "+I", "−U", "+U", "−D") }

// Flink lists the row kinds as EXPLAIN CHANGELOG_MODE does: "I,UB,UA,D".
func (m ChangelogMode) Flink() string { return m.join(",", "I", "UB", "UA", "D") }

func (m ChangelogMode) join(sep string, names ...string) string {
	var s []string
	for i, n := range names {
		if m&(1<<i) != 0 {
			s = append(s, n)
		}
	}
	if s == nil {
		return "?"
	}
	return strings.Join(s, sep)
}

// MarshalText writes Flink's form.
func (m ChangelogMode) MarshalText() ([]byte, error) {
	if m == 0 {
		return nil, nil
	}
	return []byte(m.Flink()), nil
}

// UnmarshalText reads Flink's form.
func (m *ChangelogMode) UnmarshalText(text []byte) error {
	*m = 0
	if len(text) == 0 {
		return nil
	}
	bits := map[string]ChangelogMode{"I": Insert, "UB": UpdateBefore, "UA": UpdateAfter, "D": Delete}
	for s := range strings.SplitSeq(string(text), ",") {
		b, ok := bits[s]
		if !ok {
			return fmt.Errorf("read changelog mode %q: row kind %q is none of I, UB, UA, D", text, s)
		}
		*m |= b
	}
	return nil
}
