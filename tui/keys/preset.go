package keys

import (
	"maps"
	"slices"
)

// Presets lists the key sets.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// presets are the key sets: keys by binding where they are not the pane's defaults.
var presets = map[string]map[string][]string{
	"default": {},
	"vim":     vim,
	"emacs":   emacs,
}
