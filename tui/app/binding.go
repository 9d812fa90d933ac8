package app

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/config"
	"github.com/weir-sql/weir/tui/edit"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/publish"
)

// Bindings lists every binding of the workbench with the keys that a map gives it, by name.
func Bindings(k *keys.Map) []keys.Binding {
	m := headless(k)
	all := append([]keys.Binding(nil), m.bindings...)
	for p := range parts {
		m.work.focus = p
		all = append(all, m.work.Bindings()...)
	}
	for _, s := range m.screens {
		if l, ok := s.pane.(interface{ AllBindings() []keys.Binding }); ok {
			all = append(all, l.AllBindings()...)
		} else {
			all = append(all, s.pane.Bindings()...)
		}
	}
	all = append(all, publish.New(m.env, "").Bindings()...)
	if k.Modal() {
		all = append(all, edit.VimCommands(k)...)
	}
	slices.SortStableFunc(all, func(a, b keys.Binding) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(all, func(a, b keys.Binding) bool { return a.Name == b.Name })
}

// headless is a workbench without a project, for its bindings.
func headless(k *keys.Map) *Model {
	return New(Options{Project: &session.Project{Dir: "\x00"}, Settings: &config.Settings{Keys: k.Preset(), Bind: k.Overrides()}, Still: true,
		Env: func(string) string { return "" }})
}
