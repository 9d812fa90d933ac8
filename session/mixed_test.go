package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
)

// script runs a script of a project to its end.
func script(t *testing.T, s *session.Session, name string, mode session.Mode) {
	t.Helper()
	src, err := session.ReadFile(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RunToEnd(t.Context(), src, mode, nil); err != nil {
		t.Fatal(err)
	}
}

// querySession runs SQL in an open session and gives the rows of its SELECTs, sorted.
func querySession(t *testing.T, s *session.Session, sql string, mode session.Mode) []string {
	t.Helper()
	var rows []string
	if _, err := s.RunToEnd(t.Context(), diag.Source{Name: t.Name(), Text: sql}, mode, func(session.Output) (result.Writer, error) { return rowsOf{&rows}, nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	return rows
}

// The worked case: orders from the embedded Kafka and from partitioned Parquet, of other names
// and codes, with page views on one side only, and one script. The modes agree on a day on
// which all came in time; the night corrects the day on which two orders came late.
func TestMixedExample(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mixed")
	if err := session.WriteMixed(dir); err != nil {
		t.Fatal(err)
	}
	if err := session.WriteMixed(dir); err == nil {
		t.Error("a folder with something in it is written into")
	}
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []session.Mode{session.Stream, session.Batch} {
		src := diag.Source{Name: "sql/spend.sql", Text: fileText(t, dir, "sql/spend.sql")}
		if list := s.Check(src, []session.Mode{m}); len(list) > 0 {
			t.Error(list)
		}
	}
	script(t, s, filepath.Join(dir, "sql/load.sql"), session.Stream)
	result := func() map[string]string { // city and day → orders and spend, and page views behind a |
		out := map[string]string{}
		for _, row := range querySession(t, s, "SELECT city, CAST(CAST(day_start AS DATE) AS STRING), orders, spend, pv, final FROM day_spend", session.Batch) {
			f := strings.Fields(row)
			out[f[0]+" "+f[1]] = f[2] + " " + f[3] + " | " + f[4] + " " + f[5]
		}
		return out
	}
	script(t, s, filepath.Join(dir, "sql/spend.sql"), session.Stream)
	live := result()
	script(t, s, filepath.Join(dir, "sql/spend.sql"), session.Batch)
	night := result()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(live) != 6 || len(night) != 6 {
		t.Fatalf("live %v, night %v", live, night)
	}
	corrected := 0
	for key, was := range live {
		is := night[key]
		if !strings.HasSuffix(was, "| NULL FALSE") || !strings.HasSuffix(is, " TRUE") || strings.Contains(is, "NULL") {
			t.Errorf("%s: the stream wrote %q, the night %q", key, was, is)
		}
		equal := strings.Split(was, " |")[0] == strings.Split(is, " |")[0]
		switch {
		case strings.HasSuffix(key, "2026-11-20") && !equal:
			t.Errorf("%s: the stream says %q, the night %q", key, was, is)
		case !equal:
			corrected++
		}
	}
	// Order 48 of Rome and 49 of Osaka came on the morning after.
	if corrected != 2 || live["Rome 2026-11-19"] != "5 249.62 | NULL FALSE" || night["Rome 2026-11-19"] != "6 264.62 | 30 TRUE" {
		t.Errorf("%d results are corrected; live %v, night %v", corrected, live, night)
	}
	campaign(t, dir)
}

// campaign: the people a campaign has reached, from 30 days of files and then the topic,
// are those of the log that was parted between them.
func campaign(t *testing.T, dir string) {
	type counts struct {
		people map[string]bool
		visits int
	}
	want := map[string]*counts{}
	for _, line := range strings.Split(strings.TrimSpace(fileText(t, dir, "data/visit_log.csv")), "\n") {
		f := strings.Split(line, ",")
		if f[2] < "2026-10-21" { // before the campaign: its partition is not read
			continue
		}
		c := want[f[1]]
		if c == nil {
			c = &counts{people: map[string]bool{}}
			want[f[1]] = c
		}
		c.people[f[0]], c.visits = true, c.visits+1
	}
	rows := runSQL(t, dir, "SELECT campaign, COUNT(DISTINCT user_id), COUNT(*) FROM visits GROUP BY campaign", session.Batch)
	var texts []string
	for name, c := range want {
		texts = append(texts, fmt.Sprintf("%s %d %d", name, len(c.people), c.visits))
	}
	slices.Sort(texts)
	if !slices.Equal(rows, texts) {
		t.Errorf("batch: %q, want %q", rows, texts)
	}
	stream := runSQL(t, dir, fileText(t, dir, "sql/campaign.sql"), session.Stream) // the whole changelog
	for _, w := range texts {
		if !slices.ContainsFunc(stream, func(row string) bool { return strings.HasPrefix(row, w+" ") }) {
			t.Errorf("the stream does not come to %q: %q", w, stream)
		}
	}
}

func fileText(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
