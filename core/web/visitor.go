package web

import (
	"strings"

	"github.com/usher-id/usher/core"
)

// previewers are words in the names of programs that look at links for somebody else: those of
// mail scanners and of chats that show where a link leads. Some run a page's script.
var previewers = []string{ //nolint:gochecknoglobals // a constant
	"bot", "crawler", "spider", "preview", "scanner", "headless", "facebookexternalhit", "slack", "whatsapp", "skypeuripreview",
	"barracuda", "mimecast", "proofpoint", "safelinks", "bingpreview", "googleimageproxy", "python-requests", "curl/", "go-http-client",
}

// visitor is who asks what a link would do. That a person does is the page's own word, which it
// gives after a touch, a click or a key; that a program gives it too cannot be told.
func visitor(byPerson bool, agent string) core.VisitKind {
	if !byPerson {
		return core.VisitScript
	}
	agent = strings.ToLower(agent)
	for _, word := range previewers {
		if strings.Contains(agent, word) {
			return core.VisitScript
		}
	}
	return core.VisitPerson
}
