package secret

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// HMAC gives the HMAC-SHA-256 of a message, in hexadecimal.
func HMAC(c *sdk.Call, name, message string) (string, error) {
	result, err := ask(c, &hostapi.HMACRequest{Secret: name, Message: message})
	return result.HMAC, err
}

// Verify tells whether an HMAC-SHA-256, in hexadecimal, is that of the message. The
// host compares in constant time.
func Verify(c *sdk.Call, name, message, mac string) (bool, error) {
	if mac == "" {
		return false, nil // an empty one would ask for the HMAC
	}
	result, err := ask(c, &hostapi.HMACRequest{Secret: name, Message: message, Expect: mac})
	return result.Equal, err
}

func ask(c *sdk.Call, request *hostapi.HMACRequest) (result hostapi.HMACResult, err error) {
	i := abi.Import{Module: hostapi.ModuleSecret, Name: hostapi.FuncSecretHMAC, Call: hmac}
	answer, err := sdk.Use(c, i, wire.AppendHMACRequest(nil, request))
	if err != nil {
		return result, err
	}
	if wire.ReadHMACResult(answer, &result); !answer.OK() {
		return hostapi.HMACResult{}, sdk.Unreadable(i)
	}
	return result, nil
}
