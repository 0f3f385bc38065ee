package postgres

import (
	"maps"
	"runtime"
	"slices"
	"strconv"
)

// setting is one server setting and why it is not PostgreSQL's default.
type setting struct{ name, value, why string }

// small are the settings of a server that shares two cores and little memory with the program it serves. Whatever is
// not named keeps its default: fsync, full_page_writes and synchronous_commit stay on, and on Linux wal_sync_method
// stays fdatasync (measured: for the two-block commits of a signup it is twice as fast as open_datasync).
var small = []setting{
	{"shared_buffers", "64MB", "a development data set fits; the default 128MB doubles what an idle laptop pays"},
	{"max_connections", "60", "three pools, a CLI and psql; each slot costs shared memory"},
	{"jit", "off", "every query is short: compiling one costs more than running it"},
	{"max_parallel_workers_per_gather", "0", "no query here gains from a second core that serves requests"},
	{"max_worker_processes", "4", "nothing starts background workers"},
	{"autovacuum_max_workers", "1", "one is enough for this much data"},
	{"wal_level", "minimal", "nobody replicates from a private server, so less is written per commit"},
	{"max_wal_senders", "0", "required by wal_level=minimal"},
	{"max_replication_slots", "0", "no replication"},
	{"lc_messages", "C", "the line that says the server is ready is looked for in English"},
	{"timezone", "UTC", "the same on every machine"},
	{"log_timezone", "UTC", "the same on every machine"},
	{"log_min_messages", "log", "without ERROR: a failed statement's message can hold a person's data, and its client has it"},
	{"log_min_error_statement", "panic", "statements hold values"},
	{"log_error_verbosity", "terse", "DETAIL lines hold values"},
	{"log_checkpoints", "off", "noise"},
	{"logging_collector", "off", "lines go to the parent"},
	{"unix_socket_permissions", "0700", "with the directory's 0700, twice the same door"},
}

// arguments are the server's command-line settings, in a stable order. Later ones win.
func arguments(major int, socketDir string, cfg Config) []string {
	listen, port := "", defaultPort
	if cfg.Port != 0 {
		listen, port = "127.0.0.1", cfg.Port
	}
	all := make(map[string]string, len(small)+8)
	for _, s := range small {
		all[s.name] = s.value
	}
	if major >= 18 {
		all["io_method"] = "sync" // three I/O workers are processes that a small machine does not miss
	}
	if runtime.GOOS == "darwin" {
		all["wal_sync_method"] = "fsync_writethrough" // the default there does not reach the disk
	}
	all["listen_addresses"] = listen
	all["port"] = strconv.Itoa(port)
	all["unix_socket_directories"] = socketDir
	maps.Copy(all, cfg.Settings)

	args := make([]string, 0, 2*len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return args
}
