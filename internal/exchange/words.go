package exchange

import (
	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	overview "lotse/internal/digest"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/publish"
)

// What is stored as a number is written as a word. The words are part of the
// format: never change one.
var (
	roleWords       = map[int64]string{int64(access.Agent): "agent", int64(access.Lead): "lead", int64(access.Admin): "admin"}
	actorWords      = map[int64]string{int64(access.Nobody): "nobody", int64(access.System): "system", int64(access.Staff): "staff", int64(access.Customer): "customer"}
	entryWords      = map[int64]string{int64(catalog.Topic): "topic", int64(catalog.Product): "product", int64(catalog.Region): "region"}
	caseWords       = map[int64]string{int64(desk.Fresh): "new", int64(desk.Open): "open", int64(desk.WaitingCustomer): "waiting_customer", int64(desk.WaitingOthers): "waiting_others", int64(desk.Answered): "answered", int64(desk.Solved): "solved", int64(desk.Closed): "closed"}
	publicWords     = map[int64]string{int64(desk.NotPublic): "none", int64(desk.PublicWaiting): "waiting", int64(desk.PublicShown): "shown", int64(desk.PublicGone): "gone"}
	messageWords    = map[int64]string{int64(desk.Inbound): "inbound", int64(desk.Reply): "reply", int64(desk.Note): "note", int64(desk.Ack): "acknowledgement", int64(desk.HandOver): "hand_over", int64(desk.Withdrawn): "withdrawn", int64(desk.MovedAway): "moved_away", int64(desk.SideOut): "side_out", int64(desk.SideIn): "side_in"}
	visibilityWords = map[int64]string{int64(desk.Private): "private", int64(desk.Internal): "internal", int64(desk.Public): "public"}
	joinedWords     = map[int64]string{int64(desk.Opened): "opened", int64(desk.ByToken): "token", int64(desk.ByReference): "reference", int64(desk.ByHand): "hand", int64(desk.ByStaff): "staff", int64(desk.ByLink): "link", int64(desk.ByMerge): "merge", int64(desk.ByAnswer): "answer", int64(desk.BySibling): "sibling", int64(desk.ByForward): "forward", int64(desk.ByReport): "report"}
	automationWords = map[int64]string{int64(intake.Person): "person", int64(intake.Generated): "generated", int64(intake.Replied): "replied", int64(intake.Bulk): "bulk", int64(intake.Bounce): "bounce", int64(intake.Own): "own"}
	suggestWords    = map[int64]string{int64(desk.SuggestNumber): "number", int64(desk.SuggestReference): "reference", int64(desk.SuggestSubject): "subject", int64(desk.SuggestSender): "sender", int64(desk.SuggestUnproven): "unproven"}
	reportWords     = map[int64]string{0: "nothing", int64(intake.Undelivered): "undelivered", int64(intake.Delayed): "delayed", int64(intake.Delivered): "delivered", int64(intake.Complaint): "complaint", int64(intake.Absent): "absent", int64(intake.Read): "read", int64(intake.Unexplained): "unexplained"}
	deliveryWords   = map[int64]string{int64(outbox.ReplyKind): "reply", int64(outbox.AckKind): "acknowledgement", int64(outbox.SideKind): "side"}
	sentWords       = map[int64]string{int64(outbox.Queued): "queued", int64(outbox.Sending): "sending", int64(outbox.Sent): "sent", int64(outbox.Failed): "failed", int64(outbox.Unsure): "uncertain", int64(outbox.Settled): "settled", int64(outbox.Cancelled): "cancelled", int64(outbox.Held): "held"}
	recipientWords  = map[int64]string{int64(outbox.RoleTo): "to", int64(outbox.RoleCc): "cc", int64(outbox.RoleBcc): "bcc"}
	wayWords        = map[int64]string{0: "none", int64(outbox.ByPhone): "phone", int64(outbox.ByLetter): "letter", int64(outbox.ByPage): "page", int64(outbox.Arrived): "arrived", int64(outbox.Corrected): "corrected", int64(outbox.Repeated): "again", int64(outbox.Dropped): "dropped"}
	threadWords     = map[int64]string{int64(publish.Hidden): "hidden", int64(publish.Shown): "shown", int64(publish.Gone): "gone"}
	postWords       = map[int64]string{int64(publish.Question): "question", int64(publish.Answer): "answer", int64(publish.Contribution): "contribution"}
	postStateWords  = map[int64]string{int64(publish.PostUnconfirmed): "unconfirmed", int64(publish.PostReview): "review", int64(publish.PostShown): "shown", int64(publish.PostWithdrawn): "withdrawn", int64(publish.PostRefused): "refused", int64(publish.PostDraft): "draft"}
	rhythmWords     = map[int64]string{int64(overview.Daily): "daily", int64(overview.Weekly): "weekly"}
	envelopeWords   = map[int64]string{int64(intake.Waiting): "waiting", int64(intake.Done): "done", int64(intake.Duplicate): "duplicate", int64(intake.Look): "look", int64(intake.Dismissed): "dismissed", int64(intake.Gone): "gone"}
)
