package email

import (
	"bytes"
	"slices"
	"testing"
)

func TestFilesInText(t *testing.T) {
	// "Cat" and "hello\n" as POSIX uuencode writes them.
	cases := map[string]struct {
		in, rest string
		files    []textFile
	}{
		"one":                {"Hallo\nbegin 644 cat.txt\n#0V%T\n`\nend\nGruß\n", "Hallo\nGruß\n", []textFile{{"cat.txt", []byte("Cat")}}},
		"two":                {"begin 644 a\n#0V%T\n`\nend\nund\nbegin 755 b c.txt\n&:&5L;&\\*\n`\nend\n", "und\n", []textFile{{"a", []byte("Cat")}, {"b c.txt", []byte("hello\n")}}},
		"CRLF":               {"x\r\nbegin 644 a\r\n#0V%T\r\n`\r\nend\r\ny\r\n", "x\r\ny\r\n", []textFile{{"a", []byte("Cat")}}},
		"spaces, stripped":   {"begin 0644 a\n#0V%T\n\nend\n", "", []textFile{{"a", []byte("Cat")}}},
		"no empty line":      {"begin 644 a\n#0V%T\nend\n", "", []textFile{{"a", []byte("Cat")}}},
		"cut":                {"begin 644 a\n#0V%T\n#0V%T\n", "", []textFile{{"a", []byte("CatCat")}}},
		"cut in text":        {"begin 644 a\n#0V%T\n#0V%T\nEnde gut\n", "Ende gut\n", []textFile{{"a", []byte("CatCat")}}},
		"base64":             {"begin-base64 644 a.bin\nQ2F0\naGVs\n====\nx", "x", []textFile{{"a.bin", []byte("Cathel")}}},
		"empty file":         {"begin 644 a\n`\nend\n", "", []textFile{{"a", nil}}},
		"words":              {"begin 644 apples\nand pears\nend\n", "begin 644 apples\nand pears\nend\n", nil},
		"two spaces":         {"begin  the meeting at nine\n", "begin  the meeting at nine\n", nil},
		"nothing follows":    {"begin 644 a\n\nLiebe Jana\n", "begin 644 a\n\nLiebe Jana\n", nil},
		"one line then text": {"begin 644 a\nDEAR JANA\n", "begin 644 a\nDEAR JANA\n", nil},
		"base64 never ends":  {"begin-base64 644 a\nQ2F0\n", "begin-base64 644 a\nQ2F0\n", nil},
		"yEnc":               {"x\n=ybegin line=128 size=3 name=c.txt\n\x6d\x8b\x9e\n=yend size=3\ny\n", "x\ny\n", []textFile{{"c.txt", []byte("Cat")}}},
		"yEnc, escaped":      {"=ybegin line=128 size=1 name=c\n=\x40\n=yend size=1\n", "", []textFile{{"c", []byte{0xd6}}}},
	}
	for name, c := range cases {
		rest, files := cutTextFiles([]byte(c.in))
		if string(rest) != c.rest {
			t.Errorf("%s: rest %q, want %q", name, rest, c.rest)
		}
		if !slices.EqualFunc(files, c.files, func(a, b textFile) bool { return a.name == b.name && bytes.Equal(a.content, b.content) }) {
			t.Errorf("%s: files %q, want %q", name, files, c.files)
		}
	}
}

func TestFilesInTextBecomeAttachments(t *testing.T) {
	in := readOK(t, letterOf("From: a@x.example", "Subject: Foto", "", "Anbei das Foto.", "begin 644 foto.jpg", "#0V%T", "`", "end", "Jana"), customerTrace)
	if in.Text != "Anbei das Foto.\nJana" || len(in.Parts) != 1 || in.Parts[0].Name != "foto.jpg" || in.Parts[0].ContentType != "image/jpeg" || string(in.Parts[0].Content) != "Cat" {
		t.Errorf("text %q, parts %+v", in.Text, in.Parts)
	}
	if !slices.Contains(in.Warnings, warnUU) {
		t.Errorf("warnings %q", in.Warnings)
	}
	in = readOK(t, letterOf("From: a@x.example", "Content-Type: application/msword; name=brief.doc", "Content-Transfer-Encoding: x-uuencode", "", "begin 644 brief.doc", "#0V%T", "`", "end"), customerTrace)
	if len(in.Parts) != 1 || string(in.Parts[0].Content) != "Cat" || in.Parts[0].Name != "brief.doc" {
		t.Errorf("transfer encoding: %+v", in.Parts)
	}
}

func FuzzFilesInText(f *testing.F) {
	f.Add([]byte("a\nbegin 644 cat.txt\n#0V%T\n`\nend\nb"))
	f.Add([]byte("begin-base64 644 a.bin\nQ2F0\n====\n"))
	f.Add([]byte("=ybegin line=128 size=3 name=c.txt\n\x6d\x8b\x9e\n=yend size=3\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		kept := bytes.Clone(b)
		rest, files := cutTextFiles(b)
		size := len(rest)
		for _, file := range files {
			size += len(file.content)
		}
		if size > len(b) || len(files) > maxTextFiles {
			t.Errorf("%d bytes became %d, %d files", len(b), size, len(files))
		}
		if !bytes.Equal(b, kept) {
			t.Error("the input was changed")
		}
		if len(files) == 0 && !bytes.Equal(rest, b) {
			t.Error("text changed though nothing was found")
		}
	})
}
