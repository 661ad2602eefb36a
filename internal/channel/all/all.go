// Package all registers every channel that is built into Lotse. Adding a
// channel means adding its folder and a line here.
package all

import (
	_ "lotse/internal/channel/email"   // mail by SMTP
	_ "lotse/internal/channel/webhook" // mail by HTTP, from providers and own programs
)
