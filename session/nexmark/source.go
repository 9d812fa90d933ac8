package nexmark

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// Source is the table that events come from, as its WITH options.
type Source struct{ Options map[string]string }

// Generator makes events as they are read. With pushdown only what a query reads is made.
func Generator(events int64, pushdown bool) Source {
	o := map[string]string{"connector": "nexmark", "events.num": strconv.FormatInt(events, 10)}
	if pushdown {
		o["projection-pushdown"] = "true"
	}
	return Source{o}
}

// File is events as JSON lines in a folder.
func File(path string) Source {
	return Source{map[string]string{"connector": "filesystem", "path": path, "format": "json"}}
}

// Kafka is events as JSON in a topic, read to where it ends now.
func Kafka(brokers, topic string) Source {
	return Source{map[string]string{"connector": "kafka", "properties.bootstrap.servers": brokers, "topic": topic, "format": "json",
		"scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset"}}
}

// Load writes events into a source that is not the generator.
func Load(ctx context.Context, s *session.Session, events int64, to Source) error {
	return LoadFrom(ctx, s, Generator(events, false), to)
}

// LoadFrom writes the events of one source into another.
func LoadFrom(ctx context.Context, s *session.Session, from, to Source) error {
	options := map[string]string{}
	for k, v := range to.Options {
		if k != "scan.startup.mode" && k != "scan.bounded.mode" {
			options[k] = v
		}
	}
	text := table("stored", Source{options}) + table("generated", from) +
		"INSERT INTO stored SELECT event_type, person, auction, bid FROM generated;\n"
	if _, err := s.RunToEnd(ctx, diag.Source{Name: "load.sql", Text: text}, session.Batch, nil); err != nil {
		return fmt.Errorf("writing the events: %w", err)
	}
	return nil
}

// Prepare makes a folder the project that queries run in, with what they read beside the
// events: the side input of q13. Sessions that use the folder are opened afterwards.
func Prepare(dir string) error {
	var side strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&side, "%d,%d\n", i, i)
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, session.ProjectFile), []byte("name: nexmark\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "side_input.csv"), []byte(side.String()), 0o600))
}
