package bind_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/bind"
)

// declaration is one line of testdata/flink/declarations.json: statements, and the rows
// that Flink 2.2.1 answered to DESCRIBE t after them (DESCRIBE u after a RENAME TO u).
type declaration struct {
	Statements []string `json:"statements"`
	Columns    []string `json:"columns"`
	Error      bool     `json:"error"`
	// Differs, if set, says why weir deliberately does otherwise.
	Differs string `json:"differs"`
}

// TestFlinkDeclarations compares CREATE, LIKE, AS and ALTER with what Flink makes of them.
func TestFlinkDeclarations(t *testing.T) {
	f, err := os.Open("testdata/flink/declarations.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var d declaration
		if err := json.Unmarshal(s.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		last := d.Statements[len(d.Statements)-1]
		name := "t"
		if strings.HasSuffix(last, "RENAME TO u") {
			name = "u"
		}
		bound, list := bindText(newEnv(), strings.Join(d.Statements, ";\n")+";\nDESCRIBE "+name)
		got, want := []string{"refused"}, []string{"refused"}
		if !list.HasErrors() {
			got = describeText(bound)
		}
		if !d.Error {
			want = nil
			for _, row := range d.Columns {
				want = append(want, strings.NewReplacer("`", "", " ", "").Replace(row))
			}
		}
		same := slices.Equal(got, want)
		switch {
		case !same && d.Differs == "":
			t.Errorf("%s\n got   %q\n flink %q\n%s", last, got, want, list)
		case same && d.Differs != "":
			t.Errorf("%s\n is as in Flink now, but said to differ: %s", last, d.Differs)
		}
	}
}

// describeText is the result of DESCRIBE as the recordings have it, without the spaces
// and quotes that Flink puts into expressions.
func describeText(b *bind.Bound) []string {
	var out []string
	for _, r := range b.Commands[len(b.Commands)-1].Rows {
		r = slices.Clone(r)
		for i := 2; i < len(r) && i < 6; i++ {
			switch r[i] {
			case "TRUE", "FALSE", "NULL":
				r[i] = strings.ToLower(r[i])
			}
		}
		if len(r) > 6 && r[6] == "" {
			r[6] = "null"
		}
		out = append(out, strings.NewReplacer("`", "", " ", "").Replace(strings.Join(r, ", ")))
	}
	return out
}
