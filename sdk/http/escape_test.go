package http_test

import (
	"net/url"
	"testing"

	"github.com/usher-id/usher/sdk/http"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	const text = "a b+ü/?#&=%~-._\n😀Z9"
	const want = "a%20b%2B%C3%BC%2F%3F%23%26%3D%25~-._%0A%F0%9F%98%80Z9"
	if got := http.Escape(text); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, back := range []func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
		if got, err := back(want); got != text || err != nil {
			t.Errorf("it reads as %q, %v", got, err)
		}
	}
}
