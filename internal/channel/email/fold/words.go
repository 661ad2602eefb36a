package fold

import "strings"

// The tables below are lists of words between bars, in lower case, one line a
// language or a family of them. A mail program in a language that is missing
// needs one word here and no code.

// wrote holds the verb of the line that introduces a quote, "On … Ann wrote:".
// Forms with "(a)" and the like are listed by their first letters.
var wrote = words(
	"wrote|writes|excerpts|skrev|skrifaði|skrifar", // English, Danish, Norwegian, Swedish, Icelandic
	"schrieb|schrieben|geschrieben|schreibt|schreef|geschreven|schrijft",
	"écrit|ecrit|écrivait|écrivit|escribió|escribio|escrito|escribe|escreveu|escrito|escribiu|escriure|escrit|escrigué",
	"scritto|scrisse|scrive|scris|scrie|idatzi",
	"napisał|napisała|napisana|napisali|pisze|napsal|napsala|píše|napísal|napísala|napisao|napisala|napisal|piše",
	"написал|написала|пишет|писал|написав|написала|написано|пише|написа|писа|написао|напісаў",
	"kirjoitti|kirjoittaa|kirjutas|írta|írt|yazdı|yazmış|rašė|parašė|rakstīja",
	"έγραψε|έγραφε|γράφει|כתב|כתבה|כותב|كتب|كتبت|كتابة|نوشت|नेलिखा|लिखा",
	"viết|menulis|tulis|menulisnya|shkroi|sumulat",
	"quoting|zitat|citando|citado|cytowanie|citation|citeren|citat", // "Quoting Ann <a@b>:", without a verb
)

// wroteWithin are such verbs of scripts that put no space between words.
var wroteWithin = list("写道|寫道|写到|寫到|のメール|が書きました|は書きました|のメッセージ|書かれました|작성|님이 씀|썼습니다|เขียนว่า|เขียน")

// by stands before the sender in an introducing line without verb.
var by = words("from|von|de|da|od|van|fra|från|от|від|от|из|מאת|من|από|kimden|from:")

// byHand are words of a sentence somebody wrote by hand, such as "On 3 May your
// colleague wrote me the following:". Programs say them only beside an address.
// They count as written here, because names begin with a capital.
var byHand = words("the|he|she|they|someone|somebody|der|die|das|dem|ein|eine|er|sie|jemand|elle|quelqu|alguien|qualcuno|mir|uns|mich|ich|wir|Ihr|Ihre|Ihrem|folgendes|Folgendes|dass|me|us|my|your|our|I|we|that|following|nous|votre|je|nos|mi|su|yo|que|mij|ons|jullie|che|vostro|mnie|nam|mně|nám")

// original marks the beginning of the earlier message, between dashes.
var original = list(
	"original message|original e-mail|original email|original mail|reply message|replied message|previous message|message reply",
	"ursprüngliche nachricht|urspruengliche nachricht|ursprüngliche mail|ursprüngliche e-mail|originalnachricht|original-nachricht|original nachricht|originale nachricht|original-mail|originalmail",
	"message d'origine|message original|message initial|courriel original|mail original|message transmis",
	"mensaje original|mensaje de origen|correo original|messaggio originale|messaggio original|mensagem original|missatge original",
	"oorspronkelijk bericht|origineel bericht|oorspronkelijke bericht|oprindelig besked|oprindelig meddelelse|original meddelelse|opprinnelig melding|opprinnelig e-post|opprinneleg melding|originalmelding",
	"ursprungligt meddelande|originalmeddelande|ursprungligt mejl|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|treść oryginalnej wiadomości|wiadomość pierwotna",
	"původní zpráva|puvodni zprava|původní e-mail|pôvodná správa|originálna správa|originální zpráva|eredeti üzenet|eredeti levél|mesaj original|mesajul original|mesajul inițial|mesaj inițial",
	"исходное сообщение|оригинальное сообщение|первоначальное сообщение|исходное письмо|вихідне повідомлення|початкове повідомлення|оригінальне повідомлення|оригінал повідомлення|оригинално съобщение|originalna poruka|izvorna poruka|izvorno sporočilo|orijinal mesaj|özgün ileti|orjinal mesaj|asıl ileti",
	"αρχικό μήνυμα|הודעה מקורית|الرسالة الأصلية|原始邮件|原始郵件|原邮件|邮件原件|元のメッセージ|オリジナルメッセージ|원본 메시지|원본 메일|원본메일|thư gốc|tin nhắn gốc|pesan asli|mesej asal|ข้อความต้นฉบับ|ข้อความเดิม",
)

