package mail_test

import (
	"testing"
	"time"

	"github.com/usher-id/usher/core/mail"
)

func TestBackoffByClass(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		class mail.Class
		code  string
		want  time.Duration
	}{
		{mail.Temporary, "", time.Second},
		{mail.Temporary, "451 4.3.0", 2 * time.Second},
		{mail.Temporary, "451", 2 * time.Second},
		{mail.Temporary, "450 4.2.0", time.Minute},
		{mail.Temporary, "450", time.Minute},
		{mail.Temporary, "451 4.7.1", time.Minute},
		{mail.Temporary, "452 4.2.2", 5 * time.Minute},
		{mail.Temporary, "450 4.2.2", 5 * time.Minute},
		{mail.Temporary, "quota", time.Second}, // a plugin's word
		{mail.Unknown, "", 5 * time.Second},
		{mail.Permanent, "550 5.1.1", 0},
		{mail.Refused, "535 5.7.8", 0},
		{mail.Down, "421", 0},
	} {
		if got := mail.Fail(tt.class, "rcpt", tt.code, nil).Backoff(); got != tt.want {
			t.Errorf("%s %q: %v, want %v", tt.class, tt.code, got, tt.want)
		}
	}
}
