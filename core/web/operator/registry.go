package operator

import (
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// pushVersion answers with 201 for a version that is new, and 200 for one that was there.
func (s *Server) pushVersion(c *edge.Call) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[pushRequest]().Decode(c)
	if err != nil {
		return err
	}
	v, added, err := s.Registry.Push(c.Context(), asked.Wasm, asked.Signature, who)
	if err != nil {
		return err
	}
	if added {
		return c.JSON(http.StatusCreated, viewOf(v))
	}
	return c.JSON(http.StatusOK, viewOf(v))
}

func (s *Server) listVersions(c *edge.Call) error {
	query, err := c.Query("plugin")
	if err != nil {
		return err
	}
	list, err := s.Registry.List(c.Context(), query["plugin"])
	if err != nil {
		return err
	}
	views := make([]versionView, len(list))
	for i, v := range list {
		views[i] = viewOf(v)
	}
	return c.JSON(http.StatusOK, struct {
		Data []versionView `json:"data"`
	}{views})
}

func (s *Server) showVersion(c *edge.Call) error {
	v, err := s.Registry.Find(c.Context(), c.Param("version"))
	if err != nil {
		return err
	}
	var said struct {
		Capabilities jsontext.Value   `json:"capabilities"`
		Fixtures     []jsontext.Value `json:"fixtures"`
	}
	if err := json.Unmarshal(v.Manifest, &said); err != nil {
		return err
	}
	cards, err := s.Trials.Cards(c.Context(), v)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, versionDetail{
		versionView: viewOf(v), Capabilities: said.Capabilities, Fixtures: len(said.Fixtures), Cost: costsOf(cards),
		Manifest: v.Manifest, Signature: v.Signature,
	})
}

func (s *Server) setStatus(c *edge.Call, to core.VersionStatus) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[statusRequest]().Decode(c)
	if err != nil {
		return err
	}
	v, err := s.Registry.SetStatus(c.Context(), c.Param("version"), to, asked.Reason, who)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOf(v))
}

// The number of acts in one answer.
const (
	someActs = 50
	mostActs = 500
)

func (s *Server) listActs(c *edge.Call) error {
	query, err := c.Query("limit", "cursor")
	if err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someActs, mostActs)
	if err != nil {
		return err
	}
	page, err := s.Registry.Acts(c.Context(), limit, query["cursor"])
	if err != nil {
		return err
	}
	views := make([]actView, len(page.Items))
	for i, a := range page.Items {
		views[i] = actView(a)
	}
	return c.JSON(http.StatusOK, struct {
		Data       []actView `json:"data"`
		NextCursor string    `json:"next_cursor,omitzero"`
	}{views, page.NextCursor})
}