// replyAbove stands in the line that service desks want answers to be above of.
var replyAbove = list("reply above this line|type your reply above|respond above this line|reply above the line|oberhalb dieser zeile|oberhalb dieser linie|über dieser zeile|über dieser linie|répondre au-dessus de cette ligne|répondez au-dessus|au-dessus de cette ligne|encima de esta línea|sopra questa riga|boven deze regel|boven deze lijn|powyżej tej linii|acima desta linha")

// answersInside are words by which a writer says that answers stand within the
// earlier message.
var answersInside = list(
	"inline|in-line|in red|in blue|in green|in bold|answers below|answered below|answer below|comments below|replies below|responses below|see my answers|see my comments|within your mail|between the lines",
	"in rot|in blau|in grün|rot markiert|blau markiert|in roter|in blauer|farbig|antworten unten|antworten stehen unten|antworten im text|antworten direkt|meine antworten|meine anmerkungen|im text unten|unten im text|direkt im text|in ihrer mail|in deiner mail|zwischen den zeilen",
	"en rouge|en bleu|en vert|dans le texte|mes réponses|réponses ci-dessous|dans votre mail|dans votre message|en rojo|en azul|en verde|mis respuestas|respuestas abajo|in rosso|in blu|in verde|mie risposte|risposte sotto|nel testo|in het rood|in het blauw|mijn antwoorden|antwoorden hieronder|in de tekst",
	"na czerwono|na niebiesko|odpowiedzi poniżej|w treści|em vermelho|em azul|respostas abaixo|no texto|med rødt|med rött|i rødt|mine svar|mina svar|svar nedenfor|svar nedan",
)

// greeting begins the first line of a message.
var greeting = list(
	"hi|hello|hey|dear|good morning|good afternoon|good evening|greetings|hallo|guten|moin|servus|grüezi|grüß|liebe|sehr geehrte|werte",
	"bonjour|bonsoir|salut|cher|chère|madame|monsieur|hola|buenos|buenas|estimad|querid|ciao|buongiorno|buonasera|gentile|salve|egregi",
	"beste|geachte|goedemorgen|goedemiddag|goedendag|dzień dobry|cześć|witam|szanown|drogi|olá|oi|bom dia|boa tarde|boa noite|prezad|car",
	"hej|hei|kære|kjære|bästa|god dag|goddag|moi|terve|hyvä|dobrý|ahoj|vážen|tisztelt|kedves|szia|bună|stimat|merhaba|sayın|здравствуйте|привет|добрый|уважаем|доброго|вітаю|добрий|шановн",
	"你好|您好|尊敬|こんにちは|お世話|안녕|xin chào|chào|kính gửi|שלום|مرحبا|السلام|γεια|καλημέρα|αγαπητ|pozdrav|poštovan|dober dan|dobar dan",
)

