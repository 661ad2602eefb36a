package catalog

// The ways mail comes into a mailbox.
const (
	// BySMTP: other mail servers, or one of our own, hand it over to the desk's
	// mail server, by SMTP or LMTP. It is also what a hook feeds.
	BySMTP = "smtp"
	// ByIMAP: the desk fetches it from a mailbox elsewhere.
	ByIMAP = "imap"
	// ByNone: nothing comes in; the mailbox only sends.
	ByNone = "none"
)

// The ways to sign in where mail is fetched.
const (
	ByPassword    = "password"    // LOGIN or AUTH=PLAIN
	ByXOAuth2     = "xoauth2"     // Google's and Microsoft's own
	ByOAuthBearer = "oauthbearer" // RFC 7628
)

// What of a mailbox is fetched when it is fetched for the first time; besides, a
// day such as "2026-01-31" (UTC): what arrived on it or later.
const (
	SinceNow = "now" // only what arrives from then on
	SinceAll = "all" // everything that is there
)

// Inbox is the folder every mail server has (RFC 9051 §5.1).
const Inbox = "INBOX"

// ReceiveSettings says how mail comes into a mailbox. All but Way is for ByIMAP
// alone and empty otherwise.
type ReceiveSettings struct {
	Way      string        `json:"way"`                // BySMTP, ByIMAP or ByNone
	Host     string        `json:"host,omitempty"`     // name or IP address of the IMAP server
	Port     int           `json:"port,omitempty"`     // 1–65535
	Security string        `json:"security,omitempty"` // NoSecurity, StartTLS or TLS
	User     string        `json:"user,omitempty"`
	Auth     string        `json:"auth,omitempty"`     // ByPassword, ByXOAuth2 or ByOAuthBearer
	Password string        `json:"password,omitempty"` // with ByPassword
	OAuth    OAuthSettings `json:"oauth,omitzero"`     // with ByXOAuth2 and ByOAuthBearer
	Folder   string        `json:"folder,omitempty"`   // Inbox, or another, as people read it (UTF-8)
	Since    string        `json:"since,omitempty"`    // SinceNow, SinceAll or a day
}

// OAuthSettings say how to get access tokens (RFC 6749). With a refresh token it
// is traded for them (§6); without one the program asks in its own name (client
// credentials, §4.4), as Microsoft 365 allows it.
type OAuthSettings struct {
	TokenURL     string `json:"token_url"` // https://…
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"` // divided by spaces
}
