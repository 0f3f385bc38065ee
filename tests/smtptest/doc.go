// Package smtptest gives tests an SMTP server that fails on command. It is for
// tests only.
//
//	s := smtptest.Start(t, smtptest.Options{})
//	s.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
//		if stage == smtptest.Rcpt && n == 1 {
//			return &smtptest.Reply{Code: 451}
//		}
//		return nil // as usual
//	})
//
// What a mail looks like is the business of package sink.
package smtptest
