package agg

var sumEntries, minMaxEntries []*Entry
