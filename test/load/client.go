package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"lotse/test/program"
)

// crowd is a number of connections that ask for pages without a pause. It does as
// little as it can for an answer: what it uses is missing to the server.
type crowd struct {
	addr    string
	coding  string // Accept-Encoding
	clients int
	lasting time.Duration
	path    func(*rand.Rand) string
}

// asked is what a crowd has seen. The first tenth is for warming up and is not
// in it.
type asked struct {
	times program.Times
	rate  float64 // answers a second
	all   int     // answers, those of the warm-up too
}

func (c crowd) ask(ctx context.Context) (asked, error) {
	took, failed, all := make([][]time.Duration, c.clients), make([]error, c.clients), make([]int, c.clients)
	begin := time.Now()
	counted := begin.Add(c.lasting / 10)
	var wg sync.WaitGroup
	for i := range c.clients {
		wg.Go(func() {
			failed[i] = c.connection(ctx, uint64(i), begin, func(start time.Time) {
				all[i]++
				if start.After(counted) {
					took[i] = append(took[i], time.Since(start))
				}
			})
		})
	}
	wg.Wait()
	seconds := time.Since(counted).Seconds()
	var got asked
	var times []time.Duration
	for i := range c.clients {
		times = append(times, took[i]...)
		got.all += all[i]
	}
	got.rate = float64(len(times)) / seconds
	got.times = program.Sorted(times)
	return got, errors.Join(failed...)
}

// connection asks over one connection and calls seen after each answer.
func (c crowd) connection(ctx context.Context, seed uint64, begin time.Time, seen func(start time.Time)) error {
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	r, answers := rand.New(rand.NewPCG(1, seed)), bufio.NewReaderSize(conn, 64<<10)
	for time.Since(begin) < c.lasting && ctx.Err() == nil {
		path, start := c.path(r), time.Now()
		if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+c.addr+"\r\nAccept-Encoding: "+c.coding+"\r\n\r\n"); err != nil {
			return err
		}
		if err := skipAnswer(answers); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		seen(start)
	}
	return ctx.Err()
}

// skipAnswer reads an answer of a length told before; any but 200 is an error.
func skipAnswer(r *bufio.Reader) error {
	length := -1
	for i := 0; ; i++ {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if i == 0 && string(line) != "HTTP/1.1 200 OK\r\n" {
			return fmt.Errorf("answer %q", line)
		}
		if len(line) == 2 {
			break
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if length < 100 {
		return fmt.Errorf("a body of %d bytes", length)
	}
	_, err := r.Discard(length)
	return err
}
