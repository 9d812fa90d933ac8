package session

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
)

// fault is something seeded that keeps event time from going on, or goes too far.
type fault struct {
	name, fixture, clicks, visits, sql string
	cause                              Cause
	input                              string
	split                              int
	says                               string // part of the sentence
	fix                                string // part of the fix
}

// minutes gives rows with event times at given minutes after ten.
func minutes(head string, at ...string) string {
	var b strings.Builder
	b.WriteString(head + "\n")
	for i, m := range at {
		split, t, ok := strings.Cut(m, "/")
		if !ok {
			split, t = "0", m
		}
		if !strings.Contains(t, " ") {
			t = "2026-01-01 10:" + t
		}
		fmt.Fprintf(&b, "%s,%d,%s\n", split, i%3, t)
	}
	return b.String()
}

const (
	perPage = "SELECT window_start, id, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, id;"
	joined  = `SELECT c.id, c.window_start, COUNT(*) AS n FROM
	(SELECT * FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' MINUTE))) c JOIN
	(SELECT * FROM TABLE(TUMBLE(TABLE visits, DESCRIPTOR(ts), INTERVAL '10' MINUTE))) v
	ON c.id = v.id AND c.window_start = v.window_start AND c.window_end = v.window_end GROUP BY c.id, c.window_start, c.window_end;`
)

func faults() []fault {
	head := "split,id,ts"
	run := []string{"00:00", "03:00", "06:00", "11:00", "14:00", "21:00", "25:00"}
	return []fault{
		{name: "a partition without rows", fixture: "tables: {clicks: {file: clicks.csv, splits: 3}}", sql: perPage,
			clicks: minutes(head, "00:00", "1/00:01", "05:00", "1/11:00", "12:00", "1/22:00", "23:00"),
			cause:  CauseIdleSplit, input: "clicks", split: 2, says: "split 2 of clicks has given no row", fix: "table.exec.source.idle-timeout"},
		{name: "a partition that stopped", sql: perPage,
			clicks: minutes(head, "00:00", "1/00:01", "05:00", "12:00", "1/01:00", "25:00", "36:00"),
			cause:  CauseStuckSplit, input: "clicks", split: 1, says: "split 1 of clicks stands at 2026-01-01 10:00:55.000, 35m0s behind the others", fix: "writes that split"},
		{name: "a clock that is ahead", sql: perPage,
			clicks: minutes(head, "00:00", "01:00", "2027-05-01 00:00:00", "02:00", "03:00", "12:00", "14:00"),
			cause:  CauseClockAhead, input: "clicks", split: 0, says: "clicks#3 has ts 2027-05-01", fix: "latest ts is 2026-01-01 10:14:00"},
		{name: "a column without values", sql: perPage,
			clicks: "split,id,other\n0,1,2026-01-01 10:00:00\n0,2,2026-01-01 10:15:00\n0,3,2026-01-01 10:30:00\n",
			cause:  CauseNoTime, input: "clicks", split: -1, says: "ts of clicks is NULL in every row so far", fix: "such as other"},
		{name: "a column that does not move", sql: perPage,
			clicks: "split,id,ts,other\n0,1,2026-01-01 00:00:00,2026-01-01 10:00:00\n0,2,2026-01-01 00:00:00,2026-01-01 10:15:00\n0,3,2026-01-01 00:00:00,2026-01-01 10:30:00\n",
			cause:  CauseColumn, input: "clicks", split: -1, says: "event time never moves", fix: "such as other"},
		{name: "seconds as milliseconds", sql: perPage,
			clicks: "split,id,ts\n0,1,1970-01-21 11:00:00\n0,2,1970-01-21 11:00:01\n0,3,1970-01-21 11:00:02\n",
			cause:  CauseUnit, input: "clicks", split: -1, says: "seconds that are read as milliseconds", fix: "TO_TIMESTAMP_LTZ(x, 0)"},
		{name: "a delay of two hours", sql: strings.ReplaceAll(perPage, "clicks", "patient"), clicks: minutes(head, run...),
			cause: CauseLongDelay, input: "patient", split: -1, says: "stays 2h0m0s behind", fix: "INTERVAL '1' SECOND would do"},
		{name: "a delay that is too short", sql: perPage,
			clicks: minutes(head, "00:00", "03:00", "11:00", "09:30", "13:00", "25:00", "19:10", "31:00"),
			cause:  CauseShortDelay, input: "clicks", split: -1, says: "rows come up to 5m50s after later ones, the watermark waits 5s", fix: "INTERVAL '351' SECOND keeps them"},
		{name: "an empty input of a join", sql: joined, clicks: minutes(head, run...), visits: head + "\n",
			cause: CauseEmptyInput, input: "visits", split: -1, says: "visits has given no row", fix: "idle-timeout"},
		{name: "an input of a join that is behind", sql: joined, clicks: minutes(head, "00:00", "20:00", "40:00", "55:00"), visits: minutes(head, "00:00", "00:30", "01:00"),
			cause: CauseSlowInput, input: "visits", split: -1, says: "the watermark of visits is 2026-01-01 10:00:55.000, that of clicks 2026-01-01 10:54:55.000", fix: "alignment.group"},
		{name: "a partition that was idle and came back", sql: perPage,
			fixture: "tables: {clicks: clicks.csv}\ntimeline:\n  - rows: clicks 2\n  - idle: clicks/1\n  - rows: clicks/0\n  - rows: clicks/1",
			clicks:  minutes(head, "00:00", "1/00:01", "12:00", "24:00", "1/02:00"),
			cause:   CauseStuckSplit, input: "clicks", split: 1, says: "split 1 of clicks came back behind the others", fix: "idle-timeout"},
		{name: "every input idle", sql: perPage, fixture: "tables: {clicks: clicks.csv}\ntimeline:\n  - rows: clicks\n  - idle: clicks",
			clicks: minutes(head, "00:00", "03:00"),
			cause:  CauseAllIdle, split: -1, says: "every input is idle", fix: "rows of any input"},
		{name: "processing time that stands", clicks: minutes(head, run...),
			sql:   "SELECT TUMBLE_START(proc, INTERVAL '1' HOUR) AS s, COUNT(*) AS n FROM (SELECT *, PROCTIME() AS proc FROM clicks) GROUP BY TUMBLE(proc, INTERVAL '1' HOUR);",
			cause: CauseClock, split: -1, says: "fires by processing time, which stands at 2026-01-01 00:00:00", fix: "advance: 1h"},
		{name: "a filter that lets nothing through", sql: "SELECT * FROM clicks WHERE id > 99;", clicks: minutes(head, run...),
			cause: CauseFilter, split: -1, says: "let none through"},
		{name: "nothing wrong but the window is open", sql: perPage, clicks: minutes(head, "00:00", "03:00"),
			cause: CauseNotOverYet, input: "clicks", split: -1, says: "the watermark is 2026-01-01 10:02:55.000", fix: "a row of clicks with ts ≥ 2026-01-01 10:10:04.999 fires it"},
	}
}

