package intake

import "time"

// SetCheckTime changes how long the checks of a batch may take.
func (in *Intake) SetCheckTime(d time.Duration) { in.checkTime = d }
