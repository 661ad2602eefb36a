// Package desk is the core: cases, their messages, owner, state and timeline.
package desk
