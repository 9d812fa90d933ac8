package session

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/job"
	"github.com/weir-sql/weir/session/result"
)

// shop is a project whose tables differ by mode: one script, a statement set with two sinks.
func shop(t testing.TB) *Session {
	t.Helper()
	files := map[string]string{
		"weir.yaml":      "name: shop\ntables: {both: [sql/both.sql], stream: [sql/stream.sql], batch: [sql/batch.sql]}\n",
		"sql/both.sql":   "CREATE TABLE users (id INT, name STRING) WITH ('connector' = 'filesystem', 'path' = 'users.csv', 'format' = 'csv');\n",
		"sql/stream.sql": "CREATE TABLE orders (id INT, user_id INT, dt STRING) WITH ('connector' = 'filesystem', 'path' = 'live.csv', 'format' = 'csv');\nCREATE TABLE per_user (name STRING, n BIGINT) WITH ('connector' = 'blackhole');\nCREATE TABLE hot (name STRING, n BIGINT) WITH ('connector' = 'blackhole');\nCREATE TABLE audit (id INT) WITH ('connector' = 'filesystem', 'path' = 'audit-live', 'format' = 'csv');\n",
		"sql/batch.sql":  "CREATE TABLE orders (id INT, user_id INT, dt STRING) PARTITIONED BY (dt) WITH ('connector' = 'filesystem', 'path' = 'data/orders', 'format' = 'csv');\nCREATE TABLE per_user (name STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out/dt=${bizdate}', 'format' = 'csv');\nCREATE TABLE audit (id INT) WITH ('connector' = 'filesystem', 'path' = 'audit', 'format' = 'csv');\n",
		"sql/spend.sql": "EXECUTE STATEMENT SET BEGIN\n" +
			"INSERT INTO per_user SELECT u.name, COUNT(*) FROM orders AS o JOIN users AS u ON o.user_id = u.id WHERE o.dt BETWEEN ${bizdate - 1d, 'yyyyMMdd'} AND ${bizdate, 'yyyyMMdd'} GROUP BY u.name;\n" +
			"INSERT INTO audit SELECT id FROM orders WHERE dt = ${bizdate, 'yyyyMMdd'};\nEND;\n",
		"sql/report.sql": "CREATE TABLE results (name STRING, n BIGINT, dt STRING) PARTITIONED BY (dt) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');\n" +
			"CREATE TABLE final (n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'final', 'format' = 'csv');\n" +
			"INSERT INTO final SELECT SUM(n) FROM results WHERE dt = '${bizdate}';\n",
		"users.csv":                       "1,ann\n2,bob\n",
		"live.csv":                        "1,1,20261120\n2,2,20261120\n3,1,20261121\n",
		"data/orders/dt=20261119/a.csv":   "1,1\n",
		"data/orders/dt=20261120/a.csv":   "2,1\n3,2\n",
		"data/orders/dt=20261121/a.csv":   "4,2\n",
		"sql/spend.batch.topology.yaml":   "",
		"data/orders/dt=20261122/.hidden": "",
	}
	return project(t, files)
}

// published publishes and saves, and gives the files by name.
func published(t testing.TB, s *Session, o Publishing) map[string]PublishedFile {
	t.Helper()
	if o.Script == "" {
		o.Script = filepath.Join(s.Project.Dir, "sql/spend.sql")
	}
	p, list, err := s.Publish(o)
	if err != nil || list.HasErrors() {
		t.Fatal(err, list)
	}
	if err := p.Save(); err != nil {
		t.Fatal(err)
	}
	out := map[string]PublishedFile{}
	for _, f := range p.Files {
		out[filepath.Base(f.Path)] = f
	}
	return out
}

func settings(stream, batch string) map[Mode][]JobSetting {
	out := map[Mode][]JobSetting{}
	for mode, text := range map[Mode]string{Stream: stream, Batch: batch} {
		for part := range strings.SplitSeq(text, ";") {
			if k, v, ok := strings.Cut(part, "="); ok {
				out[mode] = append(out[mode], JobSetting{k, v})
			}
		}
	}
	return out
}

