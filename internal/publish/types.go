package publish

import (
	"slices"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// ThreadState says whether the public sees a thread.
type ThreadState uint8

// The states of a thread. They are stored: never renumber.
const (
	Hidden ThreadState = 1 // its question was not released yet, or lies in the trash
	Shown  ThreadState = 2
	Gone   ThreadState = 3 // its question was taken back; for good
)

// PostKind says what a post is in its thread.
type PostKind uint8

// The kinds of post. They are stored: never renumber.
const (
	Question     PostKind = 1
	Answer       PostKind = 2 // the official one
	Contribution PostKind = 3 // by somebody else
)

var kindNames = map[PostKind]string{Question: "question", Answer: "answer", Contribution: "contribution"}

// String returns the kind's name in the catalogue ("publish.kind.answer").
func (k PostKind) String() string { return kindNames[k] }

// PostState says where a post stands.
type PostState uint8

// The states of a post. They are stored: never renumber.
const (
	PostUnconfirmed PostState = 1 // waits until its author has shown to own the address
	PostReview      PostState = 2 // waits for staff
	PostShown       PostState = 3 // released
	PostWithdrawn   PostState = 4 // a tombstone: the place without the words
	PostRefused     PostState = 5 // staff did not release it; its author may mend it
	PostDraft       PostState = 6 // put aside while its case lies in the trash
)

var postStateNames = map[PostState]string{
	PostUnconfirmed: "unconfirmed", PostReview: "review", PostShown: "shown",
	PostWithdrawn: "withdrawn", PostRefused: "refused", PostDraft: "draft",
}

// String returns the state's name in the catalogue ("publish.state.review").
func (s PostState) String() string { return postStateNames[s] }

// waits reports whether the post may still be released.
func (s PostState) waits() bool { return s == PostUnconfirmed || s == PostReview || s == PostDraft }

// The reasons staff may give. Only for the first four may staff take a
// customer's post down; OffTopic is a reason not to release one.
const (
	PersonalData = "personal_data" // of somebody else, or more than its author can have meant
	Unlawful     = "unlawful"
	Spam         = "spam"
	Abuse        = "abuse"
	OffTopic     = "off_topic" // nothing that helps anybody else
)

// WithdrawReasons returns the reasons for taking a customer's post down, in the
// order of forms. Their texts are "publish.reason.NAME".
func WithdrawReasons() []string { return []string{PersonalData, Unlawful, Spam, Abuse} }

// RefuseReasons returns the reasons for not releasing a post.
func RefuseReasons() []string { return append(WithdrawReasons(), OffTopic) }

func checkReason(reason string, allowed []string) error {
	if !slices.Contains(allowed, reason) {
		return errs.Field("reason", "publish.reason_missing")
	}
	return nil
}

// Thread is a question and what was said to it. Slug, Title and Excerpt are
// empty until it is shown and once it is gone.
type Thread struct {
	ID          ids.ID
	BrandID     ids.ID
	Key         string // 8 signs, in its address
	Slug        string // the title for addresses; may change
	Title       string
	Excerpt     string // the question's first words
	Language    string
	State       ThreadState
	Version     int64 // raised by every change that can be seen
	Posts       int64 // how many are shown
	Solved      bool  // the asker said so
	TeamID      ids.ID
	PublishedAt clock.Stamp // when it was first shown
	AnsweredAt  clock.Stamp // first substantive official answer; zero: unanswered
	DueAt       clock.Stamp // until when it should be answered; zero once it is
	GoneAt      clock.Stamp
	ChangedAt   clock.Stamp
	CreatedAt   clock.Stamp
}

// Path returns the address of the thread's page, without host. It holds no case
// number.
func (t Thread) Path() string { return path(t.Language, t.Key, t.Slug) }

func path(language, key, slug string) string {
	if slug == "" {
		slug = "-"
	}
	return "/" + language + "/questions/" + key + "/" + slug
}

// Post is one text of a thread. A tombstone has neither words nor a name.
type Post struct {
	ID          ids.ID
	ThreadID    ids.ID
	Seq         int64 // place in the thread, from 1; there may be gaps
	Kind        PostKind
	State       PostState
	Title       string // of questions
	AuthorName  string // "" prints as "A customer": see Author
	AuthorRole  string // of staff: the team
	Portrait    string // address of the picture of the colleague who stands for it, "" for none; set on public pages only
	Body        string // plain text; Markdown for official answers
	HTML        markup.SafeHTML
	Language    string
	Version     int64 // of the text
	Substantive bool  // an answer, not a referral; see Substantive
	Reason      string
	ReleasedAt  clock.Stamp
	EditedAt    clock.Stamp // when the words were last changed after they were shown
	WithdrawnAt clock.Stamp
	WithdrawnBy access.Kind // Customer or Staff; Nobody unless withdrawn
	CreatedAt   clock.Stamp
	ChangedAt   clock.Stamp

	// For staff only.
	Doubts     []string
	Spam       int64 // points of the spam score
	StaffID    ids.ID
	CustomerID ids.ID
}

// ByAuthor reports whether a tombstone's author took it back, not the company.
func (p Post) ByAuthor() bool { return p.WithdrawnBy == access.Customer }

// Page is a thread as the public sees it: shown posts and tombstones, the
// question first, then substantive official answers, then the others by time.
// Thread.Posts counts them.
type Page struct {
	Thread
	Posts []Post
}

// Question returns the page's question.
func (p Page) Question() Post {
	if len(p.Posts) == 0 {
		return Post{}
	}
	return p.Posts[0]
}

// Card is what lists show of a thread.
type Card struct {
	ID          ids.ID
	Key         string
	Slug        string
	Title       string
	Excerpt     string
	Language    string
	Posts       int64
	Answered    bool // substantively, by staff
	Solved      bool
	TeamID      ids.ID
	PublishedAt clock.Stamp
	ChangedAt   clock.Stamp
}

// Path returns the address of the thread's page, without host.
func (c Card) Path() string { return path(c.Language, c.Key, c.Slug) }

// PageSize is how many threads or posts a list page shows.
const PageSize = 30

// Filter says which threads a list shows.
type Filter struct {
	Language string // "" for all
	After    Cursor
}

// List is one page of a list.
type List struct {
	Cards []Card
	Next  Cursor // zero on the last page
}

// Cursor is a place in a list of threads or posts.
type Cursor = db.Cursor

// Draft is what a customer wants to publish of a case.
type Draft struct {
	Title      string // 10–140 runes, one line
	Text       string // 20–10,000 runes, plain
	AuthorName string // up to 60 runes; "" is "A customer"
	Language   string // "de" or "en"; "" is the case's
}

// CaseThread is the thread of a case for those who may see the case.
type CaseThread struct {
	Thread
	// Posts are, for the customer, what is shown and all of their own; for staff
	// everything. Question first, then by time.
	Posts []Post
}

// Question returns the question as it is shown, or, while none is, as it waits.
// The zero Post has Version 0.
func (t CaseThread) Question() Post {
	for _, q := range t.Posts {
		if q.Kind == Question {
			return q
		}
	}
	return Post{}
}

// Revision returns the changed question that waits beside the one that is shown,
// or was refused; the zero Post if there is none.
func (t CaseThread) Revision() Post {
	first := t.Question()
	for _, q := range t.Posts {
		if q.Kind == Question && q.ID != first.ID {
			return q
		}
	}
	return Post{}
}

// Answers returns the official answers, tombstones too.
func (t CaseThread) Answers() []Post {
	var answers []Post
	for _, p := range t.Posts {
		if p.Kind == Answer {
			answers = append(answers, p)
		}
	}
	return answers
}

// Waiting is a post that waits for review.
type Waiting struct {
	Post        Post
	ThreadKey   string
	ThreadTitle string // as shown now; "" if the thread is hidden
	TeamID      ids.ID
	CaseNumber  string // "" if its case is gone
	Restricted  bool   // of a team the actor is not in: no words are filled
	Revision    bool   // it replaces a question that is shown
}

// Queue is one page of posts that wait for review, the oldest first.
type Queue struct {
	Posts []Waiting
	Next  Cursor
}

// Overdue is a thread that should have been answered.
type Overdue struct {
	Card
	DueAt      clock.Stamp
	CaseNumber string // of a case it is linked to; "" if none
}

// OverdueList is one page of threads past their time, the longest waiting first.
type OverdueList struct {
	Threads []Overdue
	Next    Cursor
}

// Duties says how much waits for staff, each counted up to MaxDuties.
type Duties struct{ Review, Overdue int }

// MaxDuties is where counting duties ends: more is "99+".
const MaxDuties = 100
