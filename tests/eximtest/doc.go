// Package eximtest gives tests a real mail server, Exim of Debian: STARTTLS, AUTH, greylisting,
// and bounces as servers write them. It relays everything to one other server. It is for tests
// only, and needs root, as Exim gives up nothing less to read a configuration of ours.
//
// A server that fails on command is package smtptest.
package eximtest
