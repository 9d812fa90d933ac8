package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/weir-sql/weir/session"
)

// answer gives what a request line is answered with, without its timings.
func answer(t *testing.T, s *session.Session, line string) map[string]any {
	t.Helper()
	r, err := session.ParseRequest([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	out := s.Serve(context.Background(), r).AppendJSON(nil)
	var a map[string]any
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return a
}

func open(t *testing.T) *session.Session {
	t.Helper()
	s, err := session.Open(session.Options{Dir: t.TempDir(), Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestServe asks for what each part of a request means.
func TestServe(t *testing.T) {
	const kv = `"setup":["CREATE TABLE t (k INT, v STRING) WITH ('connector'='kafka','topic'='nowhere')"]`
	const keyed = `"setup":["CREATE TABLE t (k INT PRIMARY KEY NOT ENFORCED, v STRING)"]`
	for _, c := range []struct{ name, request, want string }{
		{"rows come in the place of the connector's", kv + `,"query":"SELECT k, COUNT(*) AS n FROM t GROUP BY k","tables":{"t":[{"k":1,"v":"a"},{"k":1},{"k":2}]}`,
			`rows [["+I",1,1],["-U",1,1],["+U",1,2],["+I",2,1]] final [[1,2],[2,1]]`},
		{"a batch gives final rows", `"mode":"batch",` + kv + `,"query":"SELECT COUNT(*) AS n FROM t","tables":{"t":[{"k":1}]}`, `rows [["+I",1]] final [[1]]`},
		{"row kinds make the changelog", kv + `,"query":"SELECT * FROM t","tables":{"t":[{"k":1,"v":"a"},{"$op":"-U","k":1,"v":"a"},{"$op":"+U","k":1,"v":"b"},{"$op":"-D","k":1,"v":"b"}]}`,
			`rows [["+I",1,"a"],["-U",1,"a"],["+U",1,"b"],["-D",1,"b"]] final []`},
		{"a batch sees what is left", `"mode":"batch",` + kv + `,"query":"SELECT * FROM t","tables":{"t":[{"k":1,"v":"a"},{"k":2,"v":"z"},{"$op":"-D","k":1,"v":"a"}]}`, `rows [["+I",2,"z"]] final [[2,"z"]]`},
		{"updates without -U are by primary key", keyed + `,"query":"SELECT v FROM t","tables":{"t":[{"k":1,"v":"a"},{"$op":"+U","k":1,"v":"b"}]}`, `rows [["+I","a"],["-U","a"],["+U","b"]] final [["b"]]`},
		{"and in a batch too", `"mode":"batch",` + keyed + `,"query":"SELECT v FROM t","tables":{"t":[{"k":1,"v":"a"},{"$op":"+U","k":1,"v":"b"}]}`, `rows [["+I","b"]] final [["b"]]`},
		{"updates without -U and key are refused", kv + `,"query":"SELECT v FROM t","tables":{"t":[{"$op":"+U","k":1,"v":"b"}]}`, `bind W0627 setup`},
		{"the changelog mode may be declared", `"setup":["CREATE TABLE t (k INT PRIMARY KEY NOT ENFORCED, v STRING) WITH ('changelog-mode'='I,UA,D')"],"query":"SELECT v FROM t","tables":{"t":[{"k":1,"v":"a"},{"k":1,"v":"b"}]}`,
			`rows [["+I","a"],["-U","a"],["+U","b"]] final [["b"]]`},
		{"rows beyond the declared mode are refused", `"setup":["CREATE TABLE t (k INT) WITH ('changelog-mode'='I')"],"query":"SELECT * FROM t","tables":{"t":[{"$op":"-D","k":1}]}`, `bind W0627`},
		{"a mode that is none is refused", `"setup":["CREATE TABLE t (k INT) WITH ('changelog-mode'='I,X')"],"query":"SELECT * FROM t","tables":{"t":[]}`, `bind W0627 setup`},
		{"a row kind that is none is refused", kv + `,"query":"SELECT * FROM t","tables":{"t":[{"$op":"+X","k":1}]}`, `bind W0627 setup`},
		{"rows of a table that is not declared are refused", kv + `,"query":"SELECT 1","tables":{"tt":[]}`, `bind W0626`},
		{"a value of another type ends the run", kv + `,"query":"SELECT * FROM t","tables":{"t":[{"k":"x"}]}`, `run W0624`},
		{"a column that there is not ends the run", kv + `,"query":"SELECT * FROM t","tables":{"t":[{"kk":1}]}`, `run W0625`},
		{"watermarks follow every row", `"setup":["CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS ts)"],"query":"SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",` +
			`"tables":{"t":[{"ts":"2024-01-01 00:00:01"},{"ts":"2024-01-01 00:01:00"},{"ts":"2024-01-01 00:00:59"}]}`, // the last is late
			`rows [["+I","2024-01-01 00:00:00.000",1],["+I","2024-01-01 00:01:00.000",1]] final [["2024-01-01 00:00:00.000",1],["2024-01-01 00:01:00.000",1]]`},
		{"every type can be given", `"setup":["CREATE TABLE t (r ROW<a INT, b ROW<c TIMESTAMP(3)>>, m MAP<STRING, DATE>, n MAP<INT, DOUBLE>, b BYTES, d DECIMAL(10,2), x DOUBLE, l TIMESTAMP_LTZ(3), tm TIME, a ARRAY<ROW<q BYTES>>, s MULTISET<STRING>)"],"query":"SELECT * FROM t",` +
			`"tables":{"t":[{"r":{"a":1,"b":{"c":"2024-01-01T00:00:00"}},"m":{"k":"2024-02-29"},"n":{"1":2.5},"b":"0x0102ff","d":"1.5","x":"NaN","l":"2024-01-01 00:00:00.123Z","tm":"10:11:12","a":[{"q":"0xff"},null],"s":{"a":2}}]}`,
			`rows [["+I",[1,["2024-01-01 00:00:00.000"]],[["k","2024-02-29"]],[[1,2.5]],"0x0102ff","1.50","NaN","2024-01-01 00:00:00.123Z","10:11:12",[["0xff"],null],[["a",2]]]] final ` +
				`[[[1,["2024-01-01 00:00:00.000"]],[["k","2024-02-29"]],[[1,2.5]],"0x0102ff","1.50","NaN","2024-01-01 00:00:00.123Z","10:11:12",[["0xff"],null],[["a",2]]]]`},
		{"an answer's rows can be given again", `"setup":["CREATE TABLE t (r ROW<a INT, b STRING>, m MAP<INT, STRING>)"],"query":"SELECT * FROM t","tables":{"t":[{"r":[1,"x"],"m":[[1,"y"]]}]}`,
			`rows [["+I",[1,"x"],[[1,"y"]]]] final [[[1,"x"],[[1,"y"]]]]`},
		{"an INSERT answers what its sink would get", `"setup":["CREATE TABLE t (k INT, v STRING)","CREATE TABLE s (k BIGINT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector'='upsert-kafka','topic'='s','properties.bootstrap.servers'='nowhere:1','key.format'='json','value.format'='json')"],` +
			`"query":"INSERT INTO s SELECT k, COUNT(*) FROM t GROUP BY k","tables":{"t":[{"k":1},{"k":1}]}`, `key [0] rows [["+I",1,1],["+U",1,2]] final [[1,2]]`},
		{"a lookup finds given rows", `"setup":["CREATE TABLE o (k INT, p AS PROCTIME())","CREATE TABLE d (k INT, v STRING)"],"query":"SELECT o.k, d.v FROM o LEFT JOIN d FOR SYSTEM_TIME AS OF o.p ON o.k = d.k","tables":{"o":[{"k":1},{"k":2}],"d":[{"k":1,"v":"a"}]}`,
			`rows [["+I",1,"a"],["+I",2,null]] final [[1,"a"],[2,null]]`},
		{"parse only parses", `"mode":"parse","query":"SELECT x FROM nowhere"`, `rows [] final []`},
		{"parse says what does not parse", `"mode":"parse","query":"SELECT FROM"`, `parse W0001`},
		{"a name that is not there", `"query":"SELECT x FROM nowhere"`, `bind W0101`},
		{"a statement of the setup", `"setup":["CREATE TABLE t (k INTT)"],"query":"SELECT 1"`, `bind W0134 setup`},
		{"a failing CAST fails in the run", `"query":"SELECT CAST(x AS INT) FROM (VALUES ('1'), ('a')) AS t(x)"`, `run W0530`},
		{"no end", `"setup":["CREATE TABLE g (k INT) WITH ('connector'='datagen')"],"query":"SELECT k FROM g WHERE k IS NULL","limit_ms":60`, `run timeout timeout`},
		{"enough rows", `"query":"SELECT * FROM (VALUES (1),(2),(3)) t(x)","max_rows":2`, `truncated rows [["+I",1],["+I",2]] final [[1],[2]]`},
		{"a declaration is acknowledged", `"query":"CREATE TABLE t (k INT)"`, `rows [["+I","OK"]] final [["OK"]]`},
		{"options are configuration", `"options":{"table.local-time-zone":"Asia/Tokyo"},"query":"SELECT CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING) AS s"`, `rows [["+I","1970-01-01 09:00:00.000"]] final [["1970-01-01 09:00:00.000"]]`},
		{"no such mode", `"mode":"both","query":"SELECT 1"`, `parse  request`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := answer(t, open(t), `{"id":{"n":7},`+c.request+`}`)
			var got []string
			if a["error"] != nil {
				class, _ := a["error_class"].(string)
				got = append(got, a["phase"].(string), class)
				if p := a["error_phase"]; p != "plan" && p != "run" {
					got = append(got, p.(string))
				}
				wantStatus := "rejected"
				if a["phase"] == "run" {
					wantStatus = "error"
				}
				if a["status"] != wantStatus || a["message"] != a["error"] {
					t.Errorf("status %v of %v", a["status"], a["message"])
				}
			} else {
				if a["truncated"] == true {
					got = append(got, "truncated")
				}
				if a["upsert_key"] != nil {
					got = append(got, "key", text(t, a["upsert_key"]))
				}
				got = append(got, "rows", text(t, a["rows"]), "final", text(t, a["final"]))
			}
			if g := strings.Join(got, " "); g != c.want {
				t.Errorf("got  %s\nwant %s\n%v", g, c.want, a["error"])
			}
			if text(t, a["id"]) != `{"n":7}` {
				t.Errorf("id %v", a["id"])
			}
		})
	}
}

// TestServeSetup carries out what the setup writes before the query reads it.
func TestServeSetup(t *testing.T) {
	s := open(t)
	path := filepath.Join(t.TempDir(), "out")
	line := fmt.Sprintf(`{"setup":["CREATE TABLE f (k INT) WITH ('connector'='filesystem','path'='%s','format'='json')","INSERT INTO f VALUES (1), (2)"],"query":"SELECT SUM(k) AS s FROM f"}`, path)
	if a := answer(t, s, line); text(t, a["final"]) != `[[3]]` {
		t.Error(a)
	}
	line = strings.Replace(line, "SELECT SUM(k) AS s FROM f", "INSERT INTO f VALUES (3)", 1)
	line = strings.Replace(line, `,"INSERT INTO f VALUES (1), (2)"`, "", 1)
	before, _ := os.ReadDir(path)
	if a := answer(t, s, line); text(t, a["rows"]) != `[["+I",3]]` {
		t.Error(a)
	}
	if after, _ := os.ReadDir(path); len(after) != len(before) {
		t.Error("the table that the query writes was opened")
	}
}

// TestServeKeepsNothing answers many requests: neither memory nor goroutines grow.
func TestServeKeepsNothing(t *testing.T) {
	s := open(t)
	some := func(n int) (heap uint64, goroutines int) {
		for i := range n {
			line := fmt.Sprintf(`{"id":%d,"setup":["CREATE TABLE t%d (k INT, v STRING)"],"query":"SELECT k, COUNT(v) FROM t%d GROUP BY k","tables":{"t%d":[{"k":1,"v":"a"},{"k":%d}]}}`, i, i, i, i, i)
			if i%10 == 9 {
				line = `{"query":"SELECT x FROM nowhere"}`
			}
			answer(t, s, line)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, runtime.NumGoroutine()
	}
	before, g0 := some(200)
	after, g1 := some(2000)
	if after > before+2<<20 || g1 > g0+4 {
		t.Errorf("heap %d → %d bytes, goroutines %d → %d", before, after, g0, g1)
	}
}

// BenchmarkServe is the time of one small case.
func BenchmarkServe(b *testing.B) {
	s, err := session.Open(session.Options{Dir: b.TempDir(), Config: map[string]string{}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r, err := session.ParseRequest([]byte(`{"setup":["CREATE TABLE t (k INT, v STRING)"],"query":"SELECT k, COUNT(v) FROM t GROUP BY k","tables":{"t":[{"k":1,"v":"a"},{"k":1}]}}`))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if a := s.Serve(context.Background(), r); a.Status != session.StatusOK {
			b.Fatal(a.Message)
		}
	}
}
