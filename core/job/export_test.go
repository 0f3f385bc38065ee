package job

import "context"

// Measure looks at the queue once, for the benchmark.
func Measure(ctx context.Context, c *Client) error { return c.gauge.measure(ctx) }
