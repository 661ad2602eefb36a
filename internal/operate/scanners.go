package operate

import (
	"context"
	"time"

	"lotse/internal/access"
)

// Scanner is a program the desk shows its mail to: for viruses, or for spam.
type Scanner struct {
	Name   string    // such as "clamd"
	Away   bool      // it does not answer; mail goes on unscanned
	Since  time.Time // it went away; zero if it is there
	Reason string    // in words of the network
}

// Scanners tells of every scanner of this node whether it answers.
func (j *Jobs) Scanners(_ context.Context, a access.Actor) ([]Scanner, error) {
	if err := a.Require(access.OperateSystem); err != nil || j.Parts.Scanners == nil {
		return nil, err
	}
	return j.Parts.Scanners(), nil
}
