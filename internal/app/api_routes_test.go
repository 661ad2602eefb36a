package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"lotse/internal/api"
	"lotse/internal/platform/clock"
)

// covered says for every route of the web which operation of the API does the
// same, or "no: " and why there is none. A page that is missing here fails the
// test: everything people can do here, programs can.
var covered = map[string]string{
	"GET /cases": "listCases", "GET /cases/{number}": "getCase", "POST /cases/{number}/reply": "replyToCase", "POST /cases/{number}/note": "addNote",
	"POST /cases/{number}/take": "takeCase", "POST /cases/{number}/handover": "handOverCase", "POST /cases/{number}/state": "setCaseState",
	"POST /cases/{number}/move": "moveMessage", "POST /cases/{number}/customer": "setMessageCustomer", "GET /messages/{id}/original": page,
	"GET /messages/{id}/original/html": "getMessage", "GET /messages/{id}/original.eml": "downloadMessage",
	"GET /cases/{number}/side": page, "POST /cases/{number}/side": "openSide", "GET /cases/{number}/side/{id}": "getSide listSides", "POST /cases/{number}/side/{id}": "writeSide",
	"POST /cases/{number}/side/{id}/close": "closeSide", "POST /cases/{number}/side/{id}/reopen": "reopenSide",
	"POST /cases/{number}/merge": "mergeCase", "POST /cases/{number}/dismiss": "dismissSuggestion", "POST /cases/{number}/withdraw": "withdrawReply",
	"POST /cases/{number}/files": "uploadFile", "POST /cases/{number}/resend": "retryDelivery", "POST /cases/{number}/correct": "correctDelivery", "POST /cases/{number}/settle": "settleDelivery", "POST /cases/{number}/class": "classifyCase", "POST /cases/{number}/trash": "trashCase",
	"POST /cases/{number}/restore": "restoreCase", "POST /cases/{number}/block": "blockCustomer", "POST /cases/{number}/erasure": "settleErasure",
	"POST /cases/{number}/delete": "deleteCase", "GET /cases/{number}/public": "getCaseThread", "POST /cases/{number}/public/answer": "answerThread editAnswer",
	"POST /cases/{number}/public/{post}/release": "releasePost", "POST /cases/{number}/public/{post}/refuse": "refusePost",
	"POST /cases/{number}/public/{post}/withdraw": "withdrawPost", "GET /duties": "getDuties listReviews listOverdueThreads listErasures",
	"GET /blocks": "listBlocks", "POST /blocks": "blockAddress", "POST /blocks/{id}/remove": "unblock",
	"GET /attachments/{id}/{name...}": "downloadAttachment getAttachment", "GET /look": "listArrivals", "GET /look/{id}/raw": "downloadArrival",
	"POST /look/{id}/retry": "retryArrival", "POST /look/{id}/dismiss": "dismissArrival", "GET /live": "listEvents",

	"GET /admin/staff": "listStaff", "POST /admin/staff/invite": "inviteStaff", "GET /admin/staff/{id}": "getStaff", "POST /admin/staff/{id}/role": "setStaffRole",
	"POST /admin/staff/{id}/teams": "setStaffTeams", "POST /admin/staff/{id}/active": "setStaffActive", "POST /admin/staff/{id}/invite": "resendInvitation",
	"POST /admin/staff/{id}/portrait": "setPortrait removePortrait", "GET /admin/teams": "listTeams", "POST /admin/teams/new": "createTeam",
	"GET /admin/teams/{id}": "getTeam", "POST /admin/teams/{id}": "updateTeam", "GET /admin/mailboxes": "listMailboxes", "POST /admin/mailboxes/new": "createMailbox",
	"GET /admin/mailboxes/{id}": "getMailbox", "POST /admin/mailboxes/{id}": "updateMailbox", "POST /admin/mailboxes/{id}/active": "setMailboxActive",
	"POST /admin/mailboxes/{id}/delete": "deleteMailbox", "POST /admin/mailboxes/{id}/check": "checkMailbox", "POST /admin/mailboxes/new/check": "checkMailboxForm",
	"POST /admin/mailboxes/{id}/preset": page, "POST /admin/mailboxes/new/preset": page, "GET /alarms": "listMailboxes listBrakes",
	"GET /deliveries": "listDeliveries", "POST /deliveries": page, "GET /deliveries/figures": "getDeliveryFigures", "POST /deliveries/brakes/{id}/{how}": "releaseBrake",
	"POST /admin/mailboxes/{id}/test": "testMailbox", "GET /admin/brand": "getBrand getSettings", "POST /admin/brand": "updateBrand", "POST /admin/brand/look": "updateBrand",
	"POST /admin/brand/answers": "updateSettings", "POST /admin/brand/logo": "setLogo removeLogo", "GET /admin/catalogue": "listEntries", "POST /admin/catalogue": "createEntry",
	"GET /admin/catalogue/{id}": "getEntry", "POST /admin/catalogue/{id}": "updateEntry", "POST /admin/catalogue/{id}/active": "setEntryActive", "POST /admin/catalogue/{id}/move": "moveEntry",
	"GET /admin/jobs": "listJobs", "GET /admin/jobs/{id}": "getJob", "POST /admin/jobs/{id}/retry": "retryJob", "POST /admin/jobs/{id}/discard": "discardJob",
	"GET /admin/keys": "listKeys", "POST /admin/keys/new": "createKey", "POST /admin/keys/{id}/revoke": "revokeKey",
	"GET /admin/domains": "listDomains", "GET /admin/domains/{name}": "getDomain", "POST /admin/domains/{name}/check": "checkDomain",
	"POST /admin/domains/{name}/keys": "prepareDomainKeys", "POST /admin/domains/{name}/keys/{selector}/use": "useDomainKey", "POST /admin/domains/{name}/keys/{selector}/drop": "dropDomainKey",
	"GET /admin/templates": "listTemplates", "GET /admin/templates/{key}/{language}": "getTemplate", "POST /admin/templates/{key}/{language}": "setTemplate",
	"POST /admin/templates/{key}/{language}/try": "tryTemplate", "GET /admin/templates/{key}/{language}/look": "tryTemplate", "POST /admin/templates/{key}/{language}/look": "tryTemplate",
	"GET /admin/templates/{key}/{language}/reset": page, "POST /admin/templates/{key}/{language}/reset": "resetTemplate",
	"GET /admin/webhooks": "listWebhooks", "POST /admin/webhooks/new": "createWebhook", "GET /admin/webhooks/{id}": "getWebhook",
	"POST /admin/webhooks/{id}/active": "setWebhookActive", "POST /admin/webhooks/{id}/secret": "setWebhookSecret", "POST /admin/webhooks/{id}/delete": "deleteWebhook",

	"GET /account": "getMe", "POST /account/language": "setMyLanguage", "POST /account/digest": "getMyDigest setMyDigest", "POST /account/portrait": "setPortrait removePortrait", "POST /account/portrait/public": "showMyPortrait",
	"POST /account/password": personal, "POST /account/sessions/others": personal, "POST /account/sessions/{id}/end": personal,

	"POST /ask": "createCase", "POST /ask/files": "uploadFile", "POST /my/{number}/message": "addCustomerMessage", "POST /my/{number}/files": "uploadFile",
	"GET /my": "listCustomerCases", "GET /my/{number}": "getCase", "GET /my/{number}/files/{id}/{name...}": "downloadAttachment",
	"POST /my/{number}/solved": theirs, "POST /my/{number}/contest": theirs, "POST /my/{number}/erasure": theirs, "POST /my/{number}/public": theirs,
	"POST /my/{number}/public/back": theirs, "POST /my/{number}/revoke": theirs, "POST /my/leave": theirs, "POST /my/link": theirs, "POST /track": theirs,
	"GET /my/{number}/erasure": theirs, "GET /my/{number}/public": theirs, "GET /my/{number}/public/back": theirs, "GET /my/{number}/revoke": theirs,
	"GET /d/{token}": theirs, "POST /d/{token}": theirs, "GET /f/{token}": theirs, "POST /f/{token}": theirs, "GET /l/{token}": theirs, "POST /l/{token}": theirs,

	"GET /{l}/questions": "listThreads", "GET /{l}/questions/unanswered": "listThreads", "GET /{l}/questions/{key}": "getThread", "GET /{l}/questions/{key}/{slug}": "getThread",
	"GET /{l}/questions.atom": "listThreads", "GET /{l}/search": search, "GET /{l}/suggest": search,

	" /": page, "GET /": page, "GET /{l}/": page, "GET /ask": page, "GET /track": page, "GET /admin": page, " /admin/staff": page, "GET /admin/staff/invite": page,
	"GET /admin/teams/new": page, "GET /admin/mailboxes/new": page, "GET /admin/keys/new": page, "GET /admin/webhooks/new": page, "GET /admin/jobs/{id}/discard": page,
	"GET /admin/brand/look.svg": page, "GET /admin/design": page, "GET /admin/design/{name}": page, " /admin/design/all": page, "GET /api": page,
	"GET /signin": signIn, "POST /signin": signIn, "POST /signout": signIn, "GET /forgot": signIn, "POST /forgot": signIn, "GET /reset/{token}": signIn,
	"POST /reset/{token}": signIn, "GET /unsubscribe/{token}": personal, "POST /unsubscribe/{token}": "setMyDigest", "GET /invite/{token}": signIn, "POST /invite/{token}": signIn, "GET /setup": signIn, "POST /setup": signIn,
	"GET /assets/{name...}": machinery, "GET /brand/{id}/1/{name...}": machinery, "GET /portraits/{id}": machinery, "GET /metrics": machinery, "GET /healthz": machinery,
	"GET /readyz": machinery, "GET /robots.txt": machinery, "GET /sitemap.xml": machinery, "GET /sitemap/{part}": machinery,
	" /hooks/": provider, "GET /hooks/{id}": provider, "POST /hooks/{id}": provider, "GET /hooks/{id}/mime": provider, "POST /hooks/{id}/mime": provider,
}

