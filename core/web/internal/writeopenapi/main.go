// Command writeopenapi writes the OpenAPI document to openapi.json in the current
// folder, where "go generate" runs it.
package main

import (
	"fmt"
	"os"

	"github.com/usher-id/usher/core/web"
)

func main() {
	text, err := web.OpenAPI()
	if err == nil {
		err = os.WriteFile("openapi.json", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
