package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/job"
	"github.com/weir-sql/weir/session/term"
)

func (a *app) publishCommand() *cobra.Command {
	var o session.Publishing
	var spec, only string
	var stream, batch []string
	var dryRun, schema bool
	cmd := &cobra.Command{
		Use:   "publish FILE",
		Short: "Make a stream job and a batch job of one script",
		Long: `publish writes two job files from one script, NAME.stream.yaml and NAME.batch.yaml below jobs/:
how it runs as a stream and how as a batch, each with its own parallelism, memory, start,
sinks, overlay and configuration. Both are planned as they would run; nothing is written if
one has an error. A batch with a schedule gets what schedulers need beside it: a line for cron,
a DAG for Airflow, a process for DolphinScheduler. They hand over the business date and wait for
what the script reads: partitions, files, watermarks, other jobs.

  weir publish sql/spend.sql --batch schedule='0 2 * * *' --batch zone=Asia/Shanghai --stream parallelism=4
  weir publish sql/spend.sql --jobs spend.jobs.yaml     the same from a file
  weir run --job jobs/spend.batch.yaml --var bizdate=2026-11-20
  weir ready jobs/spend.batch.yaml --var bizdate=2026-11-20

Fields: parallelism, memory, overlay, schedule, zone, checkpoint.dir, checkpoint.interval, start.TABLE,
sinks.TABLE, config.KEY, variables.NAME. An empty value takes one back. Publishing again keeps what job
files say unless a flag says otherwise, and prints every change; scheduler files edited by hand are kept.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if schema {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if schema {
				_, err := fmt.Fprint(a.out, job.Schema)
				return err
			}
			o.Script = args[0]
			if err := a.publishing(&o, spec, only, stream, batch); err != nil {
				return err
			}
			return a.publish(o, dryRun)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Name, "name", "", "name of the jobs (default: the script's)")
	f.StringVar(&o.Dir, "dir", "jobs", "folder of the jobs in the project")
	f.StringVar(&spec, "jobs", "", "settings from a YAML file: name, stream, batch")
	f.StringArrayVar(&stream, "stream", nil, "set a field of the stream job, field=value (repeatable)")
	f.StringArrayVar(&batch, "batch", nil, "set a field of the batch job, field=value (repeatable)")
	f.StringVar(&only, "only", "", "publish one of them: stream or batch")
	f.BoolVar(&o.Force, "force", false, "write scheduler files anew that were edited by hand")
	f.BoolVar(&dryRun, "dry-run", false, "say what would be written, and write nothing")
	f.BoolVar(&schema, "schema", false, "print the JSON Schema of job files")
	completeWith(cmd, "only", []string{"stream", "batch"})
	return cmd
}

// publishing reads the settings of flags, which win over those of a file.
func (a *app) publishing(o *session.Publishing, spec, only string, stream, batch []string) (err error) {
	if o.Modes, err = session.ParseModes(only); err != nil {
		return usageError{err}
	}
	o.Settings = map[session.Mode][]session.JobSetting{}
	if spec != "" {
		src, err := session.ReadFile(spec, a.in)
		if err != nil {
			return err
		}
		name, settings, err := session.ReadSettings(src)
		if err != nil {
			return err
		}
		o.Settings = settings
		if o.Name == "" {
			o.Name = name
		}
	}
	for mode, flags := range map[session.Mode][]string{session.Stream: stream, session.Batch: batch} {
		for _, text := range flags {
			key, value, ok := strings.Cut(text, "=")
			if !ok {
				return usageError{fmt.Errorf("--%s takes field=value, not %q", mode, text)}
			}
			o.Settings[mode] = append(o.Settings[mode], session.JobSetting{Key: strings.TrimSpace(key), Value: value})
		}
	}
	return nil
}

func (a *app) publish(o session.Publishing, dryRun bool) error {
	s, err := a.open(o.Script)
	if err != nil {
		return err
	}
	defer s.Close()
	src, err := s.ReadScript(o.Script, a.in)
	if err != nil {
		return err
	}
	p, list, err := s.Publish(o)
	if a.diagnostics(src, list) {
		return exitError{exitUsage}
	}
	if err != nil {
		return err
	}
	for _, f := range p.Files {
		fmt.Fprintf(a.out, "%-9s  %s\n", f.State, term.Clean(f.Path))
		for _, c := range f.Changes {
			fmt.Fprintf(a.out, "           %s\n", term.Clean(c))
		}
	}
	for _, j := range p.Jobs {
		for _, n := range j.Needs {
			fmt.Fprintf(a.out, "%s needs %s\n", j.Mode, term.Clean(n.String()))
		}
	}
	if dryRun {
		fmt.Fprintln(a.out, "nothing written: --dry-run")
		return nil
	}
	return p.Save()
}

func (a *app) readyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ready JOB",
		Short: "Tell whether what a job reads is there",
		Long: `ready looks for what a published job needs for a business date: partitions and files, and
the watermark of topics, which it asks for one row behind the end of the day. It exits with 0 if the job
can run and with 1, naming what is missing, if not.

  weir ready jobs/spend.batch.yaml --var bizdate=2026-11-20`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := a.options()
			if err != nil {
				return err
			}
			s, j, err := session.OpenJob(args[0], o)
			if err != nil {
				return err
			}
			defer s.Close()
			missing, err := s.Ready(cmd.Context(), j)
			if err != nil {
				return err
			}
			for _, m := range missing {
				fmt.Fprintf(a.out, "waits for %s\n", term.Clean(m))
			}
			if len(missing) > 0 {
				return exitError{exitFailed}
			}
			fmt.Fprintln(a.out, "ready")
			return nil
		},
	}
}
