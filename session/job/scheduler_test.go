package job

import (
	"strings"
	"testing"
)

// TestScheduleOfDolphin: weekdays are counted from 1 there, and a day or a weekday is no schedule.
func TestScheduleOfDolphin(t *testing.T) {
	for schedule, want := range map[string]string{
		"0 2 * * *":         `"crontab": "0 0 2 * * ? *"`,
		"*/5 1-3 * * 0,6":   `"crontab": "0 */5 1-3 ? * 1,7 *"`,
		"30 3 1-5,10 */2 *": `"crontab": "0 30 3 1-5,10 */2 ? *"`,
		"30 3 1,15 * 1-5":   "means the day or the weekday",
		"0 0 * * */2":       `"crontab": "0 0 0 ? * */2 *"`,
	} {
		j := &Job{Name: "spend", Script: "sql/spend.sql", Schedule: schedule}
		files, err := j.Schedulers("jobs/spend.batch.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := files[2].Text
		if !strings.Contains(text, want) || strings.Contains(want, "means") == strings.Contains(text, `"crontab"`) {
			t.Errorf("%s gives\n%s\nwant %s", schedule, text, want)
		}
	}
}
