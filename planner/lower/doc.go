// Package lower turns a rewritten logical tree into a topology.Graph whose nodes
// hold operator specs (package physical). Steps, in order, each a file:
//
//	lower.go        one operator for every logical node that needs one; projections
//	                and filters in a row become one Calc
//	changelog.go    which row kinds flow where: what operators produce, inferred
//	                forward, and who needs −U, inferred backward
//	distribution.go parallelism of operators, partitioners of edges
//	state.go        what operators keep, for the diff's verdicts
//	graph.go        nodes and edges
//
// It lives beside package physical, not in it, because logical trees use physical's
// words (join kinds, windows) and executors need specs without the planner.
//
// Inference of changelogs follows Flink's FlinkChangelogModeInferenceProgram:
//
//	L1  Forward, from sources to sinks: a node's row kinds follow from those of its
//	    inputs. Updates count as one kind here; whether they come with −U is decided next.
//	L2  Backward, from sinks to sources: a node gives −U if one of its readers needs
//	    it. A reader that does not, of a node that must, gets a DropUpdateBefore only
//	    in front of sources that cannot leave it out and shared nodes.
//	L3  A sink that takes no −U needs none only if an upsert key of its input is
//	    exactly its primary key; else changes of one primary key could come from
//	    several keys, and −U is needed to put them in order (Materialize).
package lower
