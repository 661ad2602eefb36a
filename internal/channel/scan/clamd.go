package scan

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

const (
	clamChunk  = 64 << 10
	clamAnswer = 4 << 10 // bytes of its answer, at most
	maxName    = 100     // bytes of a virus's name
)

// errRefused is what clamd says of bytes it will not scan, mostly because they
// are more than its StreamMaxLength. It is there, and can't be blamed.
var errRefused = errors.New("clamd does not scan this")

// Clamd asks a ClamAV daemon, see clamd(8).
type Clamd struct {
	network, address string
	watch            watch
}

// NewClamd returns a client for a daemon at "host:port", "tcp://host:port",
// "unix:/path" or "/path". It reports a wrong address as an errs.Field error.
func NewClamd(address string, c clock.Clock) (*Clamd, error) {
	d := &Clamd{network: "tcp", address: strings.TrimPrefix(address, "tcp://"), watch: watch{name: "clamd", clock: c}}
	if path := strings.TrimPrefix(address, "unix:"); strings.HasPrefix(path, "/") {
		d.network, d.address = "unix", path
		return d, nil
	}
	_, port, err := net.SplitHostPort(d.address)
	if _, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil {
		return nil, errs.Field("clamd", "config.clamd", "Value", address)
	}
	return d, nil
}

// Scan returns the name of the virus in some bytes, "" if there is none. It
// fails if clamd does not answer until ctx ends, or will not scan them.
func (d *Clamd) Scan(ctx context.Context, data []byte) (virus string, err error) {
	if len(data) == 0 {
		return "", nil
	}
	answer, err := d.ask(ctx, "zINSTREAM\x00", data)
	if err != nil {
		return "", err
	}
	answer = strings.TrimPrefix(answer, "stream: ")
	if name, found := strings.CutSuffix(answer, " FOUND"); found {
		return shown(name), nil
	}
	if answer != "OK" {
		return "", fmt.Errorf("%w: %s", errRefused, answer)
	}
	return "", nil
}

// shown is a virus's name as it can be stored and shown: never empty.
func shown(name string) string {
	if name = strings.TrimSpace(oneLine(name)); name == "" {
		return "unnamed"
	}
	return name[:min(len(name), maxName)]
}

func (d *Clamd) ping(ctx context.Context) { _, _ = d.ask(ctx, "zPING\x00", nil) } // watch keeps the outcome

// ask sends a command with the bytes behind it and returns the answer.
func (d *Clamd) ask(ctx context.Context, command string, data []byte) (string, error) {
	if d.watch.resting() {
		return "", errResting
	}
	conn, err := new(net.Dialer).DialContext(ctx, d.network, d.address)
	if err != nil {
		d.watch.note(err, true)
		return "", fmt.Errorf("reaching clamd: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	sent := send(conn, command, data)
	answer, err := bufio.NewReader(io.LimitReader(conn, clamAnswer)).ReadString(0)
	switch { // it may have answered before it heard all
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("waiting for clamd: %w", ctx.Err())
	case err != nil:
		err = errors.Join(fmt.Errorf("hearing clamd: %w", err), sent)
	}
	d.watch.note(err, false)
	return strings.TrimRight(answer, "\x00\n"), err
}

// send writes the command and, in chunks with their length in front, the bytes.
func send(conn net.Conn, command string, data []byte) error {
	if _, err := conn.Write([]byte(command)); err != nil || data == nil {
		return err
	}
	for len(data) > 0 {
		n := min(len(data), clamChunk)
		chunk := net.Buffers{binary.BigEndian.AppendUint32(nil, uint32(n)), data[:n]}
		if _, err := chunk.WriteTo(conn); err != nil {
			return fmt.Errorf("sending to clamd: %w", err)
		}
		data = data[n:]
	}
	_, err := conn.Write([]byte{0, 0, 0, 0})
	return err
}
