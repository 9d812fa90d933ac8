package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// fixtureGenCommand makes rows from schemas.
func (a *app) fixtureGenCommand() *cobra.Command {
	o := session.GenOptions{}
	var start string
	cmd := &cobra.Command{
		Use:   "gen NAME --for FILE",
		Short: "Make rows for every table that a script reads",
		Long: `gen makes rows that fit the tables a script reads and writes them as a fixture. Whole numbers and texts are
among --keys values, so that tables join; with --skew 1 the first key is the most frequent. Equal seeds give
equal rows.

  weir fixture gen skewed --for sql/spend.sql --rows 1000 --keys 50 --skew 1 --late 0.02`,
		Args: cobra.ExactArgs(1),
	}
	fl := cmd.Flags()
	script := fl.String("for", "", "the script")
	fl.IntVar(&o.Rows, "rows", 100, "rows of each table")
	fl.Uint64Var(&o.Seed, "seed", 1, "equal seeds give equal rows")
	fl.IntVar(&o.Keys, "keys", 20, "values that keys are among")
	fl.Float64Var(&o.Skew, "skew", 0, "exponent of how much more often the first keys come; 0 = all alike")
	fl.Float64Var(&o.Nulls, "nulls", 0, "share of values that are NULL")
	fl.Float64Var(&o.Late, "late", 0, "share of rows that come late")
	fl.DurationVar(&o.LateBy, "late-by", time.Hour, "how late")
	fl.Float64Var(&o.Duplicates, "duplicates", 0, "share of rows that come twice")
	fl.StringVar(&start, "start", "2026-01-01 00:00:00", "event time of the first row, UTC")
	fl.DurationVar(&o.Every, "every", time.Second, "event time between rows")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		at, err := time.Parse(time.DateTime, start)
		if err != nil {
			return usageError{fmt.Errorf("--start takes a time such as 2026-01-01 00:00:00, not %q", start)}
		}
		o.Start = at
		for name, share := range map[string]float64{"nulls": o.Nulls, "late": o.Late, "duplicates": o.Duplicates} {
			if share < 0 || share > 1 {
				return usageError{fmt.Errorf("--%s is a share from 0 to 1, not %g", name, share)}
			}
		}
		if *script == "" || o.Rows < 0 || o.Keys < 1 || o.Skew < 0 {
			return usageError{fmt.Errorf("gen takes --for FILE, --rows from 0, --keys from 1, --skew from 0")}
		}
		return a.withScript(*script, func(s *session.Session, src diag.Source) error {
			rows, err := s.GenerateFixture(src, o, filepath.Join(s.Project.Dir, "fixtures", args[0]))
			if err == nil {
				a.wrote(args[0], rows)
			}
			return err
		})
	}
	return cmd
}

// fixtureMaskCommand covers values.
func (a *app) fixtureMaskCommand() *cobra.Command {
	var script, to, key string
	var texts []string
	cmd := &cobra.Command{
		Use:   "mask NAME --for FILE --rule TABLE.COLUMN=HOW --to NEW",
		Short: "Cover values of a fixture, so that it still joins",
		Long: `mask writes a fixture anew with values covered. Equal values become equal masks, in every table, so that
masked rows still join. HOW is one of

  shape   every letter by a letter, every digit by a digit; lengths, signs and separators stay
  hash    texts by 16 hexadecimal digits
  null    NULL
  keep    as it is: for a column that a later rule would cover

* in a name is any text. --key makes the masks its own; without it, who knows the values can try them.

  weir fixture mask recorded --for sql/spend.sql --rule users.name=shape --rule '*.user_id=shape' --key "$KEY" --to shared`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if script == "" || to == "" || len(texts) == 0 {
				return usageError{fmt.Errorf("mask takes --for FILE, --to NEW and at least one --rule")}
			}
			var rules []session.MaskRule
			for _, t := range texts {
				r, err := session.ParseMaskRule(t)
				if err != nil {
					return usageError{err}
				}
				rules = append(rules, r)
			}
			return a.withScript(script, func(s *session.Session, src diag.Source) error {
				set, err := s.Fixture(args[0])
				if err != nil {
					return err
				}
				covered, err := s.MaskFixture(src, set, rules, key, filepath.Join(s.Project.Dir, "fixtures", to))
				if err != nil {
					return err
				}
				var names []string
				for column, how := range covered {
					names = append(names, column+" "+how)
				}
				slices.Sort(names)
				fmt.Fprintf(a.out, "%s: %s\n", to, strings.Join(names, ", "))
				return nil
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&script, "for", "", "the script that declares the tables")
	fl.StringVar(&to, "to", "", "name of the new fixture")
	fl.StringVar(&key, "key", "", "a secret that the masks depend on")
	fl.StringArrayVar(&texts, "rule", nil, "TABLE.COLUMN=shape|hash|null|keep (repeatable; the first that fits counts)")
	return cmd
}

// fixtureRecordCommand takes a sample of live tables.
func (a *app) fixtureRecordCommand() *cobra.Command {
	var o session.RecordOptions
	var to, mode string
	cmd := &cobra.Command{
		Use:   "record FILE --to NAME",
		Short: "Take a sample of the live tables that a script reads, such that it still joins",
		Long: `record reads the first rows of one table, and of every table that the script joins to it all rows that the
sample joins with. Sources are read as far as they are now; nothing is written but the fixture.

  weir fixture record sql/spend.sql --rows 200 --to recorded`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" || o.Rows < 1 {
				return usageError{fmt.Errorf("record takes --to NAME, and --rows from 1")}
			}
			return a.withScript(args[0], func(s *session.Session, src diag.Source) error {
				var err error
				if o.Mode, err = s.ModeFor(mode, src); err != nil {
					return usageError{err}
				}
				return a.record(cmd.Context(), s, src, o, to)
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&to, "to", "", "name of the fixture")
	fl.StringVar(&o.Lead, "lead", "", "the table that leads (default: the first that the script reads)")
	fl.IntVar(&o.Rows, "rows", 1000, "rows of the table that leads")
	fl.StringVar(&mode, "mode", "", "whose tables: stream or batch")
	return cmd
}

func (a *app) record(ctx context.Context, s *session.Session, src diag.Source, o session.RecordOptions, to string) error {
	rec, err := s.RecordFixture(ctx, src, o, filepath.Join(s.Project.Dir, "fixtures", to))
	if err != nil {
		return err
	}
	a.wrote(to, rec.Rows)
	if len(rec.Joins) > 0 {
		fmt.Fprintf(a.out, "  closed under %s\n", strings.Join(rec.Joins, ", "))
	}
	return nil
}

// wrote tells what a new fixture holds.
func (a *app) wrote(name string, rows map[string]int) {
	var parts []string
	for table, n := range rows {
		parts = append(parts, table+" "+topology.Count(n, "row"))
	}
	slices.Sort(parts)
	fmt.Fprintf(a.out, "%s: %s\n", name, strings.Join(parts, ", "))
}
