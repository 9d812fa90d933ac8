package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/session"
)

// The later of default, user's file, project, environment and flag wins, and says so.
func TestEverySettingSaysWhereItComesFrom(t *testing.T) {
	home := t.TempDir()
	vars := map[string]string{"HOME": home}
	env := func(k string) string { return vars[k] }
	check := func(project *session.Project, asked Asked, want ...string) {
		t.Helper()
		s, err := Load(env, project, asked)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range s.Values {
			got = append(got, v.Name+"="+v.Value+" "+v.Source)
		}
		for _, w := range want {
			if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+w+"\n") {
				t.Errorf("%q is not among\n%s", w, strings.Join(got, "\n"))
			}
		}
	}
	check(nil, Asked{}, "theme=auto default", "keys=default default", "mouse=true default")
	file := UserFile(env)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("# mine\ntheme: light\nkeys: vim\nbind:\n  edit.format: [ctrl+l]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	off := false
	p := &session.Project{Config: session.ProjectConfig{Workbench: session.Workbench{Theme: "dark", Mouse: &off}}}
	check(p, Asked{}, "theme=dark weir.yaml", "keys=vim ~/.config/weir/config.yaml", "mouse=false weir.yaml", "bind.edit.format=ctrl+l ~/.config/weir/config.yaml")
	vars["WEIR_THEME"], vars["WEIR_A11Y"] = "16", "1"
	check(p, Asked{Keys: "emacs"}, "theme=16 WEIR_THEME", "plain=true WEIR_A11Y", "keys=emacs --keys")
	vars["WEIR_THEME"] = "purple"
	if _, err := Load(env, p, Asked{}); err == nil || !strings.Contains(err.Error(), "WEIR_THEME") {
		t.Errorf("a theme that is none: %v", err)
	}
}

// Setting a value changes its line and leaves the rest of the file alone.
func TestSetLeavesTheRestAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weir", "config.yaml")
	for _, step := range []struct{ name, value, want string }{
		{"theme", "light", "theme: light\n"},
		{"mouse", "false", "theme: light\nmouse: false\n"},
		{"theme", "mono", "theme: mono\nmouse: false\n"},
	} {
		if err := Set(path, step.name, step.value); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != step.want {
			t.Errorf("%q, want %q", got, step.want)
		}
	}
	if err := Set(path, "theme", "purple"); err == nil {
		t.Error("a theme that is none was written")
	}
}

func TestAFileThatDoesNotReadSaysWhere(t *testing.T) {
	home := t.TempDir()
	env := func(k string) string { return map[string]string{"XDG_CONFIG_HOME": home}[k] }
	if err := os.MkdirAll(filepath.Join(home, "weir"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(UserFile(env), []byte("theme: light\ncolour: red\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(env, nil, Asked{}); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("%v", err)
	}
}