// Why a route has no operation.
const (
	page      = "no: a page to look at, or a form of an operation that stands beside it"
	signIn    = "no: people sign in, programs show a key"
	personal  = "no: passwords and sessions are the person's own, a key is no session"
	theirs    = "no: what is the customer's own nobody does in their place; their secret link opens it"
	machinery = "no: pictures, styles, addresses for machines"
	provider  = "no: the intake of providers, with signatures of its own"
	search    = "no: the public search is for readers; programs list threads"
)

// TestEveryRouteHasAnOperation compares the web with the document.
func TestEveryRouteHasAnOperation(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(api.New(api.Parts{Clock: clock.System{}}).Document(), &doc); err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, methods := range doc.Paths {
		for _, o := range methods {
			known = append(known, o.OperationID)
		}
	}
	asked := map[string]bool{}
	for _, r := range routes(t) {
		name := r.method + " " + r.path
		asked[name] = true
		says, ok := covered[name]
		if !ok {
			t.Errorf("%q has no operation: add one to the API, or say here why not", name)
		}
		if strings.HasPrefix(says, "no: ") {
			continue
		}
		for id := range strings.FieldsSeq(says) {
			if !slices.Contains(known, id) {
				t.Errorf("%q is said to be %s, which is not in the document", name, id)
			}
		}
	}
	for name := range covered {
		if !asked[name] {
			t.Errorf("%q is in the table but not in the program", name)
		}
	}
}
