package app

import (
	"lotse/internal/channel/email/trust"
	"lotse/internal/domains"
)

// buildDomains makes what knows the domains mail is sent from. It looks names up
// where the checks of mail that comes in do, and not at all where they are off.
func (a *App) buildDomains() {
	c := a.Config
	parts := domains.Parts{DB: a.DB, Seal: a.Seal, Clock: a.Clock, Queue: a.Queue, Accounts: a.Catalog, MailHost: c.MailHost(), Listens: c.SMTP != "",
		Behind: c.LMTP != "" || len(c.MailRelay) > 0}
	if c.MailChecks {
		parts.Resolver = trust.SystemResolver(c.DNS)
	}
	a.Domains = domains.New(parts)
}
