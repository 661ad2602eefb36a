package api

import (
	"maps"

	"lotse/internal/catalog"
)

// sameSignIn is how to say that sending signs in as fetching does.
const sameSignIn = "same"

// Sending says what mails of a mailbox look like and what happens beside the send.
type Sending struct {
	Signatures map[string]string `json:"signatures,omitempty" example:"{\"de\":\"{{staff.name}}, {{brand.name}}\"}" doc:"What stands below answers, by language, with the variables of the templates; without one: the brand's template."`
	NoDetail   bool              `json:"no_detail,omitempty" example:"false" doc:"Its provider takes no addresses with an addition, such as hilfe+x@lindenau.example: the reply address is the plain one."`
	Copies     bool              `json:"copies,omitempty" example:"false" doc:"A copy of each answer is kept in the mailbox that is fetched."`
	CopyFolder string            `json:"copy_folder,omitempty" maxLength:"255" example:"Sent" doc:"Where; absent: the folder the server marks as the one of sent mails."`
}

func relay(r catalog.RelaySettings) Relay {
	out := Relay{Host: r.Host, Port: r.Port, Security: r.Security, User: r.User, Auth: r.Auth}
	if r.SameSignIn {
		out.Auth = sameSignIn
	}
	if r.UsesOAuth() {
		out.OAuth = &OAuth{TokenURL: r.OAuth.TokenURL, ClientID: r.OAuth.ClientID, Scope: r.OAuth.Scope}
	}
	return out
}

func (r Relay) settings() catalog.RelaySettings {
	out := catalog.RelaySettings{Host: r.Host, Port: r.Port, Security: r.Security, User: r.User, Auth: r.Auth, Password: r.Password}
	if r.Auth == sameSignIn {
		out.Auth, out.SameSignIn = catalog.ByPassword, true
	}
	if o := r.OAuth; o != nil {
		out.OAuth = catalog.OAuthSettings{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, RefreshToken: o.RefreshToken, Scope: o.Scope}
	}
	return out
}

func sending(s catalog.Sending) *Sending {
	return &Sending{Signatures: s.Signatures, NoDetail: s.NoDetail, Copies: s.SentCopy, CopyFolder: s.SentFolder}
}

func (s *Sending) settings() *catalog.Sending {
	if s == nil {
		return nil
	}
	return &catalog.Sending{Signatures: maps.Clone(s.Signatures), NoDetail: s.NoDetail, SentCopy: s.Copies, SentFolder: s.CopyFolder}
}
