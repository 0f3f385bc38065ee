package web

import (
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
)

type beginExternalRequest struct {
	CallbackURL string `json:"callback_url" format:"uri" doc:"Where the provider sends the person back. It must be on the operator's list, written the same."`
	LoginHint   string `json:"login_hint,omitzero" doc:"The address that the person is expected to use."`
	Locale      string `json:"locale,omitzero" doc:"The language of the provider's page, as a BCP 47 tag."`
}

type beginExternalAnswer struct {
	URL          string `json:"url" format:"uri" doc:"Send the person's browser there."`
	Continuation string `json:"continuation" doc:"Keep it in the same browser, such as in its session storage, and send it with what the provider answers. Good for ten minutes."`
}

func beginExternalExample() any {
	return beginExternalRequest{CallbackURL: "https://app.example.com/signed-in", Locale: "en"}
}

func (s *Server) beginExternal(r *request, in beginExternalRequest) (beginExternalAnswer, error) {
	begun, err := s.identity.BeginExternal(r.Context(), identity.Begin{
		Provider: r.Param("provider"), CallbackURL: in.CallbackURL, LoginHint: in.LoginHint, Locale: in.Locale,
	})
	return beginExternalAnswer{URL: begun.URL, Continuation: begun.Continuation.Reveal()}, err
}

type finishExternalRequest struct {
	Continuation core.Secret       `json:"continuation"`
	Query        map[string]string `json:"query" doc:"Every parameter that the provider put into the callback's query."`
}

func finishExternalExample() any {
	return map[string]any{"continuation": tokenExample, "query": map[string]string{"code": "SplxlOBeZQQYbYS6WxSbIA", "state": tokenExample}}
}

func (s *Server) finishExternal(r *request, in finishExternalRequest) (sessionAnswer, error) {
	session, err := s.identity.FinishExternal(r.Context(), identity.Finish{
		Provider: r.Param("provider"), Continuation: in.Continuation, Query: in.Query,
	})
	return sessionOf(session), err
}