// closing begins the line under which a writer puts the name.
var closing = list(
	"regards|best regards|kind regards|kindest regards|warm regards|warmest regards|with kind regards|with best regards|rgds|best wishes|best|all the best|warmly|many thanks|thanks|thank you|thanks and regards|thanks in advance|thx|cheers|sincerely|yours sincerely|yours faithfully|yours truly|yours|sincerely yours|respectfully|cordially|kind wishes|br",
	"mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichen gruessen|mit freundlichem gruß|mit freundlichem gruss|mit besten grüßen|mit besten grüssen|mit lieben grüßen|mit herzlichen grüßen|freundliche grüße|freundliche grüsse|viele grüße|viele grüsse|viele gruesse|beste grüße|beste grüsse|liebe grüße|liebe grüsse|herzliche grüße|schöne grüße|sonnige grüße|gruß|gruss|grüße|grüsse|lieben gruß|schönen gruß|lg|vg|mfg|bg|hg|hochachtungsvoll|mit vorzüglicher hochachtung|vielen dank|besten dank|herzlichen dank|danke|danke und gruß|danke im voraus|es grüßt",
	"cordialement|bien cordialement|très cordialement|bien à vous|bien à toi|cdt|cdlt|salutations|meilleures salutations|sincères salutations|salutations distinguées|amicalement|merci|merci d'avance|merci beaucoup|bonne journée|respectueusement|avec mes salutations",
	"saludos|un saludo|saludos cordiales|cordiales saludos|un cordial saludo|atentamente|atte|gracias|muchas gracias|cordialment|cordialmente|salutacions",
	"cordiali saluti|distinti saluti|saluti|un saluto|un cordiale saluto|i migliori saluti|grazie|grazie mille|buona giornata|in fede",
	"met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|met groet|hartelijke groet|hartelijke groeten|groeten|groet|groetjes|mvg|hoogachtend|bedankt|alvast bedankt|dank u|dank je",
	"pozdrawiam|pozdrawiam serdecznie|serdecznie pozdrawiam|serdeczne pozdrowienia|pozdrowienia|z poważaniem|z wyrazami szacunku|z pozdrowieniami|dziękuję|dziękuję i pozdrawiam|z góry dziękuję",
	"atenciosamente|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|os melhores cumprimentos|abraço|abraços|obrigado|obrigada|muito obrigado|att|saudações|cordialmente",
	"venlig hilsen|med venlig hilsen|de bedste hilsner|hilsen|mvh|vh|tak|på forhånd tak|med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar|vänlig hälsning|hälsningar|tack|tack på förhand|med vennlig hilsen|vennlig hilsen|beste hilsen|takk",
	"ystävällisin terveisin|parhain terveisin|terveisin|terv|yt|kiitos|kiitoksin|s pozdravem|s přátelským pozdravem|děkuji|hezký den|s pozdravom|ďakujem|üdvözlettel|tisztelettel|köszönettel|köszönöm|üdv",
	"cu stimă|cu respect|mulțumesc|toate cele bune|saygılarımla|saygılarımızla|iyi çalışmalar|teşekkürler|selamlar|s poštovanjem|srdačan pozdrav|lijep pozdrav|lep pozdrav|s spoštovanjem|hvala|pozdrav",
	"с уважением|с наилучшими пожеланиями|всего доброго|спасибо|с ув|з повагою|з найкращими побажаннями|дякую|с уважение|поздрави|με εκτίμηση|με φιλικούς χαιρετισμούς|ευχαριστώ",
	"此致|敬礼|祝好|谢谢|謝謝|よろしくお願いします|よろしくお願いいたします|宜しくお願い致します|敬具|감사합니다|trân trọng|cảm ơn|thân mến|בברכה|תודה|مع التحية|مع خالص التحية|شكرا|salam|hormat saya|terima kasih",
)

// deviceLine is how a device or a program signs: with its name where "…" stands,
// which is behind the words if there is none.
var deviceLine = list(
	"sent from|sent with|sent via|sent using|sent by|sent on the|get outlook for|get…for android|get…for ios|get…for iphone|get…for mobile|via mobile|typed on|written on my|posted from|sent out from",
	"von…gesendet|vom…gesendet|mit meinem…gesendet|diese nachricht wurde…gesendet|diese e-mail wurde…gesendet|diese mail wurde…gesendet|von meinem…geschrieben|gesendet von|gesendet mit|gesendet über|gesendet via|versendet mit|verschickt mit|verschickt von|von unterwegs gesendet|von unterwegs geschrieben|mobil gesendet|holen sie sich outlook für|beschaffen sie sich outlook für|laden sie outlook für…herunter|outlook für…herunterladen|outlook für…beziehen",
	"envoyé de|envoyé depuis|envoyé à partir|envoyé avec|envoyé via|envoyé par|télécharger outlook pour|télécharger outlook|téléchargez outlook|obtenez outlook pour|obtenir outlook pour|provenance :|provenance:",
	"enviado desde|enviado con|enviado vía|enviado a través|enviado mediante|obtener outlook para|obtén outlook para|descargar outlook para|enviat des|enviat amb",
	"inviato da|inviato dal|inviato dall|inviato con|inviato tramite|scarica outlook per|ottieni outlook per|spedito da",
	"verzonden vanaf|verzonden met|verzonden via|verzonden vanuit|verstuurd vanaf|verstuurd vanuit|verstuurd met|verstuurd via|outlook voor…downloaden|download outlook voor",
	"wysłane z|wysłano z|wysłane przez|wysłano przez|wysłane za pomocą|pobierz aplikację outlook|pobierz outlook|uzyskaj aplikację outlook",
	"enviado do|enviado a partir|enviado pelo|enviado por|enviado de|enviado da|enviado via|obter o outlook|obtenha o outlook|baixar o outlook|obter outlook para|descarregar outlook",
	"sendt fra|sendt med|sendt via|hent outlook|skaff deg outlook|få outlook|last ned outlook|skickat från|skickad från|skickat med|sänt från|hämta outlook|lähetetty|hanki outlook|sent frá",
	"odesláno z|odesláno ze|odesláno pomocí|odeslané z|odoslané z|odoslané zo|poslané z|získat outlook|získajte outlook|stáhnout outlook|elküldve|küldve|az outlook letöltése|trimis de pe|trimis din|trimis de la|obține outlook|descărcați outlook",
	"отправлено с|отправлено из|отправлено через|послано с|скачать outlook|загрузить outlook|получить outlook|надіслано з|надіслано із|відправлено з|отримати outlook|завантажити outlook|изпратено от|poslano s|poslano z|poslato sa|şuradan gönderildi|şundan gönderildi",
	"στάλθηκε από|εστάλη από|λήψη του outlook|נשלח מ|תשלח מ|קבל את outlook|أُرسلت من|أرسلت من|أرسل من|الحصول على outlook|đã gửi từ|được gửi từ|gửi từ|tải outlook|tải về outlook|dikirim dari|dihantar dari|ส่งจาก",
	"发自我的|发自|發自|從我的|从我的|来自我的|传送自|傳送自|寄自|获取 outlook|下载 outlook|取得 outlook|下載 outlook|获取适用于|取得適用於|나의",
	"…lekérése|…letöltése|…gönderildi|…gönderilmiştir|…gönderdim|…'u edinin|…indirin|…から送信|…より送信|…から送信されました|…を入手|…에서 보냄|…에서 보냈습니다|…에서 전송|…에서 발송된 메일입니다|…다운로드|…发送|…傳送|…küldve|…elküldve",
)

