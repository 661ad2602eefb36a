package main

import (
	"fmt"
	"runtime"
)

type versionCommand struct{}

// Run prints the version and what it was built with.
func (versionCommand) Run() error {
	fmt.Printf("lotse %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
