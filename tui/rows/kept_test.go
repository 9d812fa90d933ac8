package rows_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
)

// kept gives the numbers up to n as an engine does.
func kept(t testing.TB, n int) *result.Kept {
	t.Helper()
	s, err := session.Open(session.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var values []string
	for i := range n {
		values = append(values, "("+string(rune('0'+i%10))+")")
	}
	var k *result.Kept
	_, err = s.RunToEnd(context.Background(), diag.Source{Name: "n", Text: "SELECT * FROM (VALUES " + strings.Join(values, ",") + ") AS t(n)"}, session.Batch,
		func(o session.Output) (result.Writer, error) {
			k = result.NewKept(o.Schema, false, nil, 0)
			return k, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return k
}
