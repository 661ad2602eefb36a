package fold

import "strings"

// monthStems holds how the names of each month begin in the languages mail
// programs speak, without accents; the longest stem counts.
var monthStems = [12]string{
	"jan jaan gen ene янв січ яну ιαν ocak oca led sij sty styc tammi saus urt xan ינו בינו ינואר يناير",
	"feb febr fev feв veeb фев лют φεβ sub uno velj lut helmi vasar ots פבר בפבר فبراير",
	"mar marz marc mars mart maer mrz maart mrt мар бер μαρ bre ozu maalis kovo kov מרץ מרס במרץ במרס مارس",
	"apr abr avr апр кві квіт απρ nis dub tra trav kwi kwie huhti baland אפר באפר ابريل",
	"mai maj may mag mei maio мая маи маe тра трав μαι kve kvet svi svib touko geg מאי במאי مايو",
	"jun juin juni juun giu iun июн юни чер черв ιουν haz cerv cervn lipn lipanj cze czer kesa birz יונ ביונ يونيو",
	"jul juil juli juul lug iul июл юли лип липн ιουλ tem cervenec cervenc lip lipc lipie srpnj srpanj heina liep יול ביול يوليو",
	"aug aou ago agos avg авг сер серп αυγ agu srp srpna srpen kol kolov sie sier elo rugpj abu אוג באוג اغسطس",
	"sep sept set сен вер вересн септ сеп σεπ eyl zar ruj wrz syys szep rugs ira ספט בספט سبتمبر",
	"oct okt out ott ото окт жов жовт οκτ eki rij paz loka spal urr אוק באוק اكتوبر",
	"nov noi ноя ное лис лист νοε kas lis list listop stu stud marras lapkr aza נוב בנוב نوفمبر",
	"dec dic dez des dets дек гру груд δεκ ara pro pros gru grud joulu gruod abe דצמ בדצמ ديسمبر",
}

// croatian holds the Croatian names that mean another month in Polish or Czech.
var croatian = map[string]int{"lis": 10, "listopad": 10, "listopada": 10, "listopadu": 11, "lip": 6, "srp": 7}

var months = readMonths()

func readMonths() map[string]int {
	stems := make(map[string]int, 300)
	for i, line := range monthStems {
		for stem := range strings.FieldsSeq(line) {
			stems[monthKey(stem)] = i + 1
		}
	}
	return stems
}

// zones holds the names of time zones as mail programs print them, in minutes
// east of Greenwich. Where two zones share a name, the one with more mail counts.
var zones = map[string]int{
	"GMT": 0, "UTC": 0, "UT": 0, "Z": 0, "WET": 0, "WEZ": 0, "WEST": 60, "WESZ": 60, "BST": 60, "IST": 330,
	"CET": 60, "MEZ": 60, "HEC": 60, "SEČ": 60, "CEST": 120, "MESZ": 120, "HAEC": 120, "SELČ": 120, "HNEC": 60,
	"EET": 120, "OEZ": 120, "EEST": 180, "OESZ": 180, "VEČ": 120, "VELČ": 180, "MSK": 180, "МСК": 180, "TRT": 180, "TSİ": 180,
	"AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
	"AKST": -540, "AKDT": -480, "HST": -600, "BRT": -180, "ART": -180, "SGT": 480, "HKT": 480, "JST": 540, "KST": 540,
	"AWST": 480, "ACST": 570, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "SAST": 120,
}
