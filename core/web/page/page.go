package page

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Page serves the embedded pages. Its methods are safe for concurrent use, and
// what they return is shared: do not change it.
type Page struct {
	activation Document
	invite     Document
	plugins    Document
	letters    Document
	sink       Document
	problem    *template.Template
	assets     map[string]Asset
}

// New prepares the embedded pages: it reads them, compresses the assets and
// parses the problem page. It fails only when the build in dist is broken.
func New() (*Page, error) {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, fmt.Errorf("page: open the embedded build: %w", err)
	}
	activation, err := readDocument(dist, "activation.html", activationPolicy)
	if err != nil {
		return nil, err
	}
	invite, err := readDocument(dist, "invite.html", scriptedPolicy)
	if err != nil {
		return nil, err
	}
	plugins, err := readDocument(dist, "plugins.html", scriptedPolicy)
	if err != nil {
		return nil, err
	}
	letters, err := readDocument(dist, "letters.html", lettersPolicy)
	if err != nil {
		return nil, err
	}
	sink, err := readDocument(dist, "sink.html", sinkPolicy)
	if err != nil {
		return nil, err
	}
	problem, err := template.ParseFS(dist, "problem.html")
	if err != nil {
		return nil, fmt.Errorf("page: parse the problem page: %w", err)
	}
	assets, err := readAssets(dist)
	if err != nil {
		return nil, err
	}
	return &Page{activation: activation, invite: invite, plugins: plugins, letters: letters, sink: sink, problem: problem, assets: assets}, nil
}

// Activation gives the page for GET /a/{token}: the same for every token.
func (p *Page) Activation() Document { return p.activation }

// Invite gives the page for GET /invite on the public listener.
func (p *Page) Invite() Document { return p.invite }

// Plugins gives the page for GET /plugins on the operator listener.
func (p *Page) Plugins() Document { return p.plugins }

// Letters gives the page for GET /mail on the operator listener.
func (p *Page) Letters() Document { return p.letters }

// Sink gives the page for GET /sink on the operator listener.
func (p *Page) Sink() Document { return p.sink }

// Asset gives what a page refers to by its path, such as /assets/base-1a2b3c4d.css.
func (p *Page) Asset(path string) (Asset, bool) {
	asset, ok := p.assets[path]
	return asset, ok
}
