package floor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says where the rows go. Both fields are required.
type Config struct {
	URL         string // of a database with the host's schema
	Connections int
}

// Serve listens on a free port of this machine, writes its address as one line to
// ready, and serves until the context ends.
func Serve(ctx context.Context, c Config, ready io.Writer) error {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	config.MaxConns = int32(c.Connections) //nolint:gosec // a handful
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	defer pool.Close()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	server := &http.Server{Handler: handler(pool), ReadHeaderTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if _, err := fmt.Fprintln(ready, l.Addr()); err != nil {
		return fmt.Errorf("floor: say that it is ready: %w", err)
	}
	if err := server.Serve(l); err != nil && ctx.Err() == nil {
		return fmt.Errorf("floor: %w", err)
	}
	return nil
}

func handler(pool *pgxpool.Pool) http.Handler {
	mux := http.NewServeMux()
	for path, write := range map[string]func(*pgx.Batch, *body) Refs{
		"POST /signup": signup, "POST /verify": verify, "POST /invite": invite, "POST /activate": activate,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, func(in *body) (Refs, error) {
				var batch pgx.Batch
				out := write(&batch, in)
				return out, pool.SendBatch(r.Context(), &batch).Close()
			})
		})
	}
	mux.HandleFunc("POST /inspect", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, func(in *body) (out Refs, err error) {
			err = pool.QueryRow(r.Context(), `SELECT invitation_id::text, tenant_id::text FROM tokens WHERE hash = decode($1, 'hex')`, in.Hash).
				Scan(&out.Invitation, &out.Tenant)
			return out, err
		})
	})
	return mux
}

func serve(w http.ResponseWriter, r *http.Request, do func(*body) (Refs, error)) {
	var in body
	err := json.NewDecoder(r.Body).Decode(&in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := do(&in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the client counts an answer that breaks off
}
