package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"lotse/internal/platform/ids"
)

const channel = "lotse_live"

// notifyPause gathers signals into one NOTIFY: a burst of a thousand changes
// costs a few statements, and none of them inside a business transaction.
const notifyPause = 20 * time.Millisecond

// maxPayload keeps below PostgreSQL's limit of 8,000 bytes a notification.
const maxPayload = 7000

type notification struct {
	Node    ids.ID   `json:"n"`
	Signals []Signal `json:"s"`
}

// Relay connects the hub with those of other nodes until ctx ends. It survives
// outages of the database: signals are lost meanwhile, pages are not.
func (h *Hub) Relay(ctx context.Context, url string, log *slog.Logger) {
	out := make(chan Signal, 1024)
	node := ids.New()
	h.mu.Lock()
	h.relay = func(s Signal) {
		select {
		case out <- s:
		default:
		}
	}
	h.mu.Unlock()
	for ctx.Err() == nil {
		if err := h.relayOnce(ctx, url, node, out); err != nil && ctx.Err() == nil {
			log.Warn("live signals between nodes are interrupted", "error", err)
			pause(ctx, 2*time.Second)
		}
	}
}

func (h *Hub) relayOnce(ctx context.Context, url string, node ids.ID, out <-chan Signal) error {
	listening, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer listening.Close(context.WithoutCancel(ctx))
	if _, err := listening.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	sending, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer sending.Close(context.WithoutCancel(ctx))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- h.sendAll(ctx, sending, node, out); cancel() }()
	for {
		n, err := listening.WaitForNotification(ctx)
		if err != nil {
			cancel()
			if sendErr := <-failed; sendErr != nil && ctx.Err() == nil {
				return sendErr
			}
			return err
		}
		h.heard(n.Payload, node)
	}
}

func (h *Hub) heard(payload string, self ids.ID) {
	var n notification
	if json.Unmarshal([]byte(payload), &n) != nil || n.Node == self {
		return
	}
	for _, s := range n.Signals {
		h.spread(s)
	}
}

func (h *Hub) sendAll(ctx context.Context, conn *pgx.Conn, node ids.ID, out <-chan Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-out:
			pause(ctx, notifyPause)
			if err := notify(ctx, conn, notification{Node: node, Signals: gather(s, out)}); err != nil {
				return err
			}
		}
	}
}

// gather takes what waits behind first, each signal once, up to what fits.
func gather(first Signal, out <-chan Signal) []Signal {
	signals := []Signal{first}
	seen := map[Signal]bool{first: true}
	for len(signals)*120 < maxPayload {
		select {
		case s := <-out:
			if !seen[s] {
				seen[s] = true
				signals = append(signals, s)
			}
		default:
			return signals
		}
	}
	return signals
}

func notify(ctx context.Context, conn *pgx.Conn, n notification) error {
	payload, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "SELECT pg_notify($1, $2)", channel, string(payload))
	return err
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
