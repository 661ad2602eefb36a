package demo

import "lotse/internal/desk"

// stories are made up. Names, addresses and numbers belong to nobody.
func stories() []story {
	return []story{
		{daysAgo: 8.2, name: "Heike Lorenz", email: "heike.lorenz@post.example", subject: "Nur 11 statt 16 Mbit/s", steps: []step{
			{do: write, text: "Guten Tag,\n\nverkauft wurde mir ein Anschluss mit 16 Mbit/s, an kommen seit Wochen nie mehr als 11. Gemessen morgens, mittags und abends, per Kabel direkt am Router.\n\nDen Netzstecker habe ich schon gezogen, bitte nicht noch einmal vorschlagen.\n\nMit freundlichen Grüßen\nHeike Lorenz\nKundennummer 4402 118"},
			{hours: 2, by: "Mia", do: take},
			{hours: .3, by: "Mia", do: note, text: "Drei Messungen liegen bei, alle per Kabel. Kein Fall für die Neustart-Schleife."},
			{hours: .2, by: "Mia", do: give, to: "Jonas", text: "Leitung prüfen lassen: Kundin misst dauerhaft 11 von 16 Mbit/s, Router und WLAN sind ausgeschlossen."},
			{hours: 20, by: "Jonas", do: answer, next: desk.WaitingOthers, text: "Guten Tag Frau Lorenz,\n\nIhre Messungen stimmen. Ich habe die Leitung heute selbst geprüft: Am Verteiler in der Uferstraße gibt es eine fehlerhafte Klemme.\n\nDer Techniker fährt morgen hin. **Sie müssen nichts tun und nicht zu Hause sein.** Ich melde mich, sobald die Leitung steht."},
			{hours: 2, do: reveal, to: "Nur 11 statt 16 Mbit/s: Was tun, wenn die Leitung langsamer ist als verkauft?", text: "Verkauft wurde mir ein Anschluss mit 16 Mbit/s, an kommen seit Wochen nie mehr als 11. Gemessen morgens, mittags und abends, per Kabel direkt am Router. Den Netzstecker habe ich schon gezogen."},
			{hours: 3, by: "Jonas", do: tell, text: "Die Messungen stimmen: Am Verteiler war eine Klemme fehlerhaft, seit heute 14 Uhr ist sie ersetzt. Die Leitung liefert wieder 16 Mbit/s.\n\nWer dauerhaft weniger als 90 % misst, braucht drei Messungen an zwei Tagen, per Kabel. Damit prüfen wir die Leitung **innerhalb von zwei Werktagen**. Für jeden Tag darunter wird der Preis anteilig gemindert, ohne Antrag."},
			{hours: 23, do: write, text: "Vielen Dank, endlich jemand, der nachsieht. Ich messe morgen Abend noch einmal."},
		}},
		{daysAgo: 7.6, name: "Mehmet Yıldız", email: "m.yildiz@mail.example", subject: "Zähler kommt nicht an", steps: []step{
			{do: write, text: "Hallo,\n\nmein neuer Zähler sollte letzten Donnerstag kommen. Laut Paketdienst \"zugestellt\", aber hier ist nichts. Die Nachbarn haben auch nichts.\n\nWas nun?\nMehmet Yıldız"},
			{hours: 3, by: "Mia", do: take},
			{hours: 1, by: "Mia", do: answer, next: desk.WaitingCustomer, text: "Guten Tag Herr Yıldız,\n\ndas klären wir mit dem Paketdienst, nicht Sie. Ein zweiter Zähler ist unterwegs und kommt am Dienstag zwischen 8 und 12 Uhr.\n\nPasst Ihnen das?"},
			{hours: 5, do: write, text: "Dienstag passt. Danke!"},
			{hours: 1, do: reveal, to: "Zähler laut Paketdienst zugestellt, aber nicht da", text: "Mein neuer Zähler sollte letzten Donnerstag kommen. Laut Paketdienst ist er zugestellt, aber hier ist nichts, auch bei den Nachbarn nicht. Wer kümmert sich darum?"},
			{hours: 2, by: "Mia", do: tell, text: "Darum kümmern wir uns, nicht Sie. Ein zweiter Zähler ist unterwegs; die Nachforschung beim Paketdienst läuft. Wenn ein Zähler nach drei Werktagen nicht da ist, schicken wir sofort einen neuen, ohne dass Sie etwas unterschreiben müssen."},
		}},
		{daysAgo: 6.9, name: "Renate Vogel", email: "renate.vogel@web.example", subject: "Abrechnung 2025: Zählerstand falsch", steps: []step{
			{do: write, text: "Sehr geehrte Damen und Herren,\n\nin der Rechnung steht als Endstand 48 211 kWh. Abgelesen habe ich am 31.12. aber 43 211 kWh. Da hat sich jemand um 5 000 vertippt.\n\nBitte korrigieren Sie das.\n\nRenate Vogel"},
			{hours: 4, by: "Mia", do: give, to: teamBilling, text: "Zahlendreher im Endstand, Korrektur der Jahresrechnung."},
			{hours: 16, by: "Selin", do: take},
			{hours: 1, by: "Selin", do: answer, text: "Guten Tag Frau Vogel,\n\nSie haben recht: Beim Abtippen ist aus der 3 eine 8 geworden. Die Rechnung ist berichtigt, **1 412,50 € kommen in drei Werktagen auf Ihr Konto zurück**.\n\nDie neue Rechnung schicken wir Ihnen heute noch zu. Bitte entschuldigen Sie den Fehler."},
			{hours: 24, do: write, text: "Geld ist da. So wünscht man sich das. Danke, Frau Aydın!"},
			{hours: 2, by: "Selin", do: settle, next: desk.Solved},
			{hours: 1, do: reveal, to: "Zahlendreher in der Jahresabrechnung: Wie schnell wird korrigiert?", text: "In der Rechnung stand ein Endstand, der um 5 000 kWh zu hoch war. Wie lange dauert es, bis so etwas berichtigt ist und das Geld zurückkommt?"},
			{hours: 15, by: "Selin", do: tell, text: "Einen falschen Zählerstand berichtigen wir am selben Werktag, an dem Sie uns den richtigen nennen; ein Foto des Zählers genügt. Das Guthaben ist **drei Werktage** später auf Ihrem Konto."},
		}},
		{daysAgo: 5.1, name: "Familie Brandt", email: "brandt.familie@post.example", subject: "Umzug zum 1. Dezember", steps: []step{
			{do: write, text: "Guten Tag,\n\nwir ziehen am 1. Dezember von der Gartenstraße 12 in die Lindenallee 3 und möchten Strom und Internet mitnehmen. Was brauchen Sie von uns?\n\nViele Grüße\nSabine und Tom Brandt"},
			{hours: 1.5, by: "Mia", do: take},
			{hours: .5, by: "Mia", do: answer, next: desk.WaitingCustomer, text: "Guten Tag Familie Brandt,\n\ngern. Wir brauchen nur zwei Dinge:\n\n1. die Zählernummer in der Lindenallee 3 (steht auf dem Zähler),\n2. den Zählerstand in der Gartenstraße am Tag der Übergabe. Ein Foto genügt.\n\nAlles andere erledigen wir."},
		}},
		{daysAgo: 4.4, name: "Oliver Hahn", email: "oliver.hahn@firma.example", subject: "Kündigung Internet", steps: []step{
			{do: write, text: "Ich kündige meinen Internetanschluss zum nächstmöglichen Zeitpunkt. Bitte bestätigen Sie mir das Datum schriftlich.\n\nO. Hahn"},
			{hours: 6, by: "Mia", do: take},
			{hours: .2, by: "Mia", do: answer, text: "Guten Tag Herr Hahn,\n\nIhre Kündigung ist eingegangen. Der Vertrag endet am **31. Dezember 2026**. Mehr ist nicht nötig."},
		}},
		{daysAgo: 3.3, name: "Grace Miller", email: "grace.miller@mail.example", subject: "Charging station for my car", steps: []step{
			{do: write, text: "Hello,\n\nI would like to install a charging station (11 kW) in my garage. Do I need your permission, and how long does it take?\n\nKind regards\nGrace Miller"},
			{hours: 5, by: "Jonas", do: take},
			{hours: 1, by: "Jonas", do: answer, next: desk.WaitingCustomer, text: "Dear Ms Miller,\n\na charging station of 11 kW only has to be **registered**, no permission is needed. Please send us the data sheet of the model you chose; we do the rest within ten working days."},
			{hours: 2, do: reveal, to: "Charging station with 11 kW in my garage: do I need permission?", text: "I would like to install a charging station with 11 kW in my garage. Do I need a permission, and how long does it take?"},
			{hours: 16, by: "Jonas", do: tell, text: "Up to 12 kW a charging station only has to be **registered**; more than that needs our consent. Send us the data sheet of the model: we register it within ten working days, and you can use it at once."},
		}},
		{daysAgo: 2.2, name: "Werner Kühn", email: "werner.kuehn@web.example", subject: "Techniker war nicht da!", steps: []step{
			{do: write, text: "Heute sollte zwischen 8 und 12 ein Techniker kommen. Ich habe mir frei genommen. Niemand war da. Um 12:03 kam eine SMS: \"Kunde nicht angetroffen\". Das ist eine Frechheit, ich war die ganze Zeit zu Hause!"},
			{hours: 1, by: "Jonas", do: take},
			{hours: .2, by: "Jonas", do: note, text: "Telematik zeigt: Wagen stand bis 11:40 in der Hafenstraße, nie vor Ort. Kunde hat recht."},
			{hours: .4, by: "Jonas", do: answer, next: desk.Open, text: "Guten Tag Herr Kühn,\n\nSie haben recht, unser Techniker war nicht bei Ihnen. Die SMS war falsch.\n\nDer neue Termin ist **morgen, 8 bis 9 Uhr**, als erster der Tour. Für den versäumten Termin schreiben wir Ihnen 10 € gut, ohne dass Sie etwas beantragen müssen."},
			{hours: 3, do: write, text: "Na gut. Ich bin morgen um 8 da. Wehe, es kommt wieder keiner."},
		}},
		{daysAgo: 1.4, name: "Lea Sommer", email: "lea.sommer@mail.example", subject: "Glasfaser in der Mühlgasse?", steps: []step{
			{do: write, text: "Hallo,\n\nwann kommt Glasfaser in die Mühlgasse? Bei den Nachbarn in der Bachstraße liegt sie schon.\n\nLG Lea Sommer"},
			{hours: 2, do: reveal, to: "Wann kommt Glasfaser in die Mühlgasse?", text: "Wann kommt Glasfaser in die Mühlgasse? In der Bachstraße, gleich um die Ecke, liegt sie schon."},
			{hours: 1, by: "Mia", do: tell},
		}},
		{daysAgo: .9, name: "Piotr Nowak", email: "p.nowak@post.example", subject: "Abschlag zu hoch", steps: []step{
			{do: write, text: "Guten Tag,\n\nmein Abschlag wurde von 62 auf 118 Euro erhöht, obwohl ich allein wohne und eher weniger verbrauche. Können Sie das bitte prüfen?\n\nPiotr Nowak, Kundennummer 4471 903"},
			{hours: 1, by: "Mia", do: give, to: teamBilling, text: "Abschlag prüfen, bitte Verbrauch der letzten zwei Jahre ansehen."},
		}},
		{daysAgo: .35, name: "Ingrid Sauer", email: "ingrid.sauer@web.example", subject: "Danke an Herrn Weber", steps: []step{
			{do: write, text: "Liebes Team,\n\nich wollte nur sagen: Herr Weber hat am Telefon nicht aufgelegt, bis der Anschluss wieder ging. Eine halbe Stunde. Das gibt es sonst nirgends.\n\nHerzliche Grüße\nIngrid Sauer"},
		}},
		{daysAgo: .12, name: "Tarek Haddad", email: "tarek.haddad@mail.example", subject: "Stromausfall Hafenstraße", steps: []step{
			{do: write, text: "Seit 20 Minuten ist in der ganzen Hafenstraße der Strom weg. Wissen Sie schon Bescheid?"},
			{hours: .5, do: reveal, to: "Stromausfall in der ganzen Hafenstraße", text: "Seit 20 Minuten ist in der ganzen Hafenstraße der Strom weg. Weiß schon jemand Bescheid, und wie lange dauert es?"},
		}},
		{daysAgo: .03, name: "Clara Beck", email: "clara.beck@post.example", subject: "Zugangsdaten für das Kundenportal", steps: []step{
			{do: write, text: "Hallo, ich finde den Brief mit den Zugangsdaten nicht mehr. Können Sie mir neue schicken?\n\nClara Beck"},
		}},
	}
}
