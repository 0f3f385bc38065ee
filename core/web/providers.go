package web

import (
	"net/http"

	"github.com/usher-id/usher/core"
)

// providerStatus takes the callback of a mail provider. Its form is the provider's, and so
// is the proof that it comes from there: the provider's plugin judges both.
func (s *Server) providerStatus(r *request) (nothing, error) {
	query, headers, body, err := r.Callback()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.mail.ProviderCallback(r.Context(), core.Callback{
		Provider: r.Param("name"), Method: http.MethodPost, Query: query, Headers: headers, Body: body,
	})
}
