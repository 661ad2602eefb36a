package demo

import "lotse/internal/access"

// Colleague is a staff member of the demo.
type Colleague struct {
	Name, Email string
	Role        access.Role
	Team        string
	face        face
}

const (
	teamService = "Service"
	teamGrid    = "Netz"
	teamBilling = "Abrechnung"
)

// Colleagues are the staff, the administrator first.
func Colleagues() []Colleague {
	return []Colleague{
		{"Anna Richter", "anna@lindenau.example", access.Admin, teamService, face{skin: 1, hair: hairBob, hairColor: 1, top: 0, glasses: true, background: 0}},
		{"Mia Krüger", "mia@lindenau.example", access.Agent, teamService, face{skin: 0, hair: hairPonytail, hairColor: 3, top: 1, background: 1}},
		{"Lukas Hofmann", "lukas@lindenau.example", access.Agent, teamService, face{skin: 0, hair: hairShort, hairColor: 2, top: 3, beard: true, background: 2}},
		{"Jonas Weber", "jonas@lindenau.example", access.Lead, teamGrid, face{skin: 1, hair: hairSide, hairColor: 4, top: 2, background: 3}},
		{"Nadja Petrović", "nadja@lindenau.example", access.Agent, teamGrid, face{skin: 1, hair: hairLong, hairColor: 0, top: 4, background: 4}},
		{"David Okafor", "david@lindenau.example", access.Agent, teamGrid, face{skin: 4, hair: hairCurls, hairColor: 0, top: 1, glasses: true, background: 5}},
		{"Selin Aydın", "selin@lindenau.example", access.Agent, teamBilling, face{skin: 2, hair: hairLong, hairColor: 5, top: 3, background: 6}},
		{"Petra Lindner", "petra@lindenau.example", access.Lead, teamBilling, face{skin: 0, hair: hairBun, hairColor: 6, top: 0, glasses: true, background: 7}},
	}
}

// customer is somebody who writes. Names, streets and numbers are made up.
type customer struct {
	name, email string
	title       string // how staff address them: "Frau Lorenz"; "" is the name
	street      string
	no          string
	district    string // key of a region
	number      string // the customer number
	phone       string // of a range that is never given out
	who         string // "", "old", "org", "en"
	style       style
}

// style is how somebody begins and ends letters.
type style struct{ hello, bye, short string } // short ends later letters; %s is the name, %f the first name

var (
	formal   = style{"Sehr geehrte Damen und Herren,", "Mit freundlichen Grüßen\n%s", "Mit freundlichen Grüßen\n%s"}
	polite   = style{"Guten Tag,", "Mit freundlichen Grüßen\n%s", "Viele Grüße\n%s"}
	kind     = style{"Guten Tag,", "Freundliche Grüße\n%s", "Freundliche Grüße\n%s"}
	warm     = style{"Liebes Team der Stadtwerke,", "Herzliche Grüße\n%s", "Herzliche Grüße\n%s"}
	friendly = style{"Hallo,", "Viele Grüße\n%s", "VG %f"}
	casual   = style{"Hallo zusammen,", "LG %f", "LG %f"}
	brisk    = style{"Guten Tag,", "%s", ""}
	bare     = style{"", "%s", "%s"}
	english  = style{"Hello,", "Kind regards,\n%s", "%f"}
	chatty   = style{"Hi there,", "Best,\n%f", "%f"}
	stiff    = style{"Dear Sir or Madam,", "Yours sincerely,\n%s", "Kind regards,\n%s"}
)

