package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
)

// enclosure returns the type and the bytes of a file that comes with a letter.
func enclosure(name string) (kind string, content []byte) {
	if name == "Messprotokoll.txt" {
		return "text/plain; charset=utf-8", []byte("Messung per Kabel, Router allein am Netz\r\n\r\n" +
			"Uhrzeit   Download   Upload   Ping\r\n07:10     48,9       9,8      14 ms\r\n12:30     41,2       9,7      15 ms\r\n" +
			"19:45     20,4       8,9      38 ms\r\n21:15     18,7       8,8      44 ms\r\n22:40     33,0       9,5      19 ms\r\n")
	}
	if name == "Unterlagen.pdf" {
		return "application/pdf", onePage("Stadtwerke Lindenau - Unterlagen zum Vorgang")
	}
	return "image/png", meterPhoto()
}

// onePage writes a PDF of one page with one line (ISO 32000-1 §7.5).
func onePage(line string) []byte {
	text := "BT /F1 14 Tf 72 770 Td (" + line + ") Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	places := make([]int, len(objects))
	for i, o := range objects {
		places[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}

// meterPhoto draws the front of a meter: a grey case, a window, digits as bars.
func meterPhoto() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 480, 320))
	fill := func(x, y, w, h int, c color.RGBA) {
		draw.Draw(img, image.Rect(x, y, x+w, y+h), image.NewUniform(c), image.Point{}, draw.Src)
	}
	fill(0, 0, 480, 320, rgb(0x8f8a82))
	fill(70, 30, 340, 260, rgb(0xdedbd4))
	fill(100, 80, 280, 84, rgb(0x1c1f22))
	for i, n := range []int{4, 3, 2, 1, 1, 7} {
		ink := rgb(0xf2f2ee)
		if i == 5 {
			ink = rgb(0xd2573f)
		}
		digit(fill, 116+i*44, 94, n, ink)
	}
	fill(120, 200, 240, 8, rgb(0x9a958c))
	fill(120, 222, 180, 8, rgb(0x9a958c))
	fill(320, 236, 40, 24, rgb(0x5d8f4c))
	var out bytes.Buffer
	_ = png.Encode(&out, img) // a buffer takes everything
	return out.Bytes()
}

// segments of the digits, as a display of seven bars shows them: top, upper
// left, upper right, middle, lower left, lower right, bottom.
var segments = [10]byte{0b1110111, 0b0010010, 0b1011101, 0b1011011, 0b0111010, 0b1101011, 0b1101111, 0b1010010, 0b1111111, 0b1111011}

func digit(fill func(x, y, w, h int, c color.RGBA), x, y, n int, ink color.RGBA) {
	bars := [7][4]int{{4, 0, 24, 6}, {0, 4, 6, 24}, {26, 4, 6, 24}, {4, 25, 24, 6}, {0, 29, 6, 24}, {26, 29, 6, 24}, {4, 50, 24, 6}}
	for i, b := range bars {
		if segments[n]&(1<<(6-i)) != 0 {
			fill(x+b[0], y+b[1], b[2], b[3], ink)
		}
	}
}
