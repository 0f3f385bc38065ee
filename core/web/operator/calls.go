package operator

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// PluginCall is a call of a plugin that ended on this replica.
type PluginCall struct {
	Number      int64          `json:"number"` // counts up from call to call
	Time        time.Time      `json:"time"`
	Plugin      string         `json:"plugin"`
	Version     string         `json:"version"`
	Digest      string         `json:"digest"`
	Role        string         `json:"role"`
	Hook        string         `json:"hook"`
	TenantID    string         `json:"tenant_id,omitzero"`
	RunID       string         `json:"run_id,omitzero"`
	Outcome     string         `json:"outcome,omitzero"`
	Failure     string         `json:"failure,omitzero"`
	DurationUS  int64          `json:"duration_us"`
	Fuel        int64          `json:"fuel"`
	MemoryBytes int64          `json:"memory_bytes"`
	Lines       []PluginLine   `json:"lines,omitzero"`
	Data        jsontext.Value `json:"data,omitzero"`   // what the plugin was given of the question; in development only
	Output      jsontext.Value `json:"output,omitzero"` // what was answered; in development only
}

// PluginLine is one that a plugin logged.
type PluginLine struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// longestLook is how long a call for more calls may wait for one.
const longestLook = 20 * time.Second

type callsView struct {
	Last  int64        `json:"last"` // what to ask after next
	Lost  int64        `json:"lost"` // calls since then that are kept no more
	Calls []PluginCall `json:"calls"`
}

// listCalls waits a while for calls after one. Asked without a number it begins to keep them.
func (s *Server) listCalls(c *edge.Call) error {
	query, err := c.Query("after", "plugin", "wait_ms")
	if err != nil {
		return err
	}
	after, wait := int64(-1), time.Duration(0)
	if text := query["after"]; text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return outOfRange("after", "The parameter after must be the number last of an earlier answer.")
		}
	}
	if text := query["wait_ms"]; text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms < 0 || ms > int(longestLook/time.Millisecond) {
			return outOfRange("wait_ms", "The parameter wait_ms must be a whole number from 0 to "+strconv.Itoa(int(longestLook/time.Millisecond))+".")
		}
		wait = time.Duration(ms) * time.Millisecond
	}
	calls, last, lost := s.Calls(c.Context(), after, wait)
	view := callsView{Last: last, Lost: lost, Calls: []PluginCall{}}
	for _, call := range calls {
		if p := query["plugin"]; p == "" || p == call.Plugin {
			view.Calls = append(view.Calls, call)
		}
	}
	return c.JSON(http.StatusOK, view)
}

func outOfRange(field, say string) error {
	e := core.E(core.MalformedRequest, say).Because("out_of_range")
	e.Fields = []core.FieldError{{Field: field, Code: "out_of_range", Message: say}}
	return e
}
