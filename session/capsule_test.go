package session

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCapsuleKeepsSecretsAtHome: what is packed holds no value of a secret option, and
// nothing of the project that the run does not need.
func TestCapsuleKeepsSecretsAtHome(t *testing.T) {
	s := project(t, map[string]string{
		"q.sql": "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'x:1', 'format' = 'json',\n" +
			"'properties.sasl.jaas.config' = 'hunter2');\nSELECT a FROM t;",
		"fixtures/f/t.csv": "a\n1\n", "fixtures/g/t.csv": "a\n2\n", "data/private.csv": "hunter3",
	})
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if _, err := s.SaveCapsule(context.Background(), &buf, filepath.Join(s.Project.Dir, "q.sql"), set, []Mode{Stream, Batch}, "test"); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(body, []byte("hunter")) {
			t.Errorf("%s holds a secret", f.Name)
		}
	}
	if got := strings.Join(names, " "); got != "capsule.json project/fixtures/f/t.csv project/q.sql project/weir.yaml" {
		t.Errorf("packed: %s", got)
	}
}

// TestHostileCapsulesStayInTheirFolder: names that leave the folder are refused, and
// nothing is written outside.
func TestHostileCapsulesStayInTheirFolder(t *testing.T) {
	for _, name := range []string{"../evil", "project/../../evil", "/etc/evil", `..\evil`, `project\..\..\evil`, "C:evil/../../x"} {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(outer, "c.capsule")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		if err := zipped(z, name, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := OpenCapsule(file, dir); err == nil {
			t.Errorf("%s was unpacked", name)
		}
		if _, err := os.Stat(filepath.Join(outer, "evil")); err == nil {
			t.Errorf("%s left the folder", name)
		}
	}
}
