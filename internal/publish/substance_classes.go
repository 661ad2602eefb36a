package publish

import "strings"

// maxStem is how many bytes of a word's beginning or end say what it is about.
const maxStem = 20

// classWords says what the words of customer service are about, so that a word
// seen in one reply tells something about its neighbours in another. A line is a
// class and its words, given by their beginning, by their end (-nummer) or whole
// (=ring). Class fn is grammar: it says nothing.
const classWords = `
contact hotline telefon anruf anzuruf ruf rückruf =chat =chats chatte =dm =dms =pn =pns =pm messenger whatsapp nachricht -nachricht -nachrichten =mail =mails =mailen e-mail email inbox postfach kontakt =call =calls =calling =phone =ring message =contact contacting =touch xcontactx erreich meld -formular -formulars =form =line =lines helpline schreib anschreib =write anschrift postal wend =wenden chatbot durchkling =dial =reach =shout =bell leitung -nummer =speak =talk sprech gespräch austausch =draht kommentar =revert callback
staff =team =teams -team kolleg mitarbeiter abteilung fachabteilung -abteilung berater -berater experte spezialist personal ansprechpartner -leitung -management support =service -service kundenservice kundendienst -dienst servicecenter kundenzentrum dialog =agent =agents adviser advisor specialist expert colleague department manager =staff =office =desk helpdesk depot =branch filiale shop =shops händler hersteller verkäufer vermieter netzbetreiber =seller manufacturer retailer landlord insurer krankenkasse =kasse behörde -amt -behörde bauhof bauaufsicht geschäftsleitung stelle =committee supplier lieferant zulieferer consultant representative concerned relevant zuständig techniker technik engineer crew buchhaltung accounts warehouse lager handler director geschäftsführung verwaltung küche einkauf buyers purchasing market redaktion doctor ärzt =arzt apotheke pharmacy =gp fachmann professional
regret leid entschuldig bedauer sorry apolog regret verzeih pardon oje =oh ohje oh =puh =uff hoppla schade shame =sad sadly yikes eek =dear mensch hearts
feel ärger verärger frust unmut enttäusch unzufrieden betroffen upset annoy disappoint anger angry worry worried concern unpleasant unschön doof blöd mies unzumutbar unacceptable inakzeptabel distress shock bestürz mortif gutted disgust stress unangenehm unbefriedig ungünstig irritat inconvenien unannehm umständ umstände hassle trouble bother unhappy ungeduld impatien =bad schlimm schlecht unglücklich traurig poor nerv bitter awful terrible horrible letdown kummer sorgen unverständlich misslich unerfreulich dismay feelings
thanks dank bedank thank merci =cheers =thx lob compliment grateful
empathy versteh verständ nachvollzieh nachfühl understand appreciat sympath empath =recht imagine vorstellen patien geduld nachsicht bear
value wichtig anspruch =ziel qualität zufrieden priorit ernst herz bemüh bestreb oberste serious important value pride strive commit standard priority passion goal loyal treue vertrau trust experience erfahrung feedback rückmeld meinung kritik anregung hinweis suggestion idea opinion view wert improve verbess learn lern lessons besser better best sorgfalt care erwart expect
hope hoff wünsch freu daum hope wish forward fingers enjoy glad happy delight welcom begrüß viel spaß =fun luck glück chance gern =gerne love wiedergut bleib
vague schnell bald zeitnah umgehend kürze demnächst sobald soon shortly asap urgent dringend progress momentan derzeit aktuell currently still yet meantime gleich moment gegeben laufen neuigkeit update updates news dran hochdruck unverzüglich baldmögl priority hurry eventually
check prüf geprüft überprüf klär geklär schau nachseh nachgeh geh anseh ansehen untersuch check look investigat review examin nachhak hake nachfrag chas clarify find guck bearbeit process handl consider deal dealt resolv sort sorted lösung löst solution behandel kümmer monitor beobacht besprech diskut discuss sensibilis aufarbeit follow
forward weiter gemeldet informier übergeb übermittel mitgeteilt intern gebeten angefragt notiert vermerk aufgenommen eingegangen angekommen erhalten received forward pass passed escalat rais raised flagg notif inform refer handed feed noted logged aware asked share bekannt kenntnis zugeleitet vorgelegt liegt allocat assign bescheid
ask bitt =please kindly könnt magst =could =mind würde =would =möchten =möchte möcht lass let
give schick send =sende nenn mitteil teil hinterlass provide giv =give drop supply attach fill ausfüll bereit =pop hop slide submit zukommen verrat add beilegen
ident kundennummer bestellnummer vertragsnummer nummer -nummer aktenzeichen geburtsdatum =name =names postcode plz account =number reference ref referenz =order =id screenshot foto photo picture details angaben daten unterlag information infos =info imei kaufbeleg ticket case vorgang fall anliegen anfrage request query queries question frage matter issue beschwerde complaint claim reklamation comments schilder situation angelegenheit sache thema problem bewertung zeilen
help hilf helf weiterhelf geholfen unterstütz berat help assist advice advise auskunft auskünfte guid
privacy datenschutz öffentlich privat persönlich public private privacy confidential bankgeheim secrecy security schweige legal comment äußer rechtlich individual einzelfall
web website webseite homepage faq internetseite seite hilfebereich centre xlinkx page site www online social
us =wir =uns unser =we =us =our =ours we'll we've we're we'd =ich =mich =mir =i i'll i've i'm i'd =my =me
you =sie =ihnen =ihr ihre =du =dir =dich dein =euch =eure =you =your =yours you'll you're you've you'd
neg =nicht kein =nein =not =no =never =nie niemals can't won't doesn't isn't don't aren't wasn't didn't cannot mustn't without ohne nothing nichts niemand nobody unable
modal =kann können =können =can =muss müssen =must darf dürfen may might =should soll need needs brauch benötig
cause weil denn wegen grund ursache because since due cause caused reason therefore deshalb daher schuld aufgrund verursach owing hence
date montag dienstag mittwoch donnerstag freitag samstag sonntag monday tuesday wednesday thursday friday saturday sunday januar februar märz april mai juni juli august september oktober november dezember january february march =may june july october december heute gestern morgen übermorgen today yesterday tomorrow tonight
span tag tage tagen =tag woche monat jahr stunde minute sekunde werktag day days week month year hour minute second
unit euro =€ cent prozent percent kwh watt kilo =kg =km =gb mbit megabit grad degrees pound pence units uhr =am =pm noon midnight mittag
done erstatt gutgeschrieben gutschrift storn behoben repar ausgetauscht getauscht ersetz korrigier berichtig gelöscht freigeschaltet entsperr gesperrt zurückgenommen zurückgezogen zurückgesetzt verlänger beendet verschickt versandt versendet zugestellt beauftragt bestellt vereinbart geändert angepasst umgestellt ausgezahlt überwies erlassen erlass verzicht aufgehoben abgelehnt abgeschlossen eingerichtet installier verlegt verschoben entfernt abgeschaltet festgestellt bestätig gefunden entschied beschloss gesenkt erhöht aktivier deaktivier abgeholt genehmigt bewilligt erledigt fertig refund credit reimburs cancelled canceled fixed repair replac restor correct remov unlock block waiv extend shipp dispatch deliver schedul booked ordered deploy revert resolved enabled disabled activat approv declin reject withdr chang confirm decid found paid transfer arriv wrong falsch richtig wieder again swapp upheld granted reset moved closed opened
terms kostenlos kostenfrei gratis free gültig valid gilt gelten applies apply kostet kosten cost costs price preis fee gebühr limit
visit anrufen vereinbar termin appointment komm visit besuch vorbeikomm vorbei consult fragen ask
fn =der =die =das =den =dem =des =ein =eine =einen =einem =einer =eines =und =oder =aber =auch =nur =schon =sehr =ganz =so =wie =was =wer =wo =wann =warum =dass =ob =wenn =falls =als =bis =bei =mit =von =vom =für =auf =aus =an =im =in =ins =um =zu =zum =zur =nach =vor =über =unter =durch =gegen =während =seit =ab =es =er =man =dies =diese =dieser =dieses =diesem =diesen =alle =alles =mehr =ist =sind =war =waren =wird =werden =wurde =wurden =worden =hat =habe =haben =hatte =hatten =gibt =sein =hier =da =dort =dann =jetzt =nun =doch =mal =einfach =kurz =immer =leider =natürlich =dazu =damit =dafür =darüber =davon =daran =the =a =an =and =or =but =also =only =already =very =how =what =who =where =when =why =that =this =these =those =if =as =to =of =for =from =with =by =at =on =out =up =off =about =after =before =than =then =there =here =it =its =it's =he =she =they =them =is =are =was =were =be =been =being =am =do =does =did =done =has =have =had =will =shall =just =any =all =some =most =much =many =further =other =another =one =get =got =make =made =take =took =unfortunately =that's =there's =they're =they'll =noch =sich =lassen =ihrem =ihren =which =weiß =im =into =am =vom
`

// lexicon finds the class of a word.
type lexicon struct{ whole, begin, end map[string]string }

var serviceWords = readClasses(classWords)

func readClasses(lines string) lexicon {
	l := lexicon{map[string]string{}, map[string]string{}, map[string]string{}}
	for line := range strings.Lines(lines) {
		list := strings.Fields(line)
		for i, w := range list {
			switch {
			case i == 0:
			case w[0] == '=':
				l.whole[w[1:]] = list[0]
			case w[0] == '-':
				l.end[w[1:]] = list[0]
			default:
				l.begin[w] = list[0]
			}
		}
	}
	return l
}

// class names what a word is about, or "".
func (l lexicon) class(w string) string {
	if c := l.whole[w]; c != "" {
		return c
	}
	for i := min(len(w), maxStem); i >= 3; i-- {
		if c := l.begin[w[:i]]; c != "" {
			return c
		}
	}
	for i := max(1, len(w)-maxStem); i < len(w); i++ {
		if c := l.end[w[i:]]; c != "" {
			return c
		}
	}
	return ""
}
