package public

import "strings"

// coding is a way to send a body (RFC 9110 §8.4.1).
type coding uint8

// The codings, the better ones last.
const (
	plain coding = iota
	gzipped
	brotlied
	codings
)

var codingNames = [codings]string{"identity", "gzip", "br"}

// accepted picks the best coding a client takes, from its Accept-Encoding header
// (RFC 9110 §12.5.3). Of equal weights the smaller body wins. A client that
// refuses everything gets the plain body: a page it may not like is better than
// none.
func accepted(header string) coding {
	const unset = -1
	weights := [codings]int{unset, unset, unset}
	rest := unset
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.Trim(name, " \t")
		if name == "*" {
			rest = weight(params)
			continue
		}
		for c, known := range codingNames {
			if strings.EqualFold(name, known) {
				weights[c] = weight(params)
			}
		}
	}
	best, most := plain, 0
	for c, w := range weights {
		if w == unset {
			w = rest
		}
		if w > 0 && w >= most && (coding(c) != plain || weights[plain] != unset) {
			best, most = coding(c), w
		}
	}
	return best
}

// weight reads the parameters of one entry: the thousandths of its q, 1000
// without one, 0 for what is none (RFC 9110 §12.4.2).
func weight(params string) int {
	params = strings.Trim(params, " \t")
	if params == "" {
		return 1000
	}
	name, value, _ := strings.Cut(params, "=")
	if !strings.EqualFold(strings.Trim(name, " \t"), "q") {
		return 0
	}
	whole, fraction, _ := strings.Cut(strings.Trim(value, " \t"), ".")
	if whole != "0" && whole != "1" || len(fraction) > 3 {
		return 0
	}
	q := int(whole[0] - '0')
	for i := range 3 {
		digit := 0
		if i < len(fraction) {
			if fraction[i] < '0' || fraction[i] > '9' {
				return 0
			}
			digit = int(fraction[i] - '0')
		}
		q = q*10 + digit
	}
	if q > 1000 {
		return 0
	}
	return q
}

// matches reports whether an If-None-Match header names the tag, a strong one in
// its quotes (RFC 9110 §13.1.2). What is not a list of tags matches nothing.
func matches(header, tag string) bool {
	if header == tag {
		return true
	}
	if strings.Trim(header, " \t") == "*" {
		return true
	}
	for header != "" {
		header = strings.TrimLeft(header, " \t,")
		header = strings.TrimPrefix(header, "W/") // the comparison is weak
		if !strings.HasPrefix(header, `"`) {
			return false
		}
		end := strings.IndexByte(header[1:], '"')
		if end < 0 {
			return false
		}
		if header[:end+2] == tag {
			return true
		}
		header = strings.TrimLeft(header[end+2:], " \t")
		if header != "" && header[0] != ',' {
			return false
		}
	}
	return false
}
