//go:build unix && snippets

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The snippets of docs/pull-requests.md are run here as they stand, step by step, in a
// clone of a repository with a pull request. Only what they need of the world outside is
// a stand-in: gh and the API of GitLab keep comments, go and apt-get install nothing.

// snippet gives a fenced block of the page by the comment in its first line.
func snippet(t *testing.T, first string) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/pull-requests.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```yaml\n"+first+"\n")
	block, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed {
		t.Fatalf("the page has no block %q", first)
	}
	return strings.Split(block, "\n")
}

// shellSteps gives the shell text of every item that is one: "- run: X", "run: |" and
// what is indented below it, and the items of "script:".
func shellSteps(lines []string) (steps []string) {
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	script := -1
	for i := 0; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		if text == "script:" {
			script = indent(lines[i])
			continue
		}
		var run string
		var ok bool
		if script >= 0 && indent(lines[i]) > script {
			run, ok = strings.CutPrefix(text, "- ")
		} else {
			run, ok = strings.CutPrefix(strings.TrimPrefix(text, "- "), "run: ")
		}
		if !ok {
			continue
		}
		if run == "|" {
			at := indent(lines[i])
			run = ""
			for i+1 < len(lines) && (indent(lines[i+1]) > at || lines[i+1] == "") {
				i++
				run += lines[i] + "\n"
			}
		}
		steps = append(steps, run)
	}
	return steps
}

// pullRequest is a repository with a base, a pull request and a clone at the base.
type pullRequest struct {
	t           *testing.T
	dir         string // holds all of it
	origin      string
	clone       string
	bin         string
	base, heads []string
}

func newPullRequest(t *testing.T) *pullRequest {
	t.Helper()
	for _, tool := range []string{"git", "bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("the snippets need %s: %v", tool, err)
		}
	}
	dir := t.TempDir()
	p := &pullRequest{t: t, dir: dir, origin: filepath.Join(dir, "origin"), clone: filepath.Join(dir, "clone"), bin: filepath.Join(dir, "bin")}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.write(filepath.Join(p.bin, "go"), "#!/bin/sh\n")
	p.write(filepath.Join(p.bin, "apt-get"), "#!/bin/sh\n")
	p.write(filepath.Join(p.bin, "weir"), fmt.Sprintf("#!/bin/bash\nexec -a weir %q \"$@\"\n", exe))
	job := "CREATE TABLE orders (city STRING, amount BIGINT) WITH ('connector' = 'datagen');\n" +
		"CREATE TABLE sums (city STRING, total BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'blackhole');\n" +
		"INSERT INTO sums SELECT city, %s(amount) FROM orders GROUP BY city;\n"
	p.write(filepath.Join(p.origin, "weir.yaml"), "name: shop\n")
	p.write(filepath.Join(p.origin, "job.sql"), fmt.Sprintf(job, "SUM"))
	p.git(p.origin, "init", "-q", "-b", "main")
	p.commit("base")
	p.base = []string{p.rev()}
	p.git(p.origin, "clone", "-q", p.origin, p.clone)
	p.git(p.origin, "checkout", "-q", "-b", "topic")
	for _, text := range []string{fmt.Sprintf(job, "MAX"), strings.Replace(fmt.Sprintf(job, "MAX"), "FROM orders", "FROM orders WHERE amount > 3", 1)} {
		p.write(filepath.Join(p.origin, "job.sql"), text)
		p.commit("change")
		p.heads = append(p.heads, p.rev())
	}
	return p
}

func (p *pullRequest) write(path, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pullRequest) git(dir string, args ...string) string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (p *pullRequest) commit(message string) {
	p.git(p.origin, "add", "-A")
	p.git(p.origin, "commit", "-q", "-m", message)
}

func (p *pullRequest) rev() string { return p.git(p.origin, "rev-parse", "HEAD") }

// run runs a step as CI does and gives its exit code.
func (p *pullRequest) run(step string, env ...string) int {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "bash", "-e", "-o", "pipefail", "-c", step)
	cmd.Dir = p.clone
	cmd.Env = append(os.Environ(), append([]string{"PATH=" + p.bin + ":" + os.Getenv("PATH"), "HOME=" + p.dir}, env...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		p.t.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Logf("%s\nexits with %d\n%s", step, code, out.String())
		return code
	}
	return 0
}

// The workflow for GitHub posts one comment and edits it when the pull request changes.
func TestGitHubSnippet(t *testing.T) {
	p := newPullRequest(t)
	comments := filepath.Join(p.dir, "comments.json")
	p.write(comments, `[{"id": 1, "user": {"login": "mallory"}, "body": "<!-- weir:review -->\nhands off"}]`)
	p.write(filepath.Join(p.bin, "gh"), `#!/bin/bash
