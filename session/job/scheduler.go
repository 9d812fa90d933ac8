package job

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// cron is a schedule of five fields.
type cron struct{ minute, hour, day, month, weekday string }

// parseCron reads five fields: numbers, *, lists, ranges and steps.
func parseCron(text string) (cron, error) {
	f := strings.Fields(text)
	bad := fmt.Errorf("schedule %q has not the five fields of cron: minute hour day month weekday, such as \"0 2 * * *\"", text)
	if len(f) != 5 {
		return cron{}, bad
	}
	for i, bounds := range [][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}} {
		for part := range strings.SplitSeq(f[i], ",") {
			part, step, stepped := strings.Cut(part, "/")
			if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
				return cron{}, bad
			}
			if part == "*" {
				continue
			}
			lo, hi, ranged := strings.Cut(part, "-")
			if !ranged {
				hi = lo
			}
			a, err1 := strconv.Atoi(lo)
			b, err2 := strconv.Atoi(hi)
			if err1 != nil || err2 != nil || a < bounds[0] || b > bounds[1] || a > b {
				return cron{}, fmt.Errorf("schedule %q: %q is not between %d and %d", text, part, bounds[0], bounds[1])
			}
		}
	}
	return cron{f[0], f[1], f[2], f[3], f[4]}, nil
}

// quartz is the schedule with seconds and a year, of which either the day or the weekday is given. Weekdays count from
// Sunday as 1 there.
func (c cron) quartz() string {
	day, weekday := c.day, "?"
	if c.weekday != "*" {
		var out strings.Builder
		number := ""
		step := false
		flush := func() {
			if n, err := strconv.Atoi(number); err == nil {
				if !step {
					n = n%7 + 1
				}
				out.WriteString(strconv.Itoa(n))
			}
			number = ""
		}
		for _, r := range c.weekday {
			if r >= '0' && r <= '9' {
				number += string(r)
				continue
			}
			flush()
			step = r == '/'
			out.WriteRune(r)
		}
		flush()
		day, weekday = "?", out.String()
	}
	return strings.Join([]string{"0", c.minute, c.hour, day, c.month, weekday, "*"}, " ")
}

// SchedulerFile is a file by which a scheduler runs a job.
type SchedulerFile struct{ Name, Text string }

// Schedulers gives what schedulers need to run a batch job: a line for cron, a DAG for Airflow, a process for
// DolphinScheduler. file is the job's, from the project's folder.
func (j *Job) Schedulers(file string) ([]SchedulerFile, error) {
	if j.Schedule == "" {
		return nil, nil
	}
	c, err := parseCron(j.Schedule)
	if err != nil {
		return nil, err
	}
	dolphin, err := j.dolphin(file, c)
	if err != nil {
		return nil, err
	}
	return []SchedulerFile{
		{j.Name + ".cron", j.cronLine(file)},
		{j.Name + ".airflow.py", j.airflow(file)},
		{j.Name + ".dolphin.json", dolphin},
	}, nil
}

func (j *Job) zone() string {
	if j.Zone == "" {
		return "UTC"
	}
	return j.Zone
}