// device holds what such a line names.
var device = words(
	"iphone|ipad|ipod|mac|macbook|apple|android|samsung|galaxy|huawei|xiaomi|redmi|oneplus|pixel|nokia|lumia|blackberry|htc|motorola|moto|lg|sony|xperia|honor|oppo|vivo|realme|wiko|windows|ios|verizon|vodafone|t-mobile|sprint|metropcs|cricket",
	"handy|smartphone|smartfon|mobiltelefon|mobil|mobile|mobiele|phone|cellphone|telefon|telefoon|téléphone|telefono|teléfono|telefone|celular|móvil|móviles|puhelin|puhelimesta|komórki|tablet|tablette|unterwegs|телефона|телефон|смартфона|мобильного",
	"outlook|mail|gmail|gmx|web.de|yahoo|aol|proton|protonmail|tutanota|thunderbird|k-9|spark|airmail|mailspring|bluemail|typeapp|sparrow|mailbird|canary|hey|superhuman|edison|nine|aquamail|telekom|t-online|freenet|orange|laposte|free|libero|virgilio|tim|wp|onet|interia|o2|почты|почта|mail.ru|яндекс|yandex|почти|邮箱|qq|網易|网易|手机|mailo|hushmail|fairemail|maildroid|mailtime|tuta|posteo|emclient|betterbird|kmail|foxmail|vivaldi|shortwave|infomaniak|ionos|roundcube|zimbra|sogo|swisscom|bluewin|icloud|zoho|fastmail|correo|courrier|poczty|posta|posten|app",
)

// announcing are words of a sentence behind which contact data is what the
// writer has to say and no signature.
var announcing = list("daten|adresse|nummer|kontakt|erreich|anschrift|details|address|number|contact|data:|reach|call|coordonnées|joindre|datos|dirección|número|dati|indirizzo|numero|gegevens|adres|dane|numer|dados|endereço|telefon|phone|rufen|appel|llam|chiam|bel ")

// legal are words of the line a company must print under its letters.
var legal = list("amtsgericht|handelsregister|hrb |hra |geschäftsführ|ust-id|ustid|ust.-id|umsatzsteuer|sitz der gesellschaft|vorstand:|vorstandsvorsitz|aufsichtsrat|steuernummer|registergericht|registered in england|registered office|company no|company number|vat no|vat reg|siret|siren |rcs |kvk|btw-nr|btw nr|nip:|nip |regon|krs |p.iva|p. iva|partita iva|cif:|nif:|c.f.|cvr|org.nr|org nr|y-tunnus|dič|ičo|firmenbuch")

// words reads tables into a set.
func words(tables ...string) map[string]bool {
	set := map[string]bool{}
	for _, w := range list(tables...) {
		set[w] = true
	}
	return set
}

// list reads tables into a list.
func list(tables ...string) []string {
	return strings.Split(strings.Join(tables, "|"), "|")
}
