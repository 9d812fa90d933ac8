package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
)

func (a *app) prCommand() *cobra.Command {
	var base, head, failOn, mode string
	cmd := &cobra.Command{
		Use:   "pr",
		Short: "Write the review of a pull request as one Markdown comment",
		Long: `pr compares every script of the project with the commit the branch began at, and writes
one Markdown comment: the verdict on the state in its first line, the operators that
changed, the graph with the changes marked. It reads the repository's objects and the
scripts, runs nothing and needs no network; posting the comment is left to CI, see
docs/pull-requests.md.

  weir pr --base origin/main                        the working tree against main
  weir pr --base origin/main --head pull/7          two revisions, nothing checked out
  weir pr --base origin/main --fail-on lost         exit 11 if state would be lost or wrong

Exit codes: 0 unless --fail-on says otherwise; then 10 changed, 11 state lost or wrong, 2 a
script cannot be planned.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch failOn {
			case "", "lost", "changed":
			default:
				return usageError{fmt.Errorf("--fail-on is lost or changed, not %q", failOn)}
			}
			r, err := a.pullRequest(cmd.Context(), base, head, mode)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprint(a.out, r.Markdown()); err != nil {
				return err
			}
			switch {
			case failOn == "":
			case r.Broken():
				return exitError{exitUsage}
			case r.Lost():
				return exitError{exitLost}
			case failOn == "changed" && len(r.Jobs) > 0:
				return exitError{exitChanged}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&base, "base", "", "branch the pull request goes to (default: CI's, then origin/HEAD, then main)")
	f.StringVar(&head, "head", "", "revision to review (default: the working tree)")
	f.StringVar(&failOn, "fail-on", "", "give an exit code for: lost, changed")
	f.StringVar(&mode, "mode", "", "stream or batch (default: each script's)")
	completeWith(cmd, "fail-on", []string{"lost", "changed"})
	return cmd
}

// pullRequest compares the project with the commit at which its branch left the base.
func (a *app) pullRequest(ctx context.Context, base, head, mode string) (*session.Review, error) {
	s, err := a.open("")
	if err != nil {
		return nil, err
	}
	defer s.Close()
	bases := []string{base}
	if base == "" {
		bases = nil
		if name := os.Getenv("GITHUB_BASE_REF"); name != "" {
			bases = append(bases, "origin/"+name)
		}
		if hash := os.Getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA"); hash != "" {
			bases = append(bases, hash)
		}
		bases = append(bases, "origin/HEAD", "main", "master")
	}
	rev, err := session.ForkPoint(ctx, s.Project.Dir, bases, head)
	if err != nil {
		return nil, err
	}
	old, err := s.At(rev, s.Project.Dir)
	if err != nil {
		return nil, err
	}
	now, name := s, "the working tree"
	if head != "" {
		at, err := session.OpenRevision(ctx, s.Project.Dir, head)
		if err != nil {
			return nil, err
		}
		if now, err = s.At(at, s.Project.Dir); err != nil {
			return nil, err
		}
		name = at.Commit[:12]
	}
	return session.CompareProjects(fmt.Sprintf("%s (%s)", rev.Name, rev.Commit[:12]), name, old, now, mode)
}
