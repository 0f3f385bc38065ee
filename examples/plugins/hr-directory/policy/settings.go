package policy

import (
	"strings"

	"github.com/usher-id/usher/sdk"
)

const (
	minute = 60 * 1000 // in milliseconds, as is all time here
	hour   = 60 * minute
)

// due is how old a copy may be before the next event has another made.
func due(c *sdk.Call) int64 { return c.ConfigNumber("refresh_minutes", 60) * minute }

// longest is how old a copy may be to be relied on.
func longest(c *sdk.Call) int64 { return c.ConfigNumber("max_age_hours", 24) * hour }

// covers tells whether the directory is to know an address: by its domain, or all when no domains are set.
func covers(c *sdk.Call, email string) bool {
	domains := c.ConfigTexts("domains", nil)
	_, domain, _ := strings.Cut(email, "@")
	for _, d := range domains {
		if strings.ToLower(d) == domain {
			return true
		}
	}
	return len(domains) == 0
}
