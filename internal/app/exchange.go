package app

import "lotse/internal/exchange"

// Exchange is the desk for export and import.
func (a *App) Exchange(tell exchange.Progress) exchange.Desk {
	return exchange.Desk{DB: a.DB, Seal: a.Seal, Blobs: a.Blobs, Clock: a.Clock, Program: a.program, Progress: tell, Log: a.Log}
}
