package storetest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/store"
)

// Schema gives the schema of the data of a type of event, which knows no members but those that it names.
func Schema(wireType string) (*jsonschema.Schema, error) {
	text, ok, err := event.Schema("/", wireType)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("there is no schema of %s", wireType)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	members := document.(map[string]any)
	delete(members, "$id")
	members["additionalProperties"] = false
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", members); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}

// checked are the databases whose events are looked at already.
var checked sync.Map

// checkEvents wants every event that a test wrote to be as its schema says.
func checkEvents(t testing.TB, s *store.Store, url string) {
	if _, again := checked.LoadOrStore(url, true); again {
		return
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		rows, err := s.JobPool().Query(ctx, `SELECT DISTINCT type, data::text FROM (SELECT type, data FROM events LIMIT 1000) some`)
		if err != nil {
			return // the test took its database away
		}
		defer rows.Close()
		schemas := map[string]*jsonschema.Schema{}
		for rows.Next() {
			var kind, data string
			if rows.Scan(&kind, &data) != nil {
				return
			}
			if schemas[kind] == nil {
				if schemas[kind], err = Schema(core.EventPrefix + kind); err != nil {
					t.Error(err)
					continue
				}
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(data)))
			if err == nil {
				err = schemas[kind].Validate(value)
			}
			if err != nil {
				t.Errorf("an event %s is not as its schema says: %s: %v", kind, data, err)
			}
		}
	})
}
