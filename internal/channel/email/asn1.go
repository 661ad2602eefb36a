package email

import "errors"

var errASN1 = errors.New("not ASN.1")

// maxASN1Depth is how deep values are followed into one another.
const maxASN1Depth = 16

// value is one ASN.1 value in BER (X.690), of which the standard library reads
// only the strict form: mail programs write values of indefinite length and
// strings in pieces. Nothing is copied.
type value struct {
	class, tag  byte
	constructed bool
	body        []byte // of an indefinite length: without the end mark
}

// readValue reads the value at the start of b and returns what follows it.
func readValue(b []byte, depth int) (v value, rest []byte, err error) {
	if len(b) < 2 || depth > maxASN1Depth || b[0]&0x1f == 0x1f {
		return value{}, nil, errASN1
	}
	v = value{class: b[0] >> 6, tag: b[0] & 0x1f, constructed: b[0]&0x20 != 0}
	size, b := int(b[1]), b[2:]
	switch {
	case size == 0x80:
		if !v.constructed {
			return value{}, nil, errASN1
		}
		return readIndefinite(v, b, depth)
	case size > 0x80:
		n := size & 0x7f
		if n > 4 || n > len(b) {
			return value{}, nil, errASN1
		}
		size = 0
		for _, c := range b[:n] {
			size = size<<8 | int(c)
		}
		b = b[n:]
	}
	if size > len(b) {
		return value{}, nil, errASN1
	}
	v.body = b[:size]
	return v, b[size:], nil
}

// readIndefinite finds the two zero bytes that end a value.
func readIndefinite(v value, b []byte, depth int) (value, []byte, error) {
	for pos := b; ; {
		if len(pos) >= 2 && pos[0] == 0 && pos[1] == 0 {
			v.body = b[:len(b)-len(pos)]
			return v, pos[2:], nil
		}
		_, rest, err := readValue(pos, depth+1)
		if err != nil {
			return value{}, nil, err
		}
		pos = rest
	}
}

// children reads the values inside a constructed one.
func (v value) children() ([]value, error) {
	if !v.constructed {
		return nil, errASN1
	}
	var all []value
	for b := v.body; len(b) > 0 && len(all) < 1000; {
		child, rest, err := readValue(b, 1)
		if err != nil {
			return all, err
		}
		all = append(all, child)
		b = rest
	}
	return all, nil
}

// octets returns the bytes of a string, joined if it comes in pieces.
func (v value) octets(depth int) ([]byte, error) {
	if !v.constructed {
		return v.body, nil
	}
	if depth > maxASN1Depth {
		return nil, errASN1
	}
	var all []byte
	for b := v.body; len(b) > 0; {
		piece, rest, err := readValue(b, depth)
		if err != nil {
			return nil, err
		}
		part, err := piece.octets(depth + 1)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		b = rest
	}
	return all, nil
}
