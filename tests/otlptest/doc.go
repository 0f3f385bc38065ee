// Package otlptest is a collector for tests: a real OTLP/HTTP receiver (protobuf,
// gzip) on loopback that keeps what it is sent, lets a test wait for a span or a
// metric, and prints one trace as a tree. It serves tests only.
package otlptest
