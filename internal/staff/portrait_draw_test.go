package staff

import "testing"

// exif is a JPEG file as far as its Exif segment: one directory of one entry.
func exif(order string, value byte) []byte {
	tiff := "MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(value) + "\x00\x00"
	if order == "II" {
		tiff = "II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(value) + "\x00\x00\x00"
	}
	body := "Exif\x00\x00" + tiff
	return []byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xe1\x00" + string(byte(2+len(body))) + body)
}

func TestOrientation(t *testing.T) {
	for what, tc := range map[string]struct {
		file []byte
		want int
	}{
		"nothing":            {nil, 1},
		"a head alone":       {[]byte("\xff\xd8"), 1},
		"big endian":         {exif("MM", 6), 6},
		"little endian":      {exif("II", 8), 8},
		"no such turn":       {exif("MM", 9), 1},
		"zero":               {exif("II", 0), 1},
		"cut off":            {exif("MM", 6)[:30], 1},
		"after the picture":  {append([]byte("\xff\xd8\xff\xda\x00\x04ab"), exif("MM", 6)[2:]...), 1},
		"a segment too long": {[]byte("\xff\xd8\xff\xe1\xff\xffExif\x00\x00"), 1},
		"directory outside":  {[]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"), 1},
	} {
		if got := orientation(tc.file); got != tc.want {
			t.Errorf("%s: %d, want %d", what, got, tc.want)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(exif("MM", 6))
	f.Add(exif("II", 3))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if got := orientation(file); got < 1 || got > 8 {
			t.Errorf("orientation %d", got)
		}
	})
}
