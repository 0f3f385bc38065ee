package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/usher-id/usher/core/mail"
)

// dialFailure classifies what went wrong before a connection could carry a mail.
// What will not pass by itself (credentials, certificate, a missing STARTTLS) is
// Refused and tried rarely; the rest is Down. No words of the error are kept.
func dialFailure(ctx context.Context, err error) *mail.Failure {
	if ctx.Err() != nil {
		return mail.Fail(mail.Down, "connect", "", ctx.Err())
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return mail.Fail(mail.Refused, "tls", "", nil)
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		class, stage := mail.Down, "connect"
		if reply.Code >= 500 {
			class = mail.Refused
		}
		if strings.HasPrefix(err.Error(), "SMTP AUTH failed") {
			stage = "auth"
		}
		return mail.Fail(class, stage, code(reply), nil)
	}
	switch {
	case strings.HasPrefix(err.Error(), "STARTTLS mode set to"):
		return mail.Fail(mail.Refused, "tls", "", nil)
	case strings.Contains(err.Error(), "AUTH"):
		return mail.Fail(mail.Refused, "auth", "", nil)
	}
	return mail.Fail(mail.Down, "connect", "", nil)
}

// sendFailure classifies what kept a mail at a stage, nil when nothing did, and tells
// whether the connection is still good.
func sendFailure(ctx context.Context, stage string, err error) (failure *mail.Failure, keep bool) {
	if err == nil {
		return nil, true
	}
	n, said := 0, ""
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		n, said = reply.Code, code(reply)
	}
	keep = n != 0 && n != 421 && (stage == "mail" || stage == "rcpt")
	return mail.Fail(classOf(stage, n), stage, said, ctx.Err()), keep
}

// classOf knows the reply code, 0 when the connection failed instead.
func classOf(stage string, n int) mail.Class {
	switch {
	case stage == "address":
		return mail.Permanent
	case stage == "sign":
		return mail.Temporary // ours
	case n == 0 && stage == "accept":
		return mail.Unknown
	case n == 0 || n == 421:
		return mail.Down
	case stage == "mail" && n < 500:
		return mail.Down // about us: too many, no room
	case stage == "mail" || n == 530 || n == 534 || n == 535 || n == 538:
		return mail.Refused // about us: who we are (RFC 4954 §6)
	case n < 500:
		return mail.Temporary
	default:
		return mail.Permanent
	}
}

// code is a reply's code with its enhanced code (RFC 3463), if that leads its text.
func code(reply *textproto.Error) string {
	n := strconv.Itoa(reply.Code)
	word, _, _ := strings.Cut(reply.Msg, " ")
	if len(word) >= 5 && len(word) <= 9 && strings.Count(word, ".") == 2 && strings.Trim(word, "0123456789.") == "" {
		return n + " " + word
	}
	return n
}
