//go:build unix

package child

import (
	"os/exec"
	"syscall"
)

// group gives the child a process group of its own, so that it can be killed whole.
func group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended already
	_ = cmd.Process.Kill()
}