set -euo pipefail
[ "$1" = api ] && [ -n "$GH_TOKEN" ]; shift
store='`+comments+`'
case "$*" in
"repos/o/r/issues/7/comments --paginate --jq "*) jq -r "${@: -1}" "$store" ;;
"--method POST repos/o/r/issues/7/comments -F body=@review.md") jq --rawfile b review.md '. + [{id: (length + 1), user: {login: "github-actions[bot]"}, body: $b}]' "$store" > "$store.new"; mv "$store.new" "$store" ;;
"--method PATCH repos/o/r/issues/comments/"*" -F body=@review.md") jq --rawfile b review.md --argjson id "$(basename "$3")" 'map(if .id == $id then .body = $b else . end)' "$store" > "$store.new"; mv "$store.new" "$store" ;;
*) echo "gh $*" >&2; exit 1 ;;
esac
`)
	summary := filepath.Join(p.dir, "summary.md")
	steps := shellSteps(snippet(t, "# .github/workflows/weir.yaml"))
	if len(steps) != 5 {
		t.Fatalf("the workflow has %d shell steps: %q", len(steps), steps)
	}
	for i, head := range p.heads {
		p.git(p.origin, "update-ref", "refs/pull/7/head", head)
		env := []string{"BASE=" + p.base[0], "HEAD=" + head, "TOKEN=t", "GH_TOKEN=t", "NUMBER=7", "GITHUB_REPOSITORY=o/r", "GITHUB_STEP_SUMMARY=" + summary}
		for k, step := range steps {
			want := 0
			if k == len(steps)-1 {
				want = exitLost
			}
			if code := p.run(step, env...); code != want {
				t.Fatalf("step %d exits with %d, want %d", k+1, code, want)
			}
		}
		var all []struct {
			ID   int
			Body string
		}
		text, err := os.ReadFile(comments)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &all); err != nil || len(all) != 2 {
			t.Fatalf("%d comments, %v", len(all), err)
		}
		if all[0].Body != "<!-- weir:review -->\nhands off" {
			t.Error("another's comment was changed")
		}
		checkReview(t, i, all[1].Body)
	}
	if text, err := os.ReadFile(summary); err != nil || strings.Count(string(text), "<!-- weir:review -->") != 2 {
		t.Errorf("the summary: %v\n%s", err, text)
	}
}

// checkReview looks at the comment on the i-th state of the pull request.
func checkReview(t *testing.T, i int, body string) {
	t.Helper()
	filtered := strings.Contains(body, "Filter")
	if !strings.HasPrefix(body, "<!-- weir:review -->\n### weir: 1 job changed") || !strings.Contains(body, "meaning changed") || filtered != (i == 1) {
		t.Errorf("state %d of the pull request has the comment\n%s", i+1, body)
	}
}

// The job for GitLab does the same through the API.
func TestGitLabSnippet(t *testing.T) {
	p := newPullRequest(t)
	type note struct {
		ID   int    `json:"id"`
		Body string `json:"body"`
	}
	var mu sync.Mutex
	notes := []note{{1, "well done"}}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		const path = "/api/projects/3/merge_requests/7/notes"
		var in note
		_ = json.NewDecoder(r.Body).Decode(&in) // a GET has none
		switch {
		case r.Header.Get("PRIVATE-TOKEN") != "secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodGet && r.URL.Path == path:
			_ = json.NewEncoder(w).Encode(notes)
		case r.Method == http.MethodPost && r.URL.Path == path && in.Body != "":
			notes = append(notes, note{2, in.Body})
			w.WriteHeader(http.StatusCreated)
		case r.Method == http.MethodPut && r.URL.Path == path+"/2" && in.Body != "":
			notes[1].Body = in.Body
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer api.Close()
	steps := shellSteps(snippet(t, "# .gitlab-ci.yml"))
	if len(steps) != 4 {
		t.Fatalf("the job has %d shell steps: %q", len(steps), steps)
	}
	for _, token := range []string{"", "secret"} { // a fork's pipeline has no token
		for i, head := range p.heads {
			p.git(p.clone, "fetch", "-q", "origin", head)
			p.git(p.clone, "checkout", "-q", head)
			env := []string{"WEIR_TOKEN=" + token, "CI_API_V4_URL=" + api.URL + "/api", "CI_PROJECT_ID=3", "CI_MERGE_REQUEST_IID=7",
				"CI_MERGE_REQUEST_DIFF_BASE_SHA=" + p.base[0], "CI_COMMIT_SHA=" + head}
			for k, step := range steps {
				want := 0
				if k == len(steps)-1 {
					want = exitLost
				}
				if code := p.run(step, env...); code != want {
					t.Fatalf("step %d exits with %d, want %d", k+1, code, want)
				}
			}
			if token == "" {
				if len(notes) != 1 {
					t.Error("a note without a token")
				}
				continue
			}
			if len(notes) != 2 || notes[0].Body != "well done" {
				t.Fatalf("notes %v", notes)
			}
			checkReview(t, i, notes[1].Body)
		}
	}
}
