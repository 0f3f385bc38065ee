package page

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"path"
)

// Asset is a script, a style or an image. Its path carries a hash of its
// content, so it may be kept for ever.
type Asset struct {
	Body []byte
	// Gzip is Body compressed, for a client that accepts gzip; the answer then
	// says Content-Encoding: gzip. It is nil when that saves nothing.
	Gzip []byte
	// ETag is weak and quoted, for If-None-Match; it is among Headers too.
	ETag    string
	Headers []Header
}

// contentType knows what the build may hold; anything else is a mistake in it.
func contentType(name string) (string, error) {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8", nil
	case ".css":
		return "text/css; charset=utf-8", nil
	case ".svg":
		return "image/svg+xml", nil
	}
	return "", fmt.Errorf("page: no content type for the asset %q", name)
}

func readAssets(dist fs.FS) (map[string]Asset, error) {
	names, err := fs.Glob(dist, "assets/*")
	if err != nil {
		return nil, fmt.Errorf("page: list the embedded assets: %w", err)
	}
	assets := make(map[string]Asset, len(names))
	for _, name := range names {
		asset, err := readAsset(dist, name)
		if err != nil {
			return nil, err
		}
		assets["/"+name] = asset
	}
	return assets, nil
}

func readAsset(dist fs.FS, name string) (Asset, error) {
	kind, err := contentType(name)
	if err != nil {
		return Asset{}, err
	}
	body, err := fs.ReadFile(dist, name)
	if err != nil {
		return Asset{}, fmt.Errorf("page: read an embedded asset: %w", err)
	}
	packed, err := compress(body)
	if err != nil {
		return Asset{}, fmt.Errorf("page: compress the asset %q: %w", name, err)
	}
	tag := etag(body)
	return Asset{Body: body, Gzip: packed, ETag: tag, Headers: []Header{
		{"Content-Type", kind},
		{"ETag", tag},
		{"Cache-Control", "public, max-age=31536000, immutable"},
		{"Vary", "Accept-Encoding"},
		{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
		{"X-Content-Type-Options", "nosniff"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
	}}, nil
}

// compress gives nil when nothing is saved.
func compress(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if packed.Len() >= len(body) {
		return nil, nil
	}
	return packed.Bytes(), nil
}
