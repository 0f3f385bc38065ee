//go:build wasip1

// Command nested is a guest for tests: it reads JSON nested a thousand deep with
// encoding/json and walks over it with a function that calls itself.
package main

import (
	"encoding/json"
	"strings"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/validator"
)

const depth = 1000

var plugin = validator.New(func(*sdk.Call, validator.Signup) (validator.Verdict, error) {
	var v any
	err := json.Unmarshal([]byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)), &v)
	if err != nil || levels(v) != depth {
		return validator.Deny(), nil
	}
	return validator.Accept(), nil
})

func levels(v any) int {
	list, ok := v.([]any)
	if !ok {
		return 0
	}
	most := 0
	for _, inner := range list {
		most = max(most, levels(inner))
	}
	return most + 1
}

//go:wasmexport usher_signup_validate
func signupValidate() int32 { return plugin.Serve() }

func main() {}
