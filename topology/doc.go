// Package topology holds the StreamGraph a script becomes: operators, the edges
// between them, and everything a person may ask or change about either. The
// planner builds a Graph, the executor runs the JobGraph made from it, and every
// rendering (tree, boxes, SVG, Mermaid, DOT, JSON) and the diff read one
// marshalled form of it (Model).
//
// The package knows nothing of SQL, operators or tasks: what an operator computes
// is opaque to it (Node.Spec). It imports planner/diag only.
//
// Words used here:
//
//	node     one operator of the plan, e.g. a source, an aggregate, a sink
//	edge     rows flowing from one node to one numbered input of another
//	chain    nodes run by one task as plain calls; one chain is one Vertex
//	task     one parallel instance of a Vertex
//	edit     what a person wants otherwise than the planner; judged (legality.go)
//	         and applied together (edit.go), kept in a reviewed file (overlay.go)
//	anchor   the name of a node by where it stands, for writing edits by hand
//	uid      the name of a node that survives unrelated edits to the SQL; state
//	         and overlay edits hang on it (uid.go says from what it is made)
package topology
