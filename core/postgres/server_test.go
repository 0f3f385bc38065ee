package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core/postgres"
)

// childEnv makes this test binary a program that starts a server, says its pid and waits to be killed.
const childEnv = "POSTGRES_TEST_CHILD_DATA_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		s, err := postgres.Start(context.Background(), postgres.Config{DataDir: dir, NoSync: true})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.PID())
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, cfg postgres.Config) *postgres.Server {
	t.Helper()
	cfg.NoSync = true
	s, err := postgres.Start(t.Context(), cfg)
	if errors.Is(err, postgres.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

// dataDir is a directory that root's unprivileged server user can enter too.
func dataDir(t testing.TB) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "postgres-test-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	return filepath.Join(parent, "data")
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var answer string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestDataIsKept(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, postgres.Config{DataDir: dir})
	exec1(t, s.URL("usher"), "CREATE TABLE kept AS SELECT 'yes' AS word")
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = start(t, postgres.Config{DataDir: dir})
	if got := query(t, s.URL("usher"), "SELECT word FROM kept"); got != "yes" {
		t.Errorf("after a restart the table has %q", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := start(t, postgres.Config{DataDir: dataDir(t), Settings: map[string]string{"work_mem": "8MB"}})
	for name, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
		"listen_addresses": "", "jit": "off", "server_encoding": "UTF8", "timezone": "UTC", "work_mem": "8MB",
	} {
		if got := query(t, s.URL("usher"), "SELECT current_setting('"+name+"')"); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestSecondStartNamesTheHolder(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	start(t, postgres.Config{DataDir: dir})
	_, err := postgres.Start(t.Context(), postgres.Config{DataDir: dir})
	busy, ok := errors.AsType[*postgres.InUseError](err)
	if !ok {
		t.Fatalf("got %v, want an InUseError", err)
	}
	if busy.PID != os.Getpid() {
		t.Errorf("names pid %d, want %d", busy.PID, os.Getpid())
	}
}

func TestServerKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, postgres.Config{DataDir: dir})
	exec1(t, s.URL("usher"), "CREATE TABLE kept AS SELECT 'yes' AS word")
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if err := s.Stop(t.Context()); err == nil {
		t.Error("Stop of a killed server says nothing")
	}
	s = start(t, postgres.Config{DataDir: dir})
	if got := query(t, s.URL("usher"), "SELECT word FROM kept"); got != "yes" {
		t.Errorf("after the recovery the table has %q", got)
	}
}

func TestStalePidOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, postgres.Config{DataDir: dir})
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Glob(filepath.Join(dir, "pg-*", "PG_VERSION"))
	if err != nil || len(data) != 1 {
		t.Fatal(data, err)
	}
	stale := filepath.Join(filepath.Dir(data[0]), "postmaster.pid")
	if err := os.WriteFile(stale, fmt.Appendf(nil, "%d\n%s\n", os.Getpid(), filepath.Dir(data[0])), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, postgres.Config{DataDir: dir})
}

func TestParentKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	start(t, postgres.Config{DataDir: dataDir(t)}) // skips without PostgreSQL
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal("the child did not start a server:", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	s := start(t, postgres.Config{DataDir: dir})
	if s.PID() == pid {
		t.Error("the orphan still runs")
	}
}

func TestOtherMajorIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, postgres.Config{DataDir: dir})
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Glob(filepath.Join(dir, "pg-*", "PG_VERSION"))
	if err != nil || len(data) != 1 {
		t.Fatal(data, err)
	}
	old := filepath.Join(dir, "pg-9")
	if err := os.Rename(filepath.Dir(data[0]), old); err != nil {
		t.Fatal(err)
	}
	_, err = postgres.Start(t.Context(), postgres.Config{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 9 (pg-9)") {
		t.Fatalf("got %v, want a refusal that names PostgreSQL 9", err)
	}
	if _, err := os.Stat(filepath.Join(old, "PG_VERSION")); err != nil {
		t.Error("the old data is gone:", err)
	}
}

func TestPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, postgres.Config{DataDir: dataDir(t), Port: port})
	if got := query(t, s.TCPURL("usher"), "SELECT 'in'"); got != "in" {
		t.Errorf("over TCP: %q", got)
	}
	if got := query(t, s.URL("usher"), "SELECT 'in'"); got != "in" {
		t.Errorf("over the socket: %q", got)
	}
	if _, err := pgx.Connect(t.Context(), strings.Replace(s.TCPURL("usher"), "@", "x@", 1)); err == nil {
		t.Error("a wrong password is let in")
	}
}

func TestLongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("long", 25))
	s := start(t, postgres.Config{DataDir: dir})
	if got := query(t, s.URL("usher"), "SELECT 'in'"); got != "in" {
		t.Error(got)
	}
}

func TestRootsOwnFolderIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as another user")
	}
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Start(t.Context(), postgres.Config{DataDir: filepath.Join(private, "data")})
	if err == nil || !strings.Contains(err.Error(), "may not enter "+private) {
		t.Errorf("got %v, want an error that names %s", err, private)
	}
}

func TestFolderOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a folder for another user")
	}
	theirs := filepath.Dir(dataDir(t))
	if err := os.Chown(theirs, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Start(t.Context(), postgres.Config{DataDir: filepath.Join(theirs, "data")})
	if err == nil || !strings.Contains(err.Error(), "belongs to uid 12345") {
		t.Errorf("got %v, want a refusal: they could swap the data", err)
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := postgres.Start(ctx, postgres.Config{DataDir: dir}); err == nil {
		t.Fatal("started after its deadline")
	}
	start(t, postgres.Config{DataDir: dir})
}

func BenchmarkWarmStart(b *testing.B) {
	dir := dataDir(b)
	for b.Loop() {
		s, err := postgres.Start(b.Context(), postgres.Config{DataDir: dir, NoSync: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
