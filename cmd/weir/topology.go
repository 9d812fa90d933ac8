package main

import "github.com/spf13/cobra"

// overlayFlag adds --no-overlay to a command that plans scripts.
func (a *app) overlayFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.noOverlay, "no-overlay", false, "leave the edits of the script's .topology.yaml out")
}
