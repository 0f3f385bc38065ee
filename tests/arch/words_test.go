package arch_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// forbidden are things that no committed text contains. A pattern is written so that it does not match itself.
var forbidden = []struct {
	name    string
	pattern *regexp.Regexp
	why     string
}{
	{"path", regexp.MustCompile(`(/wor[k]|/hom[e]/[a-z]+|/User[s]/[a-z]+)/`), "a path of one machine means nothing on another"},
	{"registry", regexp.MustCompile(`(?i)regist[r]y\.npmjs|regist[r]y\.yarnpkg|prox[y]\.golang\.org|inde[x]\.crates\.io|fil[e]s\.pythonhosted`), "which registry or mirror is used is the user's setting"},
	{"left over", regexp.MustCompile(`\b(TOD[O]|FIXM[E]|XX[X]):?\b`), "what is to be done is an issue"},
	{"private key", regexp.MustCompile(`-----BEGI[N] [A-Z ]*PRIVATE KEY`), "tests make their keys"},
	{"conflict", regexp.MustCompile(`(?m)^(<{7}|>{7}) `), "a merge was not finished"},
}

// address finds e-mail addresses; reserved are the domains of RFC 2606 and RFC 6761 that belong to nobody, and the
// malformed and national ones that tests make of the word example. The company-domain plugin is shown refusing a
// free-mail provider, which needs a real one's name.
var (
	address  = regexp.MustCompile(`[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}`)
	reserved = regexp.MustCompile(`(?i)@(.*example.*|xn--\.com|gmail\.com|(.+\.)?(test|invalid|localhost|local))$`)
)

// foreign are texts that others wrote or tools made: they are not ours to word.
var foreign = regexp.MustCompile(`(^|/)(LICENSE|go\.sum|package-lock\.json|dist/.*|testdata/fuzz/.*)$`)

func TestCommittedText(t *testing.T) {
	t.Parallel()
	for _, name := range committed(t) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			continue // gone since the listing, or not a text
		}
		for _, f := range forbidden {
			if foreign.MatchString(name) && f.name != "path" && f.name != "registry" {
				continue
			}
			for _, at := range f.pattern.FindAllIndex(text, 3) {
				t.Errorf("%s:%d: %q: %s", name, line(text, at[0]), text[at[0]:at[1]], f.why)
			}
		}
		if foreign.MatchString(name) {
			continue
		}
		for _, at := range address.FindAllIndex(text, -1) {
			if found := string(text[at[0]:at[1]]); !reserved.MatchString(found) && !isVersion(found) {
				t.Errorf("%s:%d: %s: use an address at example.com", name, line(text, at[0]), found)
			}
		}
	}
}

// isVersion tells package@1.2.3-beta.4 and module@v1.2.3 from an address.
func isVersion(s string) bool {
	_, after, _ := strings.Cut(s, "@")
	return strings.IndexFunc(after[:min(2, len(after))], func(r rune) bool { return '0' <= r && r <= '9' }) >= 0
}

func line(text []byte, at int) int { return 1 + bytes.Count(text[:at], []byte("\n")) }
