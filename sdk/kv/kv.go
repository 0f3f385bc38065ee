package kv

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Get gives the value of a key; false when there is none, or not any more.
func Get(c *sdk.Call, key string) (string, bool, error) {
	i := abi.Import{Module: hostapi.ModuleKV, Name: hostapi.FuncKVGet, Call: get}
	answer, err := sdk.Use(c, i, wire.AppendKVKey(nil, &hostapi.KVKey{Key: key}))
	if err != nil {
		if refused, ok := err.(*sdk.Refused); ok && refused.Status == hostapi.StatusNotFound { //nolint:errorlint // errors.As costs a guest reflection
			return "", false, nil
		}
		return "", false, err
	}
	var value hostapi.KVValue
	if wire.ReadKVValue(answer, &value); !answer.OK() {
		return "", false, sdk.Unreadable(i)
	}
	return value.Value, true, nil
}

// Put keeps a value for that many seconds, or as long as the host allows when 0. It
// takes the place of the one before.
func Put(c *sdk.Call, key, value string, seconds int64) error {
	i := abi.Import{Module: hostapi.ModuleKV, Name: hostapi.FuncKVPut, Call: put}
	_, err := sdk.Use(c, i, wire.AppendKVEntry(nil, &hostapi.KVEntry{Key: key, Value: value, TTLS: seconds}))
	return err
}

// Delete forgets a key; one that is not there is fine.
func Delete(c *sdk.Call, key string) error {
	i := abi.Import{Module: hostapi.ModuleKV, Name: hostapi.FuncKVDelete, Call: remove}
	_, err := sdk.Use(c, i, wire.AppendKVKey(nil, &hostapi.KVKey{Key: key}))
	return err
}
