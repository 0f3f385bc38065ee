package operator

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// versions are the calls of the registry. A version is named by its digest, by eight digits
// of it or more, as plugin@version, or as a plugin, which is its newest good version.
func (s *Server) versions() []edge.Route {
	const root = "/admin/v1/plugins/versions"
	status := func(action string, to core.VersionStatus) edge.Route {
		return edge.Route{
			Method: http.MethodPost, Path: root + "/{version}/" + action, MaxBody: edge.BodyCredential,
			Handle: s.operatorsOnly(func(c *edge.Call) error { return s.setStatus(c, to) }),
		}
	}
	return []edge.Route{
		{Method: http.MethodPost, Path: root, MaxBody: edge.BodyModule, Trusts: s.isToken, Handle: s.operatorsOnly(s.pushVersion)},
		{Method: http.MethodGet, Path: root, Handle: s.operatorsOnly(s.listVersions)},
		{Method: http.MethodGet, Path: root + "/{version}", Handle: s.operatorsOnly(s.showVersion)},
		status("quarantine", core.VersionQuarantined), status("revoke", core.VersionRevoked), status("clear", core.VersionGood),
		{Method: http.MethodGet, Path: "/admin/v1/plugins/acts", Handle: s.operatorsOnly(s.listActs)},
	}
}

type pushRequest struct {
	Wasm      []byte         `json:"wasm"` // base64
	Signature jsontext.Value `json:"signature,omitzero"`
}

type statusRequest struct {
	Reason string `json:"reason"`
}

// versionView is a version as the list shows it.
type versionView struct {
	Digest    string             `json:"digest"`
	Plugin    string             `json:"plugin"`
	Version   string             `json:"version"`
	Hooks     []string           `json:"hooks"`
	SizeBytes int                `json:"size_bytes"`
	KeyID     string             `json:"key_id"` // empty when it is unsigned
	Status    core.VersionStatus `json:"status"`
	Reason    string             `json:"status_reason,omitzero"`
	StatusBy  string             `json:"status_by,omitzero"`
	StatusAt  time.Time          `json:"status_at,omitzero"`
	PushedBy  string             `json:"pushed_by"`
	PushedAt  time.Time          `json:"pushed_at"`
}

// versionDetail is one version with all that the registry has of it but its bytes.
type versionDetail struct {
	versionView
	Capabilities jsontext.Value `json:"capabilities,omitzero"` // as its manifest asks for them
	Fixtures     int            `json:"fixtures"`
	Cost         []roleCostView `json:"cost"` // by what it was there for when it was measured
	Manifest     jsontext.Value `json:"manifest"`
	Signature    jsontext.Value `json:"signature,omitzero"` // the envelope
}

type actView struct {
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`
	Plugin  string    `json:"plugin,omitzero"`
	Digest  string    `json:"digest,omitzero"`
	Release int64     `json:"release,omitzero"`
	Reason  string    `json:"reason,omitzero"`
}

func viewOf(v core.PluginVersion) versionView {
	return versionView{
		Digest: v.Digest, Plugin: v.Plugin, Version: v.Version, Hooks: v.Hooks, SizeBytes: v.Size, KeyID: v.KeyID, Status: v.Status,
		Reason: v.Reason, StatusBy: v.StatusBy, StatusAt: v.StatusAt, PushedBy: v.PushedBy, PushedAt: v.PushedAt,
	}
}
