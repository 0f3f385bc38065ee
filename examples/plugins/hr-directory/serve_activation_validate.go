//go:build wasip1

package main

import (
	"hr-directory/policy"

	"github.com/usher-id/usher/sdk/activation"
)

var activationValidate = activation.New(policy.CheckActivation)

//go:wasmexport usher_activation_validate
func serveActivationValidate() int32 { return activationValidate.Serve() }
