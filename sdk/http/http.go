package http

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Request is one exchange to make.
type Request = hostapi.HTTPRequest

// Auth puts a secret into a request.
type Auth = hostapi.HTTPAuth

// Response is what came back; any status of the other side is one.
type Response = hostapi.HTTPResponse

// Fetch makes one exchange. Its error is a [*sdk.Refused].
func Fetch(c *sdk.Call, request Request) (Response, error) {
	i := abi.Import{Module: hostapi.ModuleHTTP, Name: hostapi.FuncHTTPFetch, Call: fetch}
	var response Response
	answer, err := sdk.Use(c, i, wire.AppendHTTPRequest(nil, &request))
	if err != nil {
		return response, err
	}
	if wire.ReadHTTPResponse(answer, &response); !answer.OK() {
		return Response{}, sdk.Unreadable(i)
	}
	return response, nil
}
