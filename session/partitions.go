package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/physical"
)

// PartitionCount is how many partitions of a table a plan reads.
type PartitionCount struct {
	Table     string
	Read, All int
	// By are the tables whose rows decide, while the plan runs, which of Read are opened.
	By []string
}

// String prints a count for people: "orders  1 of 1,000".
func (c PartitionCount) String() string {
	text := fmt.Sprintf("%s  %s of %s", c.Table, Thousands(int64(c.Read)), Thousands(int64(c.All)))
	if len(c.By) > 0 {
		text += ", of those the ones that " + strings.Join(c.By, " and ") + " has"
	}
	return text
}

// Partitions counts the partitions that the sources of a plan read. It lists directories and opens no file. A table
// whose files are not there yet has none.
func (s *Session) Partitions(ctx context.Context, p *Plan) ([]PartitionCount, error) {
	if p.Graph == nil {
		return nil, nil
	}
	reg := s.registry(registryOptions{zone: p.Zone, batch: p.Mode == Batch})
	var out []PartitionCount
	for _, n := range p.Graph.Nodes {
		spec, ok := n.Spec.(*physical.Source)
		if !ok || len(spec.Table.PartitionKey) == 0 || reg.Connector(spec.Options["connector"]) == nil {
			continue
		}
		read, all, err := reg.CountPartitions(ctx, spec.Scan)
		if err != nil {
			return nil, err
		}
		if all == 0 {
			continue
		}
		c := PartitionCount{Table: spec.Table.Path.Name, Read: read, All: all}
		for _, f := range spec.Await {
			c.By = append(c.By, f.By)
		}
		out = append(out, c)
	}
	return out, nil
}
