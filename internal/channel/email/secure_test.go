package email

import (
	"encoding/base64"
	"os"
	"slices"
	"strings"
	"testing"

	"lotse/internal/intake"
)

func cmsBlock(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/secure/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func names(parts []intake.Part) (list []string) {
	for _, p := range parts {
		list = append(list, p.Name+" "+p.ContentType)
	}
	return list
}

func TestSMIME(t *testing.T) {
	const said = "Die Straße ist gesperrt."
	cases := map[string]struct {
		file, contentType, text, warning string
		parts                            []string
	}{
		"signed, DER":  {"signed-der.p7m", "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", said, warnSigned, []string{"plan.txt text/plain", "smime.p7m application/pkcs7-mime"}},
		"signed, BER":  {"signed-ber.p7m", "application/x-pkcs7-mime; name=smime.p7m", said, warnSigned, []string{"plan.txt text/plain", "smime.p7m application/x-pkcs7-mime"}},
		"by its name":  {"signed-ber.p7m", "application/octet-stream; name=SMIME.P7M", said, warnSigned, []string{"plan.txt text/plain", "SMIME.P7M application/octet-stream"}},
		"encrypted":    {"encrypted.p7m", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "This message is encrypted. The original is attached as a file.", warnEncrypted, []string{"smime.p7m application/pkcs7-mime"}},
		"with a check": {"auth-encrypted.p7m", "application/pkcs7-mime", "This message is encrypted. The original is attached as a file.", warnEncrypted, []string{"attachment-1.p7m application/pkcs7-mime"}},
		"certificates": {"certificates.p7c", "application/pkcs7-mime; smime-type=certs-only; name=smime.p7c", "", "", []string{"smime.p7c application/pkcs7-mime"}},
	}
	for name, c := range cases {
		in := readOK(t, letterOf("From: a@x.example", "Subject: Plan", "MIME-Version: 1.0", "Content-Type: "+c.contentType, "Content-Transfer-Encoding: base64", "",
			base64.StdEncoding.EncodeToString(cmsBlock(t, c.file))), customerTrace)
		if in.Text != c.text || !slices.Equal(names(in.Parts), c.parts) {
			t.Errorf("%s: text %q, parts %q", name, in.Text, names(in.Parts))
		}
		if c.warning != "" && !slices.Contains(in.Warnings, c.warning) || c.warning == "" && len(in.Warnings) > 0 {
			t.Errorf("%s: warnings %q", name, in.Warnings)
		}
	}
}

func TestSignedAndEncryptedMultiparts(t *testing.T) {
	in := readOK(t, letterOf("From: a@x.example", `Content-Type: multipart/signed; micalg=pgp-sha1; protocol="application/pgp-signature"; boundary=b`, "",
		"--b", "Content-Type: text/plain", "", "Hallo", "--b", "Content-Type: application/pgp-signature; name=signature.asc", "", "-----BEGIN PGP SIGNATURE-----", "--b--"), customerTrace)
	if in.Text != "Hallo" || !slices.Equal(names(in.Parts), []string{"signature.asc application/pgp-signature"}) || !slices.Equal(in.Warnings, []string{warnSigned}) {
		t.Errorf("signed: %q %q %q", in.Text, names(in.Parts), in.Warnings)
	}
	in = readOK(t, letterOf("From: jana@post.de", `Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b`, "",
		"--b", "Content-Type: application/pgp-encrypted", "", "Version: 1", "--b", "Content-Type: application/octet-stream; name=encrypted.asc", "", "-----BEGIN PGP MESSAGE-----", "--b--"), customerTrace)
	if in.Text != "Diese Nachricht ist verschlüsselt. Das Original liegt als Datei bei." || len(in.Parts) != 2 || in.Parts[1].Name != "encrypted.asc" || !slices.Equal(in.Warnings, []string{warnEncrypted}) {
		t.Errorf("encrypted: %q %q %q", in.Text, names(in.Parts), in.Warnings)
	}
}

func TestPGPInText(t *testing.T) {
	signed := letterOf("From: a@x.example", "Content-Type: text/plain; charset=utf-8", "", "Vorab", "-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", "", "Die Rechnung fehlt.", "- -- ", "Jana", "-----BEGIN PGP SIGNATURE-----", "", "iQEz", "=abcd", "-----END PGP SIGNATURE-----")
	in := readOK(t, signed, customerTrace)
	if in.Text != "Vorab\nDie Rechnung fehlt.\n-- \nJana" || !slices.Equal(names(in.Parts), []string{"signed.asc text/plain"}) || !slices.Contains(in.Warnings, warnSigned) {
		t.Errorf("signed: %q %q %q", in.Text, names(in.Parts), in.Warnings)
	}
	if !strings.Contains(string(in.Parts[0].Content), "iQEz") {
		t.Error("the original is lost")
	}
	in = readOK(t, letterOf("From: a@x.example", "", "-----BEGIN PGP MESSAGE-----", "", "hQEM", "-----END PGP MESSAGE-----"), customerTrace)
	if in.Text != "This message is encrypted. The original is attached as a file." || !slices.Equal(names(in.Parts), []string{"encrypted.asc application/pgp-encrypted"}) {
		t.Errorf("encrypted: %q %q", in.Text, names(in.Parts))
	}
	in = readOK(t, letterOf("From: a@x.example", "", "Mein Schlüssel:", "-----BEGIN PGP PUBLIC KEY BLOCK-----", "", "mQEN", "-----END PGP PUBLIC KEY BLOCK-----", "Gruß"), customerTrace)
	if in.Text != "Mein Schlüssel:\n\nGruß" && in.Text != "Mein Schlüssel:\nGruß" || !slices.Equal(names(in.Parts), []string{"public-key.asc application/pgp-keys"}) {
		t.Errorf("key: %q %q", in.Text, names(in.Parts))
	}
	quoted := "> -----BEGIN PGP MESSAGE-----\n> hQEM\n> -----END PGP MESSAGE-----"
	if in := readOK(t, "From: a@x.example\n\nWas ist das?\n"+quoted, customerTrace); !strings.Contains(in.Text, "hQEM") || len(in.Parts) != 0 {
		t.Errorf("quoted: %q", in.Text)
	}
}

// TestNestedSignatures wraps a message into another again and again.
func TestNestedSignatures(t *testing.T) {
	der := func(tag byte, body []byte) []byte {
		n := len(body)
		return append([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
	}
	wrap := func(content []byte) []byte {
		info := der(0x30, slices.Concat(der(6, []byte{1}), der(0xa0, der(4, content))))
		return der(0x30, slices.Concat(der(6, oidSigned), der(0xa0, der(0x30, slices.Concat(der(2, []byte{1}), der(0x31, nil), info)))))
	}
	mail := func(inner []byte) []byte {
		return []byte(letterOf("From: a@x.example", "Content-Type: application/pkcs7-mime", "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString(inner)))
	}
	raw := []byte("Content-Type: text/plain\r\n\r\ntief")
	for range 3 {
		raw = mail(wrap(raw))
	}
	if in := readOK(t, string(raw), customerTrace); in.Text != "tief" || len(in.Parts) != 3 {
		t.Errorf("three: %q, %d parts", in.Text, len(in.Parts))
	}
	for range 12 {
		raw = mail(wrap(raw))
	}
	if in := readOK(t, string(raw), customerTrace); len(in.Parts) > maxOpaque+1 {
		t.Errorf("fifteen: %d parts", len(in.Parts))
	}
}

func FuzzCMS(f *testing.F) {
	for _, name := range []string{"signed-der.p7m", "signed-ber.p7m", "encrypted.p7m", "auth-encrypted.p7m", "certificates.p7c"} {
		f.Add(cmsBlock(f, name))
	}
	f.Add([]byte("\x30\x80\x30\x80\x30\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, inner := readCMS(b); len(inner) > len(b) {
			t.Errorf("%d bytes became %d", len(b), len(inner))
		}
	})
}
