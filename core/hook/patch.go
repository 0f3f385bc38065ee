package hook

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi/denial"
)

// maxLocale bounds a language tag, in bytes.
const maxLocale = 35

// patchedLocale is the locale with a plugin's patch.
func patchedLocale(before string, patch *string) (string, error) {
	if patch == nil {
		return before, nil
	}
	if len(*patch) > maxLocale {
		return "", fmt.Errorf("the locale is longer than %d bytes", maxLocale)
	}
	tag, err := language.Parse(*patch)
	if err != nil {
		return "", errors.New("the locale is no BCP 47 tag")
	}
	return tag.String(), nil
}

// patchedName is the name with a plugin's patch.
func patchedName(before string, patch *string) (string, error) {
	if patch == nil {
		return before, nil
	}
	if strings.TrimSpace(*patch) == "" || utf8.RuneCountInString(*patch) > core.MaxName || !denial.IsOneLine(*patch) {
		return "", fmt.Errorf("the display name is empty, longer than %d characters, or not one line of printing characters", core.MaxName)
	}
	return strings.TrimSpace(*patch), nil
}

// patchedMetadata is the metadata with a plugin's patch, which takes its place as a whole.
func patchedMetadata(before, patch map[string]string) (map[string]string, error) {
	if patch == nil {
		return before, nil
	}
	if len(patch) > core.MaxMetadata {
		return nil, fmt.Errorf("the metadata has more than %d entries", core.MaxMetadata)
	}
	for k, v := range patch {
		if k == "" || utf8.RuneCountInString(k) > core.MaxMetadataKey || utf8.RuneCountInString(v) > core.MaxMetadataText || strings.ContainsRune(k+v, 0) {
			return nil, fmt.Errorf("a key of the metadata has not 1 to %d characters, a value more than %d, or one a zero byte", core.MaxMetadataKey, core.MaxMetadataText)
		}
	}
	return patch, nil
}
