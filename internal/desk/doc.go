// Package desk is the core: cases, their messages, owner, state and timeline.
//
// A case has one number, one customer and always an owner: a person, or the duty
// roster of its team before a person took it. What happens to it is a change:
// the desk writes the data and the event, runs the hooks in the same transaction
// and sends a live signal after commit.
//
// Others react in two ways, both registered by package app; the desk never names
// who listens:
//
//   - Hooks run in order inside the transaction, with all changes of the batch at
//     once, and may refuse: the list row in views, the delivery in outbox.
//   - Events are rows of their own, written with the change, for jobs, feeds and
//     figures after commit.
//
// Order within a case holds over all channels by the case's version: every
// change raises it by one, and a writer that saw an older one is refused.
package desk
