package edit

import (
	"strings"
	"testing"
)

// TestAloneAView: a statement that makes a view is run by asking for the view's rows.
func TestAloneAView(t *testing.T) {
	for _, c := range []struct{ text, ends string }{
		{"CREATE VIEW v AS SELECT 1", "\n;SELECT * FROM v"},
		{"CREATE TEMPORARY VIEW IF NOT EXISTS `my cat`.db.v (a) COMMENT 'x' AS SELECT 1;", "\n;SELECT * FROM `my cat`.db.v"},
		{"CREATE /* so */ OR REPLACE TEMPORARY VIEW v -- named\n COMMENT 'x' AS SELECT 1;", "\n;SELECT * FROM v"},
		{"CREATE TABLE t (a INT)", "CREATE TABLE t (a INT)"},
		{"SELECT 1", "SELECT 1"},
		{"CREATE VIEW", "CREATE VIEW"},
		{"CREATE VIEW AS", "CREATE VIEW AS"},
	} {
		at, _ := StatementAt(c.text, 3)
		if got := Alone(c.text, at); !strings.HasSuffix(got, c.ends) || !strings.HasPrefix(got, c.text) {
			t.Errorf("%q: %q", c.text, got)
		}
	}
}
