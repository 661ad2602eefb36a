package outbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/jpeg" // registers the decoder
	"image/png"
	"sync"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the decoder

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// How large a logo is shown in a mail, in pixels, and how large it may be as a
// file: it goes with every mail. It is sent twice as large as it is shown, for
// screens with small pixels.
const (
	logoWidth  = 240
	logoHeight = 48
	logoScale  = 2
	maxLogo    = 48 << 10
)

// logo is the logo of a brand as its mails show it: a PNG of the size it has
// there.
type logo struct {
	brand         ids.ID
	version       int64
	picture       []byte
	width, height int // as shown
}

// logos keeps the logos of mails in memory until they change.
type logos struct {
	mu sync.Mutex
	by map[ids.ID]*logo
}

// of returns a brand's logo, nil if it has none that suits a mail.
func (l *logos) of(ctx context.Context, c *catalog.Catalog, b catalog.Brand) (*logo, error) {
	if b.LogoType == "" {
		return nil, nil
	}
	l.mu.Lock()
	known := l.by[b.ID]
	l.mu.Unlock()
	if known == nil || known.version != b.LookVersion {
		picture, _, err := c.Logo(ctx, b.ID)
		if errs.Is(err, errs.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		known = shrink(picture)
		known.brand, known.version = b.ID, b.LookVersion
		l.mu.Lock()
		if l.by == nil {
			l.by = map[ids.ID]*logo{}
		}
		l.by[b.ID] = known
		l.mu.Unlock()
	}
	if known.picture == nil {
		return nil, nil
	}
	return known, nil
}

// shrink makes a picture as large as a mail needs it; the logo of one that can't
// be read, or stays too large, has no picture.
func shrink(picture []byte) *logo {
	from, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return &logo{}
	}
	size := from.Bounds().Size()
	scale := min(1, float64(logoWidth)/float64(size.X), float64(logoHeight)/float64(size.Y))
	shown := image.Pt(scaled(size.X, scale), scaled(size.Y, scale))
	width, height := min(size.X, shown.X*logoScale), min(size.Y, shown.Y*logoScale)
	to := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, to); err != nil || b.Len() > maxLogo {
		return &logo{}
	}
	return &logo{picture: b.Bytes(), width: shown.X, height: shown.Y}
}

func scaled(side int, by float64) int { return max(1, int(float64(side)*by+.5)) }

func (l *logo) contentID() string { return fmt.Sprintf("logo.%s.%d@lotse", l.brand, l.version) }

func (l *logo) file() File {
	f := FileOf("logo.png", "image/png", l.picture)
	f.ContentID = l.contentID()
	return f
}

func (l *logo) dataURL() string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(l.picture)
}

func (l *logo) shown(source string) *Logo {
	return &Logo{Source: source, Width: l.width, Height: l.height}
}