// TestOneScriptBecomesTwoJobs: both are checked and written, with what schedulers need; each binds the sinks of its mode,
// and runs.
func TestOneScriptBecomesTwoJobs(t *testing.T) {
	s := shop(t)
	files := published(t, s, Publishing{Settings: settings("parallelism=2;sinks.per_user=hot;checkpoint.dir=.weir/spend", "schedule=0 2 * * 1-5;zone=Asia/Shanghai;parallelism=3;memory=512mb;sinks.audit=none")})
	if got := slices.Sorted(maps.Keys(files)); fmt.Sprint(got) != "[spend.airflow.py spend.batch.yaml spend.cron spend.dolphin.json spend.stream.yaml]" {
		t.Fatal(got)
	}
	for name, want := range map[string][]string{
		"spend.stream.yaml":  {"mode: stream", "parallelism: 2", "  per_user: hot", "writes: [audit, hot]", "needs: []"},
		"spend.batch.yaml":   {"mode: batch", "parallelism: 3", "memory: \"512mb\"", "  audit: none", "writes: [per_user]", `partition: "dt=${bizdate - 1d, 'yyyyMMdd'}"`, `path: "data/orders/dt=${bizdate, 'yyyyMMdd'}"`, "path: users.csv"},
		"spend.cron":         {"CRON_TZ=Asia/Shanghai", "0 2 * * 1-5 cd \"$WEIR_PROJECT\"", `+\%F`, "weir ready jobs/spend.batch.yaml", "weir run --job jobs/spend.batch.yaml --var bizdate=$d"},
		"spend.airflow.py":   {`schedule="0 2 * * 1-5"`, "BashSensor", "weir ready jobs/spend.batch.yaml --var bizdate=\" + BIZDATE", "{{ var.value.weir_project | quoted }}", `tz="Asia/Shanghai"`},
		"spend.dolphin.json": {`"crontab": "0 0 2 ? * 2-6 *"`, "${system.biz.date}", `"timezoneId": "Asia/Shanghai"`},
	} {
		for _, w := range want {
			if !strings.Contains(files[name].Text, w) {
				t.Errorf("%s has no %s:\n%s", name, w, files[name].Text)
			}
		}
	}
	var dolphin []struct {
		ProcessTaskRelationList []struct{ PreTaskCode, PostTaskCode int64 }
		TaskDefinitionList      []struct{ Code int64 }
	}
	if err := json.Unmarshal([]byte(files["spend.dolphin.json"].Text), &dolphin); err != nil || len(dolphin) != 1 || len(dolphin[0].TaskDefinitionList) != 2 || len(dolphin[0].ProcessTaskRelationList) != 2 {
		t.Errorf("the process of DolphinScheduler: %v %+v", err, dolphin)
	}
	if python, err := exec.LookPath("python3"); err == nil {
		cmd := exec.Command(python, "-m", "py_compile", filepath.Join(s.Project.Dir, "jobs", "spend.airflow.py"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the DAG is no Python: %v\n%s", err, out)
		}
	}
	for mode, want := range map[string]string{"batch": "out/dt=2026-11-20: ann,2 bob,1", "stream": "audit-live: 1 2"} {
		vars, err := ParseVariables([]string{"bizdate=20261120"})
		if err != nil {
			t.Fatal(err)
		}
		run, j, err := OpenJob(filepath.Join(s.Project.Dir, "jobs", "spend."+mode+".yaml"), Options{Config: map[string]string{}, Variables: vars})
		if err != nil {
			t.Fatal(err)
		}
		src, err := run.ReadScript(run.JobScript(j), nil)
		if err != nil {
			t.Fatal(err)
		}
		plan, list := run.Plan(src, Mode(j.Mode))
		if plan == nil {
			t.Fatal(list)
		}
		if maxParallelism(plan.Graph) != j.Parallelism {
			t.Errorf("%s runs with parallelism %d, the job says %d", mode, maxParallelism(plan.Graph), j.Parallelism)
		}
		r, err := run.Run(context.Background(), plan, RunOptions{Limit: -1, Result: func(Output) (result.Writer, error) { return &collector{}, nil }})
		if err == nil {
			err = r.Wait()
		}
		if err != nil {
			t.Fatal(mode, err)
		}
		dir, rows, _ := strings.Cut(want, ": ")
		if got := linesBelow(t, filepath.Join(s.Project.Dir, dir)); got != rows {
			t.Errorf("%s writes %q, want %q", mode, got, rows)
		}
		_ = run.Close()
	}
	if got := linesBelow(t, filepath.Join(s.Project.Dir, "audit")); got != "" {
		t.Errorf("the batch writes a sink that is none of its: %s", got)
	}
}

// linesBelow gives the lines of all files below a folder, sorted.
func linesBelow(t testing.TB, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && (d.IsDir() || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_")) {
			return nil
		}
		body, err := os.ReadFile(path)
		lines = append(lines, strings.Fields(string(body))...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

// TestPublishingAgain: what a person wrote into the files stays, what changes is said, and a scheduler file that was edited is kept.
func TestPublishingAgain(t *testing.T) {
	s := shop(t)
	set := settings("", "schedule=0 2 * * *;parallelism=3")
	published(t, s, Publishing{Settings: set})
	for _, f := range published(t, s, Publishing{}) {
		if f.State != "unchanged" || len(f.Changes) > 0 {
			t.Errorf("%s is %s: %v", f.Path, f.State, f.Changes)
		}
	}
	path := filepath.Join(s.Project.Dir, "jobs", "spend.batch.yaml")
	edit := func(path, old, new string) {
		t.Helper()
		body, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(body), old) {
			t.Fatalf("%s has no %q: %v", path, old, err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(body), old, new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit(path, "parallelism: 3\n", "# The night has eight cores.\nparallelism: 8  # asked ops\n")
	edit(path, "variables: {}\n", "variables:\n  shop: north\n")
	edit(filepath.Join(s.Project.Dir, "jobs", "spend.airflow.py"), "retries=2", "retries=5")
	edit(filepath.Join(s.Project.Dir, "sql", "spend.sql"), "WHERE o.dt BETWEEN ${bizdate - 1d, 'yyyyMMdd'} AND ${bizdate, 'yyyyMMdd'}", "WHERE o.dt = ${bizdate, 'yyyyMMdd'}")
	files := published(t, s, Publishing{Settings: settings("", "memory=1gb")})
	batch := files["spend.batch.yaml"]
	if batch.State != "changed" || !strings.Contains(batch.Text, "# The night has eight cores.\nparallelism: 8  # asked ops\n") || !strings.Contains(batch.Text, "  shop: north") {
		t.Errorf("an edit is lost: %s\n%s", batch.State, batch.Text)
	}
	said := strings.Join(batch.Changes, "\n")
	if !strings.Contains(said, `memory: "" → "1gb"`) || !strings.Contains(said, "needs: ") || strings.Contains(said, "parallelism") {
		t.Errorf("the changes said are\n%s", said)
	}
	if f := files["spend.airflow.py"]; f.State != "kept" || !strings.Contains(f.Text, "retries=5") || !strings.Contains(f.Changes[0], "--force") {
		t.Errorf("the DAG is %s: %v", f.State, f.Changes)
	}
	if f := files["spend.cron"]; f.State != "changed" || !strings.Contains(strings.Join(f.Changes, "\n"), "- # needs orders: partition dt=${bizdate - 1d") {
		t.Errorf("the crontab is %s: %v", f.State, f.Changes)
	}
	if f := published(t, s, Publishing{Force: true})["spend.airflow.py"]; f.State != "changed" || !strings.Contains(f.Text, "retries=2") {
		t.Errorf("forced, the DAG is %s", f.State)
	}
}

// TestNeedsOfJobs: what a batch waits for is found from its tables, and ready says what is missing.
func TestNeedsOfJobs(t *testing.T) {
	s := shop(t)
	published(t, s, Publishing{Settings: settings("", "schedule=0 2 * * *")})
	report := published(t, s, Publishing{Script: filepath.Join(s.Project.Dir, "sql/report.sql"), Settings: settings("", "schedule=0 3 * * *"), Modes: []Mode{Batch}})["report.batch.yaml"]
	if !strings.Contains(report.Text, `partition: "dt=${bizdate}"`) || !strings.Contains(report.Text, `path: "out/dt=${bizdate}"`) {
		t.Errorf("the report needs\n%s", report.Text)
	}
	ready := func(name, day string) string {
		t.Helper()
		vars, err := ParseVariables([]string{"bizdate=" + day})
		if err != nil {
			t.Fatal(err)
		}
		js, j, err := OpenJob(filepath.Join(s.Project.Dir, "jobs", name+".batch.yaml"), Options{Config: map[string]string{}, Variables: vars})
		if err != nil {
			t.Fatal(err)
		}
		defer js.Close()
		missing, err := js.Ready(context.Background(), j)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(strings.Join(missing, "; "), s.Project.Dir+"/", "")
	}
	for day, want := range map[string]string{
		"2026-11-20": "", "20261121": "",
		"2026-11-22": "orders: data/orders/dt=20261122 is empty",
		"2026-11-24": "orders: nothing at data/orders/dt=20261123; orders: nothing at data/orders/dt=20261124",
	} {
		if got := ready("spend", day); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
	if err := os.WriteFile(filepath.Join(s.Project.Dir, "data/orders/dt=20261119/_SUCCESS"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ready("spend", "2026-11-20"); got != "orders: data/orders/dt=20261120 has no _SUCCESS, which dt=20261119 has" {
		t.Errorf("without a mark: %q", got)
	}
	if got := ready("report", "2026-11-20"); !strings.Contains(got, "nothing at out/dt=2026-11-20") {
		t.Errorf("report: %q", got)
	}
	// A job that writes what another reads comes before it.
	later := "CREATE TABLE audit_sum (n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'sum', 'format' = 'csv');\nINSERT INTO audit_sum SELECT COUNT(*) FROM audit;\n"
	if err := os.WriteFile(filepath.Join(s.Project.Dir, "sql/later.sql"), []byte(later), 0o600); err != nil {
		t.Fatal(err)
	}
	files := published(t, s, Publishing{Script: filepath.Join(s.Project.Dir, "sql/later.sql"), Settings: settings("", "schedule=0 4 * * *"), Modes: []Mode{Batch}})
	if !strings.Contains(files["later.batch.yaml"].Text, "job: spend") || !strings.Contains(files["later.airflow.py"].Text, `external_dag_id="weir_spend"`) || !strings.Contains(files["later.dolphin.json"].Text, "DEPENDENT") {
		t.Errorf("the job before it is not found:\n%s", files["later.batch.yaml"].Text)
	}
}

// TestWatermarksOfJobs: a topic is ready for a day when a row behind the day's end, less the disorder, has come.
func TestWatermarksOfJobs(t *testing.T) {
	s := shop(t)
	const script = "CREATE TABLE clicks (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = 'embedded',\n" +
		"'format' = 'json', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');\nCREATE TABLE o (n BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO o SELECT COUNT(*) FROM clicks WHERE ts < CAST(${bizdate + 1d} AS TIMESTAMP(3));\n"
	if err := os.WriteFile(filepath.Join(s.Project.Dir, "sql/clicks.sql"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	files := published(t, s, Publishing{Script: filepath.Join(s.Project.Dir, "sql/clicks.sql"), Settings: settings("start.clicks=2026-11-20 10:00", "schedule=0 4 * * *"), Modes: []Mode{Batch, Stream}})
	if !strings.Contains(files["clicks.batch.yaml"].Text, `watermark: "${bizdate + 1d}"`) {
		t.Fatalf("needs:\n%s", files["clicks.batch.yaml"].Text)
	}
	vars, err := ParseVariables([]string{"bizdate=2026-01-20"})
	if err != nil {
		t.Fatal(err)
	}
	js, j, err := OpenJob(filepath.Join(s.Project.Dir, "jobs", "clicks.batch.yaml"), Options{Config: map[string]string{}, Variables: vars})
	if err != nil {
		t.Fatal(err)
	}
	defer js.Close()
	for _, step := range []struct {
		ts    string
		ready bool
	}{{"2026-01-20 23:59:59", false}, {"2026-01-21 00:00:04", false}, {"2026-01-21 00:00:05", true}} {
		create, _, _ := strings.Cut(script, "CREATE TABLE o")
		p, list := js.Plan(diag.Source{Name: "fill.sql", Text: create + "INSERT INTO clicks VALUES (1, TIMESTAMP '" + step.ts + "');"}, Batch)
		if p == nil {
			t.Fatal(list)
		}
		r, err := js.Run(context.Background(), p, RunOptions{Limit: -1})
		if err == nil {
			err = r.Wait()
		}
		if err != nil {
			t.Fatal(err)
		}
		missing, err := js.Ready(context.Background(), j)
		if err != nil || (len(missing) == 0) != step.ready {
			t.Errorf("after a row of %s: %v %v", step.ts, missing, err)
		}
	}
}

// TestWrongPublications: what cannot be is refused with the place and the fix, and nothing is written.
func TestWrongPublications(t *testing.T) {
	s := shop(t)
	for _, c := range []struct{ stream, batch, says string }{
		{"paralelism=3", "", "did you mean parallelism?"},
		{"parallelism=many", "", "parallelism is a number"},
		{"parallelism=9999", "", "between 1 and 4096"},
		{"schedule=0 2 * * *", "", "has no schedule"},
		{"", "schedule=at night", "five fields of cron"},
		{"", "schedule=0 25 * * *", `"25" is not between 0 and 23`},
		{"", "zone=Mars/North", "is not known"},
		{"", "memory=lots", "memory is a size"},
		{"", "checkpoint.dir=x", "checkpoints are the stream's"},
		{"sinks.per_usr=hot", "", `did you mean "per_user"?`},
		{"sinks.per_user=nowhere", "", "nowhere"},
		{"start.orders=latest", "", "only kafka has a start"},
		{"start.ordrs=latest", "", `did you mean "orders"?`},
		{"", "overlay=missing.yaml", "missing.yaml"},
		{"", "config.my.password=x", "looks like a secret"},
		{"start=x", "", "takes a name"},
		{"sinks.per_user=none;sinks.audit=none", "", "nothing to publish"},
	} {
		p, list, err := s.Publish(Publishing{Script: filepath.Join(s.Project.Dir, "sql/spend.sql"), Settings: settings(c.stream, c.batch)})
		text := fmt.Sprint(err)
		for _, d := range list {
			text += d.Error() + d.File
		}
		if p != nil || !strings.Contains(text, c.says) {
			t.Errorf("%s %s: %v", c.stream, c.batch, text)
		}
	}
	if _, err := os.Stat(filepath.Join(s.Project.Dir, "jobs")); err == nil {
		t.Error("something was written")
	}
	for text, says := range map[string]string{"job: 2\nname: a\nscript: b\nmode: batch\n": "has format 2", "job: 1\nname: a\nscript: b\nmode: both\n": `"both" is neither`,
		"job: 1\nname: a\nscript: b\nmode: batch\nparalelism: 2\n": "this is no job file", "job: 1\nname: ../a\nscript: b\nmode: batch\n": "no name of a job", "": "this is no job file"} {
		if _, err := job.Parse(diag.Source{Name: "j.yaml", Text: text}); err == nil || !strings.Contains(err.Error(), says) && text != "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestJobSchemaHasEveryField: the schema for editors and the file agree.
func TestJobSchemaHasEveryField(t *testing.T) {
	var schema struct{ Properties map[string]any }
	if err := json.Unmarshal([]byte(job.Schema), &schema); err != nil {
		t.Fatal(err)
	}
	text := (&job.Job{Name: "a", Script: "a.sql", Mode: "batch"}).Render(nil)
	n := 0
	for line := range strings.Lines(text) {
		if key, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, " ") {
			n++
			if schema.Properties[key] == nil {
				t.Errorf("the schema has no %q", key)
			}
		}
	}
	if n != len(schema.Properties) {
		t.Errorf("the file has %d entries, the schema %d", n, len(schema.Properties))
	}
	again, err := job.Parse(diag.Source{Name: "a.batch.yaml", Text: text})
	if err != nil || again.Render(nil) != text {
		t.Errorf("a job that is read and written is another: %v", err)
	}
}