// TestDoctorNamesTheFault: each seeded fault is found with its input, its split and its cause.
func TestDoctorNamesTheFault(t *testing.T) {
	const columns = "(id INT, other TIMESTAMP(3), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '%s') WITH ('connector' = 'datagen');\n"
	tables := "CREATE TABLE clicks " + strings.Replace(columns, "'%s'", "'5' SECOND", 1) + "CREATE TABLE visits " + strings.Replace(columns, "'%s'", "'5' SECOND", 1) +
		"CREATE TABLE patient " + strings.Replace(columns, "'%s'", "'2' HOUR", 1)
	for _, f := range faults() {
		files := map[string]string{"fixtures/f/clicks.csv": f.clicks, "fixtures/f/patient.csv": f.clicks}
		if f.visits != "" {
			files["fixtures/f/visits.csv"] = f.visits
		}
		if f.fixture != "" {
			files["fixtures/f/fixture.yaml"] = f.fixture + "\n"
		}
		s := project(t, files)
		set, err := s.Fixture("f")
		if err != nil {
			t.Fatal(f.name, err)
		}
		ctx := context.Background()
		st, list, err := s.Step(ctx, diag.Source{Name: "q.sql", Text: tables + f.sql}, set, nil)
		if err != nil || list.HasErrors() {
			t.Fatal(f.name, err, list)
		}
		if err := st.Goto(ctx, st.BeforeEnd()); err != nil {
			t.Fatal(f.name, err)
		}
		d := st.Doctor()
		if len(d.Findings) == 0 {
			t.Errorf("%s: nothing found\n%s", f.name, strings.Join(d.Lines(), "\n"))
			continue
		}
		got := d.Findings[0]
		if got.Cause != f.cause || got.Input != f.input || got.Split != f.split || !strings.Contains(got.Text, f.says) || !strings.Contains(got.Fix, f.fix) {
			t.Errorf("%s: want %s of %q/%d saying %q, fix %q\n%s", f.name, f.cause, f.input, f.split, f.says, f.fix, strings.Join(d.Lines(), "\n"))
		}
		if err := st.Close(); (err != nil) != (f.cause == CauseNoTime) { // a row without event time ends the run
			t.Error(f.name, err)
		}
	}
}
