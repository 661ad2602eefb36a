package exchange

import (
	"lotse/internal/catalog"
	"lotse/internal/outbox"
	"lotse/internal/platform/ids"
)

// pageSize is how many records are read at once.
const pageSize = 500

// inTrash is the state of a list row whose case is in the trash (package views).
const inTrash = 9

// kinds is the format: what is exported, in an order in which it can be imported.
var kinds = []*kind{
	{name: "brands", table: "brands", key: []string{"id"}, fields: []field{
		f(anID, "id"), f(text, "slug"), f(text, "name"), f(text, "host"), f(text, "language"), f(text, "color"), f(base64ed, "logo"),
		f(text, "logo_type"), f(number, "look_version"), f(moment, "created_at")}},
	{name: "teams", table: "teams", key: []string{"id"}, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(text, "name"), f(rawJSON, "calendar"), f(number, "answer_minutes"), f(flag, "restricted"), f(text, "sender_name"),
		f(anID, "mailbox", "mailbox_id"), f(moment, "created_at")}},
	{name: "staff", table: "staff", key: []string{"id"}, page: 50, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(text, "email"), f(text, "name"), words("role", roleWords), f(text, "language"), f(flag, "active"),
		f(moment, "created_at"), f(moment, "last_seen_at"), f(base64ed, "portrait"), f(text, "portrait_type"), f(anID, "portrait_key"), f(flag, "portrait_public")},
		fixed: map[string]any{"password_hash": ""},
		kids:  []child{{name: "teams", table: "staff_teams", parent: "staff_id", order: "team_id", flat: true, fields: []field{f(anID, "team", "team_id")}}}},
	{name: "mailboxes", table: "accounts", key: []string{"id"}, owner: "t.id", fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "team", "team_id"), f(text, "channel"), f(text, "address"), f(rawJSON, "aliases"), f(text, "name"),
		f(text, "language"), f(flag, "active"), f(sealedJSON, "receive").without("password", "oauth.client_secret", "oauth.refresh_token", "granted"),
		f(sealedJSON, "relay").without("password", "oauth.client_secret", "oauth.refresh_token", "granted"), f(sealedJSON, "signatures"), f(flag, "no_detail"), f(flag, "sent_copy"), f(text, "sent_folder"),
		f(moment, "created_at")},
		kids: []child{{name: "cursors", table: "mail_cursors", parent: "account_id", order: "folder", fields: []field{
			f(text, "folder"), f(number, "uid_validity"), f(number, "uid"), f(text, "held"), f(number, "old_uid"), f(moment, "started_at"), f(moment, "changed_at")}}}},
	{name: "hooks", table: "hooks", key: []string{"id"}, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "mailbox", "account_id"), f(text, "provider"), f(text, "name"), f(flag, "active"), f(moment, "created_at"),
		f(moment, "last_used_at")},
		fixed: map[string]any{"secret": []byte{}}},
	{name: "templates", table: "templates", key: []string{"id"}, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "mailbox", "account_id"), f(text, "key"), f(text, "language"), f(text, "subject"), f(text, "text"),
		f(moment, "changed_at"), f(anID, "changed_by")}},
	{name: "template_changes", table: "template_changes", key: []string{"id"}, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "mailbox", "account_id"), f(text, "key"), f(text, "language"), f(text, "subject"), f(text, "text"),
		f(flag, "reset"), f(moment, "changed_at"), f(anID, "changed_by")}},
	{name: "digests", table: "digests", key: []string{"staff_id"}, fields: []field{
		f(anID, "staff", "staff_id"), f(anID, "brand", "brand_id"), words("rhythm", rhythmWords), f(moment, "next_at"), f(moment, "changed_at")}},
	{name: "settings", table: "settings", from: "settings AS t JOIN brands AS b ON b.id = t.brand_id", fields: []field{
		f(anID, "brand", "brand_id"), f(text, "key"), f(rawJSON, "value"), f(moment, "changed_at")}},
	{name: "catalogue", table: "entries", key: []string{"id"}, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), words("kind", entryWords), f(text, "key"), f(textJSON, "names"), f(anID, "parent", "parent_id").afterwards(),
		f(number, "position"), f(moment, "created_at"), f(moment, "retired_at")}},
	{name: "customers", table: "customers", key: []string{"id"}, owner: "t.id", fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(sealed, "name"), f(text, "language"), f(moment, "created_at")},
		kids: []child{{name: "identities", table: "identities", parent: "customer_id", order: "id", inherit: map[string]string{"brand_id": "brand_id"},
			fields:  []field{f(anID, "id"), f(text, "kind"), f(sealed, "value"), f(moment, "created_at"), f(moment, "confirmed_at")},
			lookups: []lookup{{column: "lookup", field: "value", kind: identityLookup}}}}},
	{name: "blocks", table: "blocks", key: []string{"id"}, owner: "t.id", fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(text, "kind"), f(sealed, "value"), f(text, "reason"), f(anID, "blocked_by"), f(moment, "created_at")},
		lookups: []lookup{{column: "lookup", field: "value", kind: identityLookup}}},
	{name: "cases", table: "cases", key: []string{"id"}, owner: "t.customer_id", fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(text, "number"), f(sealed, "subject"), words("state", caseWords), f(anID, "team", "team_id"), f(anID, "owner", "owner_id"),
		f(anID, "customer", "customer_id"), f(anID, "mailbox", "account_id"), f(text, "channel"), f(text, "language"), f(anID, "topic", "topic_id"), f(anID, "product", "product_id"),
		f(anID, "region", "region_id"), f(number, "version"), f(number, "messages"), f(anID, "merged_into").afterwards(), f(moment, "created_at"), f(moment, "changed_at"),
		f(moment, "due_at"), f(moment, "answered_at"), f(moment, "closed_at"), f(moment, "trashed_at"), f(moment, "erasure_at"), f(number, "spam"), words("public", publicWords)},
		kids: []child{
			{name: "participants", table: "participants", parent: "case_id", order: "customer_id", flat: true, fields: []field{f(anID, "customer", "customer_id")}},
			{name: "list", table: "case_rows", parent: "case_id", order: "case_id", single: true,
				fields: []field{f(sealed, "customer_name"), f(sealed, "excerpt"), f(flag, "awaits"), f(moment, "moved_at")},
				inherit: map[string]string{"brand_id": "brand_id", "number": "number", "subject": "subject", "customer_id": "customer_id", "team_id": "team_id",
					"owner_id": "owner_id", "channel": "channel", "messages": "messages", "due_at": "due_at"},
				extra: []string{"state"}, adapt: listState}}},
	{name: "suggestions", table: "suggestions", key: []string{"case_id", "target_id"}, fields: []field{
		f(anID, "case", "case_id"), f(anID, "target", "target_id"), words("reason", suggestWords), f(moment, "settled_at"), f(moment, "created_at")}},
	{name: "sides", table: "side_conversations", key: []string{"id"}, owner: "t.id", fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "case", "case_id"), f(text, "code"), f(sealedJSON, "head"), f(anID, "opened_by"), f(moment, "created_at"), f(moment, "closed_at")}},
	{name: "messages", table: "messages", key: []string{"id"}, from: "messages AS t JOIN cases AS c ON c.id = t.case_id", owner: "c.customer_id", page: 200, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "case", "case_id"), f(number, "seq"), words("kind", messageWords), words("visibility", visibilityWords),
		words("author_kind", actorWords), f(anID, "author", "author_id"), f(sealed, "author_name"), f(text, "channel"), f(sealed, "subject"), f(sealed, "text", "body"), f(sealed, "html"),
		f(sealed, "external_id"), f(hexed, "identity"), f(anID, "envelope", "envelope_id"), words("joined", joinedWords), words("automation", automationWords),
		f(maybeJSON, "folds"), f(sealedJSON, "findings"), f(sealedJSON, "addressed"), f(anID, "side", "side_id"), f(anID, "to_team"), f(anID, "to_owner"), f(moment, "claimed_at"), f(moment, "created_at")},
		lookups: []lookup{{column: "external_lookup", field: "external_id", kind: externalLookup, null: true}},
		kids: []child{{name: "awaits", table: "message_references", parent: "message_id", order: "position", inherit: map[string]string{"brand_id": "brand_id"},
			fields:  []field{f(number, "position"), f(sealed, "external_id", "value")},
			lookups: []lookup{{column: "lookup", field: "external_id", kind: func(r *record) string { return externalLookup(r.parent) }}}}}},
	{name: "attachments", table: "attachments", key: []string{"id"}, from: "attachments AS t JOIN cases AS c ON c.id = t.case_id", owner: "c.customer_id", fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "case", "case_id"), f(anID, "message", "message_id"), f(number, "position"), f(sealed, "name"), f(text, "content_type"),
		f(sealed, "content_id"), f(flag, "inline"), f(number, "size"), f(text, "virus"), f(flag, "linked").added(), f(digest, "sha256")},
		extra: []string{"blob_id"}, adapt: (*loader).attachment},
	{name: "deliveries", table: "deliveries", key: []string{"id"}, from: "deliveries AS t JOIN cases AS c ON c.id = t.case_id", owner: "c.customer_id",
		where: "t.kind IN (1, 2, 6)", fields: []field{ // others carry secret links or go to colleagues
			f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "mailbox", "account_id"), f(anID, "case", "case_id"), f(anID, "message", "message_id"), words("kind", deliveryWords),
			f(text, "channel"), f(sealed, "address"), words("state", sentWords), f(number, "attempts"), f(moment, "next_at"), f(number, "code"),
			f(sealed, "words").ownedBy("case_id"), f(moment, "created_at"), f(moment, "sent_at"), words("reported", reportWords).added(), f(anID, "report", "report_id"),
			f(text, "status"), f(text, "reason"), f(flag, "hard").added(), f(moment, "until", "until_at"), words("role", recipientWords).added(),
			words("way", wayWords).added(), f(anID, "settled_by"), f(moment, "settled_at"), f(anID, "follows")},
		fixed: map[string]any{"content": []byte{}, "sending_until": nil}, adapt: (*loader).delivery,
		lookups: []lookup{{column: "address_lookup", field: "address", kind: func(*record) string { return "address" }, of: catalog.WithoutDetail}}},
	{name: "threads", table: "threads", key: []string{"id"}, owner: "t.owner_id", fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(text, "key"), f(text, "slug"), f(sealed, "title"), f(sealed, "excerpt"), f(anID, "owner", "owner_id"), f(anID, "team", "team_id"),
		f(text, "language"), words("state", threadWords), f(number, "version"), f(number, "posts"), f(flag, "solved"), f(moment, "published_at"), f(moment, "answered_at"),
		f(moment, "due_at"), f(moment, "gone_at"), f(moment, "changed_at"), f(moment, "created_at")},
		kids: []child{{name: "cases", table: "thread_cases", parent: "thread_id", order: "case_id", flat: true, fields: []field{f(anID, "case", "case_id")}}}},
	{name: "posts", table: "posts", key: []string{"id"}, owner: "t.owner_id", page: 200, fields: []field{
		f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "thread", "thread_id"), f(number, "seq"), words("kind", postWords), words("state", postStateWords), f(anID, "owner", "owner_id"),
		f(anID, "case", "case_id"), f(anID, "message", "message_id"), f(anID, "customer", "customer_id"), f(anID, "staff", "staff_id"), f(sealed, "author_name"), f(text, "author_role"),
		f(sealed, "title"), f(sealed, "text", "body"), f(sealed, "html"), f(text, "language"), f(number, "version"), f(flag, "substantive"), f(sealedJSON, "doubts"), f(number, "spam"),
		f(anID, "released_by"), f(moment, "released_at"), f(moment, "edited_at"), f(moment, "withdrawn_at"), words("withdrawn_by", actorWords), f(text, "reason"),
		f(moment, "created_at"), f(moment, "changed_at")},
		kids: []child{{name: "versions", table: "post_versions", parent: "post_id", order: "version",
			fields: []field{f(number, "version"), f(sealed, "title"), f(sealed, "text", "body"), f(moment, "created_at")}}}},
	{name: "envelopes", table: "envelopes", key: []string{"seq"}, owner: "t.id", fields: []field{
		f(number, "seq"), f(anID, "id"), f(anID, "brand", "brand_id"), f(anID, "mailbox", "account_id"), f(text, "channel"), f(sealedJSON, "trace"), f(number, "size"),
		words("state", envelopeWords), f(text, "reason"), f(number, "tries"), f(anID, "case", "case_id"), f(anID, "message", "message_id"), f(moment, "received_at"),
		f(moment, "processed_at"), f(digest, "sha256", "key")},
		extra: []string{"raw", "blob_id"}, adapt: (*loader).envelope},
	{name: "events", table: "events", key: []string{"seq"}, page: 2000, fields: []field{
		f(number, "seq"), f(anID, "brand", "brand_id"), f(anID, "case", "case_id"), f(text, "kind"), words("actor_kind", actorWords), f(anID, "actor", "actor_id"), f(rawJSON, "params"),
		f(moment, "created_at")},
		fixed: map[string]any{"txid": 0}},
}

