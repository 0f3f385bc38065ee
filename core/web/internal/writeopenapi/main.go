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
	if err := web.WriteOpenAPI(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
