// Package flink replays SQL cases against the answers that a real Apache Flink 2.2
// gave. Cases are JSON lines in ../testdata/flink/NAME.jsonl, answers in
// NAME.answers.jsonl; a line {"shared":NAME,"setup":…,"files":…} holds inputs for the
// cases below it that say "use":NAME. known.txt lists where weir differs, and why.
package flink

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/weir-sql/weir/session/sqltest"
)

// Suite is one file of cases with its answers.
type Suite struct {
	Name    string
	Cases   []sqltest.Case
	Answers map[string]sqltest.Answer
}

// Load reads all suites of a folder. Case ids must be unique in all of them.
func Load(dir string) ([]*Suite, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	var all []*Suite
	seen := map[string]bool{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		if strings.HasSuffix(name, ".answers") {
			continue
		}
		shared := map[string]sqltest.Case{}
		s := &Suite{Name: name, Answers: map[string]sqltest.Answer{}}
		err := lines(path, func(line []byte) error {
			var c struct {
				sqltest.Case
				Shared string // the line holds inputs that several cases use
				Use    string // name of them
			}
			if err := json.Unmarshal(line, &c); err != nil {
				return err
			}
			if c.Shared != "" {
				shared[c.Shared] = c.Case
				return nil
			}
			if in, ok := shared[c.Use]; ok {
				c.Setup, c.Files = append(append([]string(nil), in.Setup...), c.Setup...), in.Files
			} else if c.Use != "" {
				return fmt.Errorf("case %s uses %s, which is not shared above it", c.ID, c.Use)
			}
			if seen[c.ID] {
				return fmt.Errorf("case %s is there twice", c.ID)
			}
			seen[c.ID] = true
			s.Cases = append(s.Cases, c.Case)
			return nil
		})
		if err != nil {
			return nil, err
		}
		err = lines(answersPath(dir, name), func(line []byte) error {
			a, err := sqltest.Decode(line)
			s.Answers[a.ID] = a
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func answersPath(dir, name string) string { return filepath.Join(dir, name+".answers.jsonl") }

// lines calls fn for every line that is not empty.
func lines(path string, fn func([]byte) error) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i, line := range bytes.Split(text, []byte{'\n'}) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := fn(line); err != nil {
			return fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return nil
}

// Known reads the list of known differences: id → reason.
func Known(path string) (map[string]string, error) {
	known := map[string]string{}
	err := lines(path, func(line []byte) error {
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "#") {
			return nil
		}
		id, reason, ok := strings.Cut(text, " ")
		if reason = strings.TrimSpace(reason); !ok || reason == "" {
			return fmt.Errorf("%q needs a reason", id)
		}
		if known[id] != "" {
			return fmt.Errorf("%s is listed twice", id)
		}
		known[id] = reason
		return nil
	})
	return known, err
}

// Forget drops the answers of cases whose id begins so, that Record asks for them again.
func (s *Suite) Forget(prefix string) {
	maps.DeleteFunc(s.Answers, func(id string, _ sqltest.Answer) bool { return strings.HasPrefix(id, prefix) })
}

// batch is how many cases a Flink is asked at once: what it answered is kept before the
// next ones, so that a recording that is broken off goes on where it was.
const batch = 500

// Record asks a Flink for the answers of all cases that have none, keeps them and gives
// their number. oracle is a program that reads a case a line and writes an answer a line;
// scratch is a folder for the cases' files.
func Record(dir, oracle, scratch string, suites []*Suite) (int, error) {
	var in bytes.Buffer
	of := map[string]*Suite{}
	n := 0
	flush := func() error {
		if len(of) == 0 {
			return nil
		}
		got, err := ask(oracle, &in, of, scratch)
		n += got
		for s := range changed(of) {
			err = errors.Join(err, s.save(dir))
		}
		in.Reset()
		clear(of)
		return err
	}
	for _, s := range suites {
		for i, c := range s.Cases {
			if _, ok := s.Answers[c.ID]; ok {
				continue
			}
			at := filepath.Join(scratch, fmt.Sprintf("%s-%d", s.Name, i))
			if err := os.MkdirAll(at, 0o755); err != nil {
				return n, err
			}
			if err := c.WriteFiles(at); err != nil {
				return n, err
			}
			c = c.In(at)
			c.Files = nil
			line, err := json.Marshal(c)
			if err != nil {
				return n, err
			}
			in.Write(append(line, '\n'))
			if of[c.ID] = s; len(of) < batch {
				continue
			}
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	return n, flush()
}

// changed is the set of suites that cases belong to.
func changed(of map[string]*Suite) map[*Suite]bool {
	out := map[*Suite]bool{}
	for _, s := range of {
		out[s] = true
	}
	return out
}

// ask runs the oracle over cases, a line each, and puts its answers into their suites.
func ask(oracle string, cases io.Reader, of map[string]*Suite, scratch string) (n int, err error) {
	cmd := exec.Command(oracle)
	cmd.Stdin, cmd.Stderr = cases, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadBytes('\n')
		if len(line) == 0 {
			break
		}
		if err != nil {
			return n, errors.Join(err, cmd.Wait())
		}
		a, err := sqltest.Decode(line)
		if err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return n, err
		}
		if s := of[a.ID]; s != nil {
			a.Error = strings.ReplaceAll(firstLine(a.Error), scratch, "$DIR")
			s.Answers[a.ID] = a
			n++
		}
	}
	return n, cmd.Wait()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// save writes the answers in the order of the cases.
func (s *Suite) save(dir string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, c := range s.Cases {
		if a, ok := s.Answers[c.ID]; ok {
			if err := enc.Encode(a); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(answersPath(dir, s.Name), b.Bytes(), 0o600)
}

// Area is the first word of a case's id: agg-distinct-3 → agg.
func Area(id string) string {
	area, _, _ := strings.Cut(id, "-")
	return area
}

// Score counts agreements by area.
type Score map[string][2]int

// Add counts one case.
func (s Score) Add(id string, agrees bool) {
	n := s[Area(id)]
	n[1]++
	if agrees {
		n[0]++
	}
	s[Area(id)] = n
}

// String lists the areas: agree/total.
func (s Score) String() string {
	var names []string
	agree, total := 0, 0
	for n, c := range s {
		names = append(names, n)
		agree += c[0]
		total += c[1]
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%-12s %4d/%d\n", n, s[n][0], s[n][1])
	}
	fmt.Fprintf(&b, "%-12s %4d/%d\n", "all", agree, total)
	return b.String()
}
