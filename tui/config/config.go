// Package config is what a person has set about the workbench, and where: defaults, the
// user's file in the XDG place, the project's weir.yaml, the environment, flags; the
// later wins. Every value knows where it came from.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/styles"
)

// Settings are what is set.
type Settings struct {
	Theme, Keys         string
	Mouse, ASCII, Plain bool
	Bind                map[string][]string // keys of bindings, by name

	Values []Value // all of them, with where they came from
	File   string  // the user's file, whether it is there or not
}

// Value is one setting.
type Value struct {
	Name, Value string
	Source      string // "default", "~/.config/weir/config.yaml", "weir.yaml", "WEIR_THEME", "--ascii"
}

// Asked is what flags say; nil or "" = nothing.
type Asked struct {
	Theme, Keys         string
	Mouse, ASCII, Plain *bool
}

// setting declares one setting.
type setting struct {
	name, env string
	fallback  string
	allowed   func() []string // nil = true or false
	get       func(session.Workbench) string
	put       func(*Settings, string)
}

var truths = []string{"true", "false"}

var settings = []setting{
	{"theme", "WEIR_THEME", "auto", styles.Themes, func(w session.Workbench) string { return w.Theme }, func(s *Settings, v string) { s.Theme = v }},
	{"keys", "WEIR_KEYS", "default", keys.Presets, func(w session.Workbench) string { return w.Keys }, func(s *Settings, v string) { s.Keys = v }},
	{"mouse", "WEIR_MOUSE", "true", nil, func(w session.Workbench) string { return truth(w.Mouse) }, func(s *Settings, v string) { s.Mouse = v == "true" }},
	{"ascii", "WEIR_ASCII", "false", nil, func(w session.Workbench) string { return truth(w.ASCII) }, func(s *Settings, v string) { s.ASCII = v == "true" }},
	{"plain", "WEIR_A11Y", "false", nil, func(w session.Workbench) string { return truth(w.Plain) }, func(s *Settings, v string) { s.Plain = v == "true" }},
}

func truth(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "true"
	}
	return "false"
}

// Load gathers the settings. project is nil outside of one.
func Load(env func(string) string, project *session.Project, asked Asked) (*Settings, error) {
	s := &Settings{File: UserFile(env), Bind: map[string][]string{}}
	user, err := readUser(s.File)
	if err != nil {
		return nil, err
	}
	var ours session.Workbench
	if project != nil {
		ours = project.Config.Workbench
	}
	flags := session.Workbench{Theme: asked.Theme, Keys: asked.Keys, Mouse: asked.Mouse, ASCII: asked.ASCII, Plain: asked.Plain}
	for _, d := range settings {
		v := Value{d.name, d.fallback, "default"}
		for _, from := range []Value{{Value: d.get(user), Source: short(s.File, env)}, {Value: d.get(ours), Source: session.ProjectFile},
			{Value: boolish(env(d.env), d.allowed == nil), Source: d.env}, {Value: d.get(flags), Source: "--" + d.name}} {
			if from.Value != "" {
				v.Value, v.Source = from.Value, from.Source
			}
		}
		allowed := truths
		if d.allowed != nil {
			allowed = d.allowed()
		}
		if !slices.Contains(allowed, v.Value) {
			return nil, fmt.Errorf("setting %s from %s is one of %s, not %q", d.name, v.Source, strings.Join(allowed, ", "), v.Value)
		}
		d.put(s, v.Value)
		s.Values = append(s.Values, v)
	}
	for _, from := range []struct {
		bind   map[string][]string
		source string
	}{{user.Bind, short(s.File, env)}, {ours.Bind, session.ProjectFile}} {
		for name, ks := range from.bind {
			s.Bind[name] = ks
			v := Value{"bind." + name, strings.Join(ks, ", "), from.source}
			s.Values = slices.DeleteFunc(s.Values, func(o Value) bool { return o.Name == v.Name })
			s.Values = append(s.Values, v)
		}
	}
	sort.SliceStable(s.Values[len(settings):], func(i, j int) bool { return s.Values[len(settings)+i].Name < s.Values[len(settings)+j].Name })
	return s, nil
}

// boolish reads a switch of the environment, where 1 is true.
func boolish(v string, isBool bool) string {
	if !isBool {
		return v
	}
	switch strings.ToLower(v) {
	case "1", "yes", "on":
		return "true"
	case "0", "no", "off":
		return "false"
	}
	return strings.ToLower(v)
}

// UserFile is where the user's settings lie: $XDG_CONFIG_HOME/weir/config.yaml, else
// ~/.config/weir/config.yaml.
func UserFile(env func(string) string) string {
	dir := env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(env("HOME"), ".config")
	}
	return filepath.Join(dir, "weir", "config.yaml")
}

// short names a file by ~ where it lies below the home folder.
func short(path string, env func(string) string) string {
	if home := env("HOME"); home != "" {
		if rel, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rel) {
			return "~/" + filepath.ToSlash(rel)
		}
	}
	return path
}

func readUser(path string) (session.Workbench, error) {
	var w session.Workbench
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(bytes.TrimSpace(text)) == 0 {
		return w, nil
	}
	if err != nil {
		return w, fmt.Errorf("reading your settings: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &w, yaml.Strict()); err != nil {
		return w, fmt.Errorf("your settings in %s do not read:\n%s", path, yaml.FormatError(err, false, true))
	}
	return w, nil
}

// Choices are the values that a setting may have, nil if there is none of that name.
func Choices(name string) []string {
	for _, d := range settings {
		if d.name == name {
			if d.allowed == nil {
				return truths
			}
			return d.allowed()
		}
	}
	return nil
}

// Set writes a setting into the user's file, leaving the rest of it as it is.
func Set(path, name, value string) error {
	if !slices.Contains(Choices(name), value) {
		return fmt.Errorf("%s is one of %s, not %q", name, strings.Join(Choices(name), ", "), value)
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	line := name + ": " + value
	at := regexp.MustCompile(`(?m)^` + name + `:.*$`)
	out := string(text)
	if at.MatchString(out) {
		out = at.ReplaceAllString(out, line)
	} else {
		if out != "" && !strings.HasSuffix(out, "\n") {
			out += "\n"
		}
		out += line + "\n"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, []byte(out), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
