package e2e_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

// production are the settings without which "usher serve" does not start.
func production(databaseURL string) map[string]string {
	var key [32]byte
	_, _ = rand.Read(key[:])
	return map[string]string{
		"database.url": databaseURL, "public_url": "http://127.0.0.1:8080",
		"secrets.keys": "k1:" + base64.StdEncoding.EncodeToString(key[:]),
	}
}

// TestTwoClicks: of 32 people who use one link at the same time, on two hosts, one is
// let in.
func TestTwoClicks(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{})
	settings := by(production(pgtest.New(t)), through(server), map[string]string{
		"hashing.memory_kib": "64", "hashing.queue_timeout": "1m", // hashing is not what is raced for
	})
	var hosts []*hosttest.Host
	for range 2 {
		hosts = append(hosts, hosttest.Start(t, hosttest.Options{Command: "serve", Settings: settings}))
	}
	x := ownerByPost(t, hosts[0], server)
	for range 3 {
		email := newAddress("clicked")
		id := x.invite(email)
		statuses := clickAtOnce(t, hosts, letterTo(t, server, email, 1).token)
		equal(t, "let in and turned away", fmt.Sprint(statuses), "map[201:1 410:31]")
		db := database(t, hosts[0])
		equal(t, "accounts", one[int](t, db, "SELECT count(*) FROM users WHERE email = $1 AND status = 'active'", email), 1)
		equal(t, "events", one[int](t, db, "SELECT count(*) FROM events WHERE aggregate_id = $1 AND type = 'InvitationAccepted'", id), 1)
	}
}

// clickAtOnce spends one token from 32 connections, and counts the answers by status.
func clickAtOnce(t *testing.T, hosts []*hosttest.Host, token string) map[int]int {
	t.Helper()
	statuses := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range 32 {
		c := hosts[i%len(hosts)].Client(t)
		c.Get("/livez") // the connection is open
		all.Go(func() {
			<-ready
			answer, err := c.Try(t.Context(), "POST", "/v1/activations", withPassword(token, "Clara"))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[answer.Status]++
		})
	}
	close(ready)
	all.Wait()
	return statuses
}