// customers are the forty who write to the desk. The numbers are those the
// Federal Network Agency keeps free for films.
func customers() []customer {
	return []customer{
		{"Heike Lorenz", "heike.lorenz@post.example", "Frau Lorenz", "Uferstraße", "18", "altstadt", "4402 118", "0152 28817386", "", polite},
		{"Mehmet Yıldız", "m.yildiz@mail.example", "Herr Yıldız", "Bachstraße", "7", "neulindenau", "4410 552", "0171 3920014", "", friendly},
		{"Renate Vogel", "renate.vogel@web.example", "Frau Vogel", "Gartenstraße", "31", "altstadt", "4391 077", "030 23125101", "old", formal},
		{"Familie Brandt", "brandt.familie@post.example", "", "Gartenstraße", "12", "altstadt", "4455 906", "0171 3920021", "", friendly},
		{"Oliver Hahn", "oliver.hahn@firma.example", "Herr Hahn", "Kirchgasse", "3", "altstadt", "4467 230", "0176 04069012", "", bare},
		{"Grace Miller", "grace.miller@mail.example", "Ms Miller", "Lindenallee", "44", "neulindenau", "4472 815", "0176 04069033", "en", english},
		{"Werner Kühn", "werner.kuehn@web.example", "Herr Kühn", "Hafenstraße", "9", "hafen", "4388 641", "030 23125118", "old", bare},
		{"Lea Sommer", "lea.sommer@mail.example", "Frau Sommer", "Mühlgasse", "5", "hafen", "4481 393", "0152 28895456", "", casual},
		{"Piotr Nowak", "p.nowak@post.example", "Herr Nowak", "Schillerstraße", "22", "weststadt", "4471 903", "0171 3920038", "", polite},
		{"Ingrid Sauer", "ingrid.sauer@web.example", "Frau Sauer", "Parkstraße", "2", "weststadt", "4379 412", "030 23125127", "old", warm},
		{"Tarek Haddad", "tarek.haddad@mail.example", "Herr Haddad", "Hafenstraße", "27", "hafen", "4490 118", "0176 04069041", "", brisk},
		{"Clara Beck", "clara.beck@post.example", "Frau Beck", "Rosenstraße", "14", "hohenried", "4492 706", "0171 3920055", "", friendly},
		{"Jürgen Pohlmann", "j.pohlmann@post.example", "Herr Pohlmann", "Wehrgasse", "6", "bachtal", "4384 259", "030 23125133", "old", formal},
		{"Aylin Demirel", "aylin.demirel@mail.example", "Frau Demirel", "Goethestraße", "51", "weststadt", "4477 140", "0152 54599371", "", casual},
		{"Stefan Rademacher", "rademacher@web.example", "Herr Rademacher", "Eichenallee", "8", "hohenried", "4420 987", "0171 3920062", "", brisk},
		{"Monika Thielemann", "monika.thielemann@web.example", "Frau Thielemann", "Bahnhofstraße", "19", "altstadt", "4396 534", "030 23125140", "old", kind},
		{"Linh Nguyễn", "linh.nguyen@mail.example", "Frau Nguyễn", "Uferstraße", "40", "hafen", "4485 221", "0176 04069058", "", friendly},
		{"Dieter Mahnke", "dieter.mahnke@post.example", "Herr Mahnke", "Feldstraße", "11", "bachtal", "4372 668", "030 23125149", "old", formal},
		{"Julia Ebersbach", "julia.ebersbach@mail.example", "Frau Ebersbach", "Lindenallee", "16", "neulindenau", "4463 375", "0171 3920077", "", kind},
		{"Kemal Öztürk", "kemal.oeztuerk@post.example", "Herr Öztürk", "Schmiedegasse", "4", "altstadt", "4458 802", "0176 04069066", "", polite},
		{"Sabine Winkelmann", "s.winkelmann@web.example", "Frau Winkelmann", "Ahornstraße", "23", "hohenried", "4415 497", "030 23125156", "", formal},
		{"Florian Grothe", "florian.grothe@mail.example", "Herr Grothe", "Werftstraße", "33", "hafen", "4488 016", "0152 28817386", "", casual},
		{"Katharina Schuhmann", "k.schuhmann@post.example", "Frau Schuhmann", "Parkallee", "10", "weststadt", "4434 739", "0171 3920083", "", kind},
		{"Uwe Brinkmann", "uwe.brinkmann@web.example", "Herr Brinkmann", "Talstraße", "58", "bachtal", "4399 160", "030 23125163", "", bare},
		{"Fatima Bouzid", "fatima.bouzid@mail.example", "Frau Bouzid", "Goethestraße", "12", "weststadt", "4479 584", "0176 04069074", "", polite},
		{"Andreas Kowalke", "andreas.kowalke@post.example", "Herr Kowalke", "Kastanienallee", "29", "neulindenau", "4443 351", "0171 3920090", "", brisk},
		{"Gisela Reinhold", "gisela.reinhold@web.example", "Frau Reinhold", "Kirchgasse", "15", "altstadt", "4365 925", "030 23125170", "old", warm},
		{"Markus Dahlmann", "m.dahlmann@mail.example", "Herr Dahlmann", "Bergstraße", "21", "hohenried", "4428 403", "0152 28895456", "", polite},
		{"Nicole Herzberg", "nicole.herzberg@post.example", "Frau Herzberg", "Wiesenstraße", "3", "bachtal", "4450 078", "0171 3920046", "", friendly},
		{"Elena Popescu", "elena.popescu@mail.example", "Frau Popescu", "Werftstraße", "12", "hafen", "4486 647", "0176 04069082", "", kind},
		{"James Whitfield", "james.whitfield@mail.example", "Mr Whitfield", "Werftstraße", "7", "hafen", "4487 192", "0176 04069090", "en", chatty},
		{"Priya Raman", "priya.raman@post.example", "Ms Raman", "Goethestraße", "30", "weststadt", "4476 730", "0152 54599371", "en", english},
		{"Anders Holm", "anders.holm@mail.example", "Mr Holm", "Kastanienallee", "5", "neulindenau", "4446 268", "0171 3920029", "en", stiff},
		{"Siobhan Kearney", "siobhan.kearney@web.example", "Ms Kearney", "Parkstraße", "17", "weststadt", "4478 841", "0176 04069025", "en", chatty},
		{"Hausverwaltung Kessler", "verwaltung@kessler-immobilien.example", "Frau Kessler", "Bahnhofstraße", "2", "altstadt", "8100 014", "030 23125201", "org", style{"Sehr geehrte Damen und Herren,", "Mit freundlichen Grüßen\nMartina Kessler\nHausverwaltung Kessler", "Mit freundlichen Grüßen\nM. Kessler"}},
		{"Bäckerei Morgenrot", "backstube@morgenrot.example", "Herr Lehnert", "Marktstraße", "4", "altstadt", "8100 027", "030 23125208", "org", style{"Guten Morgen,", "Viele Grüße aus der Backstube\nThomas Lehnert, Bäckerei Morgenrot", "Gruß, T. Lehnert"}},
		{"Kita Sonnenhügel", "leitung@kita-sonnenhuegel.example", "Frau Arndt", "Ahornstraße", "1", "hohenried", "8100 033", "030 23125215", "org", style{"Liebes Team der Stadtwerke,", "Herzliche Grüße\nBirgit Arndt, Leitung Kita Sonnenhügel", "Herzliche Grüße\nBirgit Arndt"}},
		{"SV Lindenau 1921", "vorstand@sv-lindenau.example", "Herr Matthes", "Stadionstraße", "1", "weststadt", "8100 046", "030 23125222", "org", style{"Hallo zusammen,", "Mit sportlichen Grüßen\nRalf Matthes, 1. Vorsitzender", "Sportliche Grüße\nRalf Matthes"}},
		{"Autohaus Pfeiffenberger", "service@autohaus-pfeiffenberger.example", "Herr Pfeiffenberger", "Industriestraße", "20", "hafen", "8100 052", "030 23125229", "org", style{"Guten Tag,", "Mit freundlichen Grüßen\nJan Pfeiffenberger\nAutohaus Pfeiffenberger GmbH", "Beste Grüße\nJan Pfeiffenberger"}},
		{"Zahnarztpraxis Dr. Engelhardt", "praxis@zahnarzt-engelhardt.example", "Frau Tietze", "Lindenallee", "8", "neulindenau", "8100 069", "030 23125236", "org", style{"Guten Tag,", "Freundliche Grüße\nCornelia Tietze, Praxisverwaltung", "Freundliche Grüße\nC. Tietze"}},
	}
}
