package email

import "unicode"

// What detect knows of the world's scripts and charsets.

// ideograms is one way to write Chinese, Japanese or Korean.
type ideograms struct {
	charset  string
	language string
	common   map[rune]bool // signs that make up a third and more of any text
}

var (
	simplified  = runeSet("的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实您请谢问题电话公司产品订单客户服务信邮件，。、？！：")
	traditional = runeSet("的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實您請謝問題電話公司產品訂單客戶服務信郵件，。、？！：")
	hangul      = runeSet("이다는을에의가고하지를은로한기도서자있아사니어나그시해일대인리수들만라오보으정것전구부제게주상여안우합습요세감녕까면무드연원스장비문조공입겠신물송문청확처품드립")
)

func runeSet(s string) map[rune]bool {
	set := map[rune]bool{}
	for _, r := range s {
		set[r] = true
	}
	return set
}

var allIdeograms = []ideograms{
	{"shift_jis", "ja", nil},
	{"euc-jp", "ja", nil},
	{"gb18030", "zh", simplified},
	{"big5", "zh", traditional},
	{"euc-kr", "ko", hangul},
}

// alphabet is a script of its own with the single-byte charsets it comes in.
type alphabet struct {
	table     *unicode.RangeTable
	top       string // letters that make up most of any text
	rest      string
	charsets  []string
	languages string
}

var alphabets = []alphabet{
	{unicode.Cyrillic, "оеаинтсрвл", "кмдпуяыьгзбчйхжшюцщэфъёіїєґўјљњћџђ",
		[]string{"windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "ibm866", "x-mac-cyrillic"}, "ru uk be bg sr mk"},
	{unicode.Greek, "αοιετσνηυρ", "πκμλςάίόέήωδγχθύφβώξζψϊϋΐΰ", []string{"windows-1253", "iso-8859-7"}, "el"},
	{unicode.Hebrew, "יוהלאתרמבש", "נחפקעדסגטכזצםןךףץ", []string{"windows-1255"}, "he"},
	{unicode.Arabic, "اليمنوترب", "ةعدسفهكقحجشصأخطإىضذزثغظءئآؤ،؟", []string{"windows-1256", "iso-8859-6"}, "ar fa"},
	{unicode.Thai, "านรอกเงมยลวทสคบ่้ีัิ", "ดตะปหแจพชขใไโผถซธภณศษญฉฟฮ็ึืุู์ำ", []string{"windows-874"}, "th"},
}

// accents is a language in Latin letters: its charsets and the letters it has
// beyond ASCII.
type accents struct {
	language string
	charsets []string
	letters  string
}

// western are the languages of windows-1252, which is what is assumed.
var western = []accents{
	{language: "de", letters: "äöüßÄÖÜéÉ"},
	{language: "fr", letters: "éèàùâêîôûëïüçœæÿÉÈÀÙÂÊÎÔÛËÏÜÇŒÆ"},
	{language: "es", letters: "áéíóúüñÁÉÍÓÚÜÑªº"},
	{language: "pt", letters: "áâãàçéêíóôõúüÁÂÃÀÇÉÊÍÓÔÕÚÜªº"},
	{language: "it", letters: "àèéìíîòóùúÀÈÉÌÍÎÒÓÙÚªº"},
	{language: "nl", letters: "éèëïöüáíóúêÉËÏÖÜÁÍÓÚ"},
	{language: "sv", letters: "åäöéÅÄÖÉüà"},
	{language: "da", letters: "æøåÆØÅéÉ"},
	{language: "is", letters: "áéíóúýþæöðÁÉÍÓÚÝÞÆÖÐ"},
	{language: "ca", letters: "àçèéíïòóúüÀÇÈÉÍÏÒÓÚÜ"},
}

// other are the languages of other Latin charsets, and Western ones in the
// charsets of old machines.
var other = []accents{
	{"pl", []string{"windows-1250", "iso-8859-2"}, "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"},
	{"cs", []string{"windows-1250", "iso-8859-2"}, "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"},
	{"sk", []string{"windows-1250", "iso-8859-2"}, "áäčďéíĺľňóôŕšťúýžÁÄČĎÉÍĹĽŇÓÔŔŠŤÚÝŽ"},
	{"hu", []string{"windows-1250", "iso-8859-2"}, "áéíóöőúüűÁÉÍÓÖŐÚÜŰ"},
	{"ro", []string{"windows-1250", "iso-8859-2"}, "ăâîşţĂÂÎŞŢ"},
	{"hr", []string{"windows-1250", "iso-8859-2"}, "čćđšžČĆĐŠŽ"},
	{"sl", []string{"windows-1250", "iso-8859-2"}, "čšžČŠŽ"},
	{"tr", []string{"windows-1254"}, "çğıöşüâîûÇĞİÖŞÜÂÎÛ"},
	{"lt", []string{"windows-1257"}, "ąčęėįšųūžĄČĘĖĮŠŲŪŽ"},
	{"lv", []string{"windows-1257"}, "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ"},
	{"et", []string{"windows-1257"}, "äõöüšžÄÕÖÜŠŽ"},
	{"de", []string{"ibm850", "macintosh"}, "äöüßÄÖÜ"},
	{"fr", []string{"ibm850", "macintosh"}, "éèàùâêîôûëïüçÉÈÀÙÂÊÎÔÛËÏÜÇ"},
	{"es", []string{"ibm850", "macintosh"}, "áéíóúüñÁÉÍÓÚÜÑªº"},
}

// languagesOf are what a charset is used for.
var languagesOf = map[string]string{
	"windows-1251": "ru", "koi8-r": "ru", "koi8-u": "uk", "iso-8859-5": "ru", "ibm866": "ru",
	"gb2312": "zh", "gbk": "zh", "gb18030": "zh", "hz-gb-2312": "zh", "big5": "zh", "big5-hkscs": "zh",
	"shift_jis": "ja", "iso-2022-jp": "ja", "euc-jp": "ja", "euc-kr": "ko", "ks_c_5601-1987": "ko", "iso-2022-kr": "ko",
	"iso-8859-2": "pl cs sk hu ro hr sl", "windows-1250": "pl cs sk hu ro hr sl", "iso-8859-16": "ro",
	"iso-8859-9": "tr", "windows-1254": "tr", "iso-8859-7": "el", "windows-1253": "el", "iso-8859-8": "he", "iso-8859-8-i": "he", "windows-1255": "he",
	"iso-8859-6": "ar", "windows-1256": "ar", "windows-874": "th", "tis-620": "th", "windows-1257": "lt lv et", "iso-8859-13": "lt lv et", "iso-8859-4": "lt lv et",
}

// languagesIn are the languages of countries whose mail is often without a
// charset.
var languagesIn = map[string]string{
	"ru": "ru", "su": "ru", "by": "be", "kz": "ru", "ua": "uk", "bg": "bg", "rs": "sr", "mk": "mk", "gr": "el", "il": "he", "th": "th",
	"pl": "pl", "cz": "cs", "sk": "sk", "hu": "hu", "ro": "ro", "hr": "hr", "si": "sl", "tr": "tr", "lt": "lt", "lv": "lv", "ee": "et",
	"cn": "zh", "tw": "zh", "hk": "zh", "jp": "ja", "kr": "ko", "eg": "ar", "sa": "ar", "ae": "ar", "ir": "fa",
}
