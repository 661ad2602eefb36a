# Makes the chains of this folder with dkimpy (Debian: python3-dkim), see README.md.
import base64, pathlib, subprocess
import dkim

here = pathlib.Path(__file__).parent
key = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=key, capture_output=True, check=True).stdout
record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
(here / "key.txt").write_bytes(record + b"\n")

MAIL = b"\r\n".join([
    b"Received: from mx.kunde.example (mx.kunde.example [192.0.2.1])", b"\tby mx.liste.example; Sun, 22 Nov 2026 06:00:00 +0000",
    b"From: =?utf-8?q?J=C3=A4na?= Beispiel", b" <jana@kunde.example>", b"To: liste@liste.example", b"Cc:   viele@liste.example,\t", b"\talle@liste.example",
    b"Subject: Zaehler  mit   Luecken", b"Date: Sun, 22 Nov 2026 06:00:00 +0000", b"Message-ID: <1@kunde.example>", b"MIME-Version: 1.0",
    b"Content-Type: text/plain; charset=utf-8", b"", b"Guten Tag,", b"", "  mein  Zähler\tsteht. ".encode(), b"", b"\t", b"-- ", b"Jana", b"", b"", b""])


def seal(mail, domain, results):
    """Adds what the domain's server found, and its ARC set, as dkimpy makes it."""
    mail = b"Authentication-Results: " + domain + b"; " + results + b"\r\n" + mail
    fields = dkim.ARC(mail).sign(b"arc", domain, key, domain, timestamp=1795327200)
    return b"".join(fields) + mail


def dns(name, timeout=5):
    return record


def keep(name, mail, want):
    cv, _, reason = dkim.arc_verify(mail, dnsfunc=dns)
    assert (cv == b"pass") == want, (name, cv, reason)
    (here / (name + ".eml")).write_bytes(mail)


passed = b"spf=pass smtp.mailfrom=jana@kunde.example; dkim=pass header.d=kunde.example; dmarc=pass header.from=kunde.example"
one = seal(MAIL, b"liste.example", passed)
keep("one", one, True)
changed = one.replace(b"Subject: Zaehler", b"Subject: [Liste] Zaehler") + b"_____\r\nListe\r\n"
keep("one-broken", changed, False)
two = seal(changed, b"zwischen.example", b"arc=pass; dmarc=fail header.from=kunde.example")
keep("two-relaxed", two, True)
keep("three", seal(two, b"dritte.example", b"arc=pass; spf=none"), True)
keep("two-broken-body", two.replace(b"Guten Tag", b"Hallo"), False)
keep("two-broken-seal", two.replace(b"i=1; liste.example; spf=pass", b"i=1; liste.example; spf=fail"), False)