// leftOut are the tables that are no part of an export, with the reason.
var leftOut = map[string]string{
	"signing_keys":     "keys: another desk makes its own",
	"sessions":         "who is signed in",
	"links":            "secret: invitations and resets of passwords",
	"passes":           "secret: links to cases",
	"api_keys":         "keys of programs",
	"api_answers":      "answers kept for a day for repeated requests",
	"guesses":          "limits on guessing passwords",
	"leases":           "who works what now",
	"account_states":   "how mailboxes were doing",
	"sending_domains":  "what was found in the DNS: another desk looks for itself",
	"dkim_keys":        "keys: another desk makes its own",
	"sending_states":   "how mailboxes were sending",
	"brakes":           "which mailboxes hold their automatic mail now",
	"delivery_figures": "figures of what was sent: another desk counts its own",
	"uploads":          "files of forms that were not sent",
	"file_links":       "secret: links to files of replies",
}

func identityLookup(r *record) string { return "identity:" + r.text("kind") }

func externalLookup(r *record) string { return "external:" + r.text("brand_id") }

// listState is the state of a case's row in lists.
func listState(parent *record, row map[string]any) {
	row["state"] = parent.values["state"]
	if parent.values["trashed_at"] != nil {
		row["state"] = int64(inTrash)
	}
}

// delivery makes what was not sent yet uncertain: the desk it comes from may send
// it. Staff see it and decide.
func (l *loader) delivery(r *record) error {
	state := outbox.State(r.values["state"].(int64))
	if state != outbox.Queued && state != outbox.Sending && state != outbox.Held {
		return nil
	}
	r.values["state"], r.values["next_at"] = int64(outbox.Unsure), nil
	r.values["words"] = l.Seal.Seal(r.values["case_id"].(ids.ID), outbox.Restored)
	l.report.Unsent++
	return nil
}
