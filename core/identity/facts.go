package identity

import (
	"crypto/sha1" //nolint:gosec // the format in which breached passwords are asked for, no protection of anything
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
)

// minWord is how many characters a word must have to be looked for in a password.
const minWord = 3

// Facts describes a new password for those who judge it without seeing it. Errors are
// those that hashing it would give.
func (h *Hasher) Facts(password core.Secret, about core.PasswordContext) (core.PasswordFacts, error) {
	text, err := clean(password)
	if err != nil {
		return core.PasswordFacts{}, err
	}
	facts := core.PasswordFacts{Length: utf8.RuneCount(text)}
	seen := map[rune]bool{}
	for _, r := range string(text) {
		seen[r] = true
		switch {
		case unicode.IsLower(r):
			facts.Lower++
		case unicode.IsUpper(r):
			facts.Upper++
		case unicode.IsDigit(r):
			facts.Digits++
		default:
			facts.Other++
		}
	}
	facts.Distinct = len(seen)
	local, _, _ := strings.Cut(about.Email, "@")
	folded := strings.ToLower(string(text))
	facts.ContainsUser = hasAny(folded, append(words(about.DisplayName), local))
	facts.ContainsOrg = hasAny(folded, append(words(about.Tenant.Name), about.Tenant.Slug))
	sum := sha1.Sum(text) //nolint:gosec // as above: five digits of it are told
	facts.SHA1Prefix = strings.ToUpper(hex.EncodeToString(sum[:3]))[:5]
	return facts, nil
}

func words(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func hasAny(folded string, words []string) bool {
	for _, w := range words {
		if utf8.RuneCountInString(w) >= minWord && strings.Contains(folded, strings.ToLower(w)) {
			return true
		}
	}
	return false
}