// shell quotes a word for sh.
func shell(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// cronLine is one line of a crontab. A % there must be escaped.
func (j *Job) cronLine(file string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: install with crontab; WEIR_PROJECT is the project's folder.\n", j.Name)
	for _, n := range j.Needs {
		fmt.Fprintf(&b, "# needs %s\n", oneLine(n.String()))
	}
	date := fmt.Sprintf(`TZ=%s date -d yesterday +\%%F`, shell(j.zone()))
	fmt.Fprintf(&b, "CRON_TZ=%s\n", j.zone())
	fmt.Fprintf(&b, "%s cd \"$WEIR_PROJECT\" && d=$(%s) && until weir ready %s --var bizdate=$d; do sleep 60; done && weir run --job %s --var bizdate=$d -q\n",
		j.Schedule, date, shell(file), shell(file))
	return b.String()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// python is a text as a literal of Python, which reads JSON's.
func python(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// bashCommand is an expression of Python: a command in the project's folder, given the business date.
func bashCommand(command, flags string) string {
	text := `"cd " + PROJECT + ` + python(" && "+command+" --var bizdate=") + " + BIZDATE"
	if flags != "" {
		text += " + " + python(flags)
	}
	return text
}

// airflow is a DAG: sensors for what the job needs, then the job. The business date is the day before
// the run is due, as the line for cron has it, however long the interval is. The project's folder is quoted for the shell; an
// environment of its own would take PATH away from the sensor.
func (j *Job) airflow(file string) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# %s as an Airflow DAG, written by weir publish. The variable weir_project is the project's folder.", j.Name)
	p("import shlex")
	p("")
	p("import pendulum")
	p("from airflow import DAG")
	p("from airflow.operators.bash import BashOperator")
	p("from airflow.sensors.bash import BashSensor")
	var jobs []string
	for _, n := range j.Needs {
		if n.Job != "" {
			jobs = append(jobs, n.Job)
		}
	}
	if len(jobs) > 0 {
		p("from airflow.sensors.external_task import ExternalTaskSensor")
	}
	p("")
	p("PROJECT = %s", python("{{ var.value.weir_project | quoted }}"))
	p("BIZDATE = %s", python("{{ data_interval_end.in_timezone('"+j.zone()+"').subtract(days=1).to_date_string() }}"))
	p("")
	p("with DAG(")
	p("    dag_id=%s,", python("weir_"+j.Name))
	p("    schedule=%s,", python(j.Schedule))
	p("    start_date=pendulum.datetime(2026, 1, 1, tz=%s),", python(j.zone()))
	p("    catchup=False,")
	p("    max_active_runs=1,")
	p("    user_defined_filters={\"quoted\": shlex.quote},")
	p("    tags=[\"weir\"],")
	p(") as dag:")
	var needs []string
	for _, n := range j.Needs {
		needs = append(needs, n.String())
	}
	p("    # %s", oneLine("Waits for "+strings.Join(append(needs, "nothing else"), "; ")))
	p("    ready = BashSensor(")
	p("        task_id=\"ready\",")
	p("        bash_command=%s,", bashCommand("weir ready "+shell(file), ""))
	p("        mode=\"reschedule\",")
	p("        poke_interval=60,")
	p("    )")
	p("    run = BashOperator(")
	p("        task_id=\"run\",")
	p("        bash_command=%s,", bashCommand("weir run --job "+shell(file), " -q"))
	p("        retries=2,")
	p("    )")
	p("    ready >> run")
	for i, name := range jobs {
		p("    upstream_%d = ExternalTaskSensor(", i+1)
		p("        task_id=%s,", python("after_"+name))
		p("        external_dag_id=%s,", python("weir_"+name))
		p("        external_task_id=\"run\",")
		p("        mode=\"reschedule\",")
		p("    )")
		p("    upstream_%d >> ready", i+1)
	}
	return b.String()
}

// code is a number for a thing of DolphinScheduler, the same each time.
func code(parts ...string) int64 {
	h := fnv.New64a()
	h.Write([]byte(strings.Join(parts, "\x00")))
	return int64(h.Sum64()>>12) + 1
}

// dolphin is a process definition in the form that DolphinScheduler 3 imports: a task that waits, then the task that runs.
// ${system.biz.date} is the day before the run, as yyyyMMdd.
func (j *Job) dolphin(file string, c cron) (string, error) {
	type object = map[string]any
	bizdate := object{"prop": "bizdate", "direct": "IN", "type": "VARCHAR", "value": "${system.biz.date}"}
	project := object{"prop": "weir_project", "direct": "IN", "type": "VARCHAR", "value": ""}
	params, err := json.Marshal([]any{bizdate, project})
	if err != nil {
		return "", err
	}
	process, ready, run := code("process", j.Name), code("ready", j.Name), code("run", j.Name)
	task := func(id int64, name, script, about string, retries, every int) object {
		return object{"code": id, "name": name, "version": 1, "description": about, "taskType": "SHELL",
			"taskParams": object{"localParams": []any{}, "resourceList": []any{}, "rawScript": script},
			"flag":       "YES", "taskPriority": "MEDIUM", "workerGroup": "default", "environmentCode": -1,
			"failRetryTimes": retries, "failRetryInterval": every, "timeoutFlag": "CLOSE", "timeout": 0, "delayTime": 0}
	}
	relation := func(from, to int64) object {
		version := 0
		if from != 0 {
			version = 1
		}
		return object{"name": "", "processDefinitionVersion": 1, "preTaskCode": from, "preTaskVersion": version, "postTaskCode": to, "postTaskVersion": 1,
			"conditionType": "NONE", "conditionParams": object{}}
	}
	var needs []string
	for _, n := range j.Needs {
		needs = append(needs, n.String())
	}
	tasks := []any{
		task(ready, "ready", "cd \"${weir_project}\" && weir ready "+shell(file)+" --var bizdate=${bizdate}", strings.Join(needs, "; "), 1440, 1),
		task(run, "run", "cd \"${weir_project}\" && weir run --job "+shell(file)+" --var bizdate=${bizdate} -q", j.Script, 2, 1),
	}
	relations := []any{relation(ready, run)}
	first := ready
	for _, n := range j.Needs {
		if n.Job == "" {
			continue
		}
		id := code("after", j.Name, n.Job)
		t := task(id, "after_"+n.Job, "", "waits for job "+n.Job, 0, 1)
		t["taskType"] = "DEPENDENT"
		t["taskParams"] = object{"localParams": []any{}, "resourceList": []any{}, "dependence": object{"relation": "AND", "dependTaskList": []any{
			object{"relation": "AND", "dependItemList": []any{object{"definitionCode": code("process", n.Job), "depTaskCode": 0, "cycle": "day", "dateValue": "today"}}}}}}
		tasks = append(tasks, t)
		relations = append(relations, relation(id, ready), relation(0, id))
		first = 0
	}
	if first != 0 {
		relations = append(relations, relation(0, first))
	}
	about := "from " + j.Script + ", written by weir publish"
	either := c.day != "*" && c.weekday != "*"
	if either {
		about += ". Its schedule " + j.Schedule + " means the day or the weekday, which DolphinScheduler cannot tell: set one there"
	}
	one := object{
		"processDefinition": object{"code": process, "name": "weir_" + j.Name, "version": 1, "releaseState": "OFFLINE", "description": about,
			"globalParams": string(params), "globalParamList": []any{bizdate, project}, "globalParamMap": object{"bizdate": "${system.biz.date}", "weir_project": ""},
			"flag": "YES", "timeout": 0, "executionType": "SERIAL_WAIT", "locations": "[]"},
		"processTaskRelationList": relations,
		"taskDefinitionList":      tasks,
	}
	if !either {
		one["schedule"] = object{"processDefinitionCode": process, "crontab": c.quartz(), "timezoneId": j.zone(), "startTime": "2026-01-01 00:00:00", "endTime": "2099-12-31 00:00:00",
			"failureStrategy": "CONTINUE", "warningType": "NONE", "processInstancePriority": "MEDIUM", "releaseState": "OFFLINE", "workerGroup": "default"}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode([]any{one})
	return b.String(), err
}
