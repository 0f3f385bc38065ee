// Command writeopenapi writes the OpenAPI document to the file that it is given.
package main

import (
	"fmt"
	"os"

	"github.com/usher-id/usher/core/web"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: writeopenapi FILE")
		os.Exit(2)
	}
	text, err := web.OpenAPI()
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
