// Package keys says which keys do what. A Binding is one thing that can be done now;
// the same value feeds dispatch, the hints bar, help, the palette and docs/keys.md. Which
// keys a binding has comes from a Map: the pane's own defaults, then a preset
// (default, vim, emacs), then the user's configuration.
package keys

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session/term"
)

// Binding is one thing that can be done.
type Binding struct {
	Name     string         // "topology.parallelism.more": stable, for remapping, help and docs
	Keys     []string       // as Name gives them; several pressed in turn are separated by spaces: "ctrl+x s"
	Help     string         // "one task more"
	Run      func() tea.Cmd // what it does
	Disabled func() string  // why it cannot be done now; nil or "" = it can
}

// Why says why a binding cannot be used now, "" if it can.
func (b Binding) Why() string {
	if b.Disabled == nil {
		return ""
	}
	return b.Disabled()
}

// Key is the key to show for a binding, "" if it has none.
func (b Binding) Key() string {
	if len(b.Keys) == 0 {
		return ""
	}
	return b.Keys[0]
}

// Map gives bindings their keys.
type Map struct {
	preset    string
	presets   map[string][]string // what the preset says, by binding
	overrides map[string][]string // what the user says, by binding
}

// New makes the map of a preset with what the user wants otherwise: the keys of a
// binding, by its name. No keys take a binding's keys away.
func New(preset string, overrides map[string][]string) (*Map, error) {
	table, ok := presets[preset]
	if !ok {
		return nil, fmt.Errorf("there is no key set %q; the key sets are %s", preset, strings.Join(Presets(), ", "))
	}
	m := &Map{preset: preset, presets: table, overrides: map[string][]string{}}
	for name, ks := range overrides { // of a file: names of keys are shown as they are
		for _, k := range ks {
			m.overrides[name] = append(m.overrides[name], term.Clean(k))
		}
		if len(ks) == 0 {
			m.overrides[name] = ks
		}
	}
	return m, nil
}

// Default is the default key set.
func Default() *Map {
	m, err := New("default", nil)
	if err != nil {
		panic(err) // the preset is ours
	}
	return m
}

// Preset is the name of the key set.
func (m *Map) Preset() string { return m.preset }

// Modal reports whether the editor has vim's modes.
func (m *Map) Modal() bool { return m.preset == "vim" }

// Bind makes a binding; defaults are its keys where neither the preset nor the user
// says otherwise.
func (m *Map) Bind(name, help string, run func() tea.Cmd, defaults ...string) Binding {
	return Binding{Name: name, Keys: m.Keys(name, defaults...), Help: help, Run: run}
}

// BindIf is Bind for something that cannot always be done: why says what keeps it
// from being done now, "" if nothing does.
func (m *Map) BindIf(name, help string, why func() string, run func() tea.Cmd, defaults ...string) Binding {
	b := m.Bind(name, help, run, defaults...)
	b.Disabled = why
	return b
}

// Keys are the keys of a binding.
func (m *Map) Keys(name string, defaults ...string) []string {
	if k, ok := m.overrides[name]; ok {
		return k
	}
	if k, ok := m.presets[name]; ok {
		return k
	}
	return defaults
}

// Overrides are what the user says, by binding.
func (m *Map) Overrides() map[string][]string { return m.overrides }

// Name is the name of a key as bindings have it: that of tea.KeyMsg.String, but
// "space" for the space bar, because spaces separate keys that are pressed in turn.
func Name(k tea.KeyMsg) string {
	switch s := k.String(); s {
	case " ":
		return "space"
	case "alt+ ":
		return "alt+space"
	default:
		return s
	}
}

// IsText reports whether a key writes text where one types.
func IsText(k tea.KeyMsg) bool {
	return (k.Type == tea.KeyRunes || k.Type == tea.KeySpace) && !k.Alt
}

// Find gives the binding that a key sequence means: done if there is one, more if the
// sequence is the beginning of a longer one. The first of several counts.
func Find(bindings []Binding, sequence string) (b *Binding, more bool) {
	for i := range bindings {
		for _, k := range bindings[i].Keys {
			if k == sequence {
				return &bindings[i], false
			}
			more = more || strings.HasPrefix(k, sequence+" ")
		}
	}
	return nil, more
}

// After lists the bindings that a prefix leads to.
func After(bindings []Binding, prefix string) []Binding {
	var out []Binding
	for _, b := range bindings {
		if slices.ContainsFunc(b.Keys, func(k string) bool { return strings.HasPrefix(k, prefix+" ") }) {
			out = append(out, b)
		}
	}
	return out
}

// Clash is a key that two bindings want at once.
type Clash struct{ Key, First, Second string }

// Clashes lists keys that are bound twice among bindings that are reachable together.
func Clashes(bindings []Binding) []Clash {
	var out []Clash
	by := map[string]string{}
	for _, b := range bindings {
		for _, k := range b.Keys {
			if first, ok := by[k]; ok && first != b.Name {
				out = append(out, Clash{k, first, b.Name})
				continue
			}
			by[k] = b.Name
		}
	}
	return out
}
