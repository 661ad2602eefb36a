package privacy

import (
	"slices"

	"lotse/internal/platform/i18n"
)

// Kind is a sort of personal data.
type Kind uint8

// The kinds that are found.
const (
	Email          Kind = iota + 1 // an e-mail address or a fediverse handle, also written name (at) firma . de
	Phone                          // a telephone number, whoever's it is
	IBAN                           // an international bank account number, ISO 13616
	Street                         // a street with house number
	Postcode                       // postcode and town next to a street
	CustomerNumber                 // a customer, contract, invoice, order or meter number, or a case number
	BirthDate                      // a date that is said to be somebody's birthday
	Name                           // a name the desk knows of this customer
	Card                           // a payment card number
)

// kinds are all kinds in the order of their values.
var kinds = []Kind{Email, Phone, IBAN, Street, Postcode, CustomerNumber, BirthDate, Name, Card}

// String returns the kind's name in the catalogue: privacy.label.NAME is what
// replaces it in a text.
func (k Kind) String() string {
	switch k {
	case Email:
		return "email"
	case Phone:
		return "phone"
	case IBAN:
		return "iban"
	case Street:
		return "street"
	case Postcode:
		return "postcode"
	case CustomerNumber:
		return "number"
	case BirthDate:
		return "birth"
	case Name:
		return "name"
	case Card:
		return "card"
	}
	return "unknown"
}

// label returns what stands in a masked text instead of the data.
func (k Kind) label(l i18n.Locale) string {
	return "[" + i18n.For(l).T("privacy.label."+k.String()) + "]"
}

// labels returns the labels of all kinds in all languages.
func labels() []string {
	var all []string
	for _, l := range i18n.Locales() {
		for _, k := range kinds {
			all = append(all, k.label(l))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Finding is a piece of personal data in a text.
type Finding struct {
	Kind       Kind
	Start, End int // bytes of the text, End exclusive, never inside a character
}

// Own is what the desk knows of the customer who publishes.
type Own struct {
	Names    []string // full names: masked as a whole, and the last name alone
	Literals []string // anything else: numbers, addresses, user names
}
