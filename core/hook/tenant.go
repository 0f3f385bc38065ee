package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/denial"
)

// TenantProvision asks one plugin to prepare what a new tenant needs elsewhere. It gives
// the references that the plugin wants kept; bound is false when the plugin is not bound
// for the tenant. An error means that the plugin must be asked again.
func (h *Hooks) TenantProvision(ctx context.Context, plugin string, t core.TenantProvisioning, attempt int) (references map[string]string, bound bool, err error) {
	data, err := json.Marshal(hostapi.TenantProvision{
		TenantID: t.TenantID.String(), Slug: t.Slug, Name: t.Name, OwnerID: t.OwnerID.String(), Locale: t.Locale,
		Metadata: t.Metadata, Attempt: attempt, CreatedAt: t.CreatedAt.UTC().Format(time.RFC3339),
	})
	if err != nil {
		return nil, false, fmt.Errorf("encode the tenant for its hook: %w", err)
	}
	reply, err := h.ask(ctx, Question{
		Hook: hostapi.HookTenantProvision, RunID: t.TenantID.String(), Release: t.Release, TenantID: t.TenantID.String(), Plugin: plugin, Data: data, First: true,
		Judge: func(_ string, output []byte) (hostapi.Outcome, error) {
			o, err := decode[hostapi.TenantReferences](output)
			if err != nil {
				return "", err
			}
			if o.Outcome != hostapi.Continue {
				return "", errors.New("a tenant that is committed cannot be denied")
			}
			if err := checkReferences(o.Data.References); err != nil {
				return "", err
			}
			references = o.Data.References
			return o.Outcome, nil
		},
	})
	return references, reply.Bound, err
}

func checkReferences(references map[string]string) error {
	if len(references) > hostapi.MaxReferences {
		return fmt.Errorf("there are more than %d references", hostapi.MaxReferences)
	}
	for name, value := range references {
		if !denial.IsCode(name) || len(name) > hostapi.MaxReferenceName {
			return fmt.Errorf("the name of a reference is not in snake_case, or longer than %d bytes", hostapi.MaxReferenceName)
		}
		if value == "" || len(value) > hostapi.MaxReferenceValue || strings.ContainsRune(value, 0) { // the database keeps none
			return fmt.Errorf("the reference %s is empty, longer than %d bytes, or has a zero byte", name, hostapi.MaxReferenceValue)
		}
	}
	return nil
}
