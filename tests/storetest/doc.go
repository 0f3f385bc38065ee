// Package storetest gives tests a real store: the schema of this checkout on a real
// Postgres, one database for each test. Package pgtest brings the server.
package storetest
