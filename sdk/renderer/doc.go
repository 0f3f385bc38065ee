// Package renderer serves the hook message.render: it lets a plugin write the
// mails of the pipeline. The link is a placeholder that goes into both parts
// verbatim; the host puts the real link in its place, and a plugin never sees
// it. When a plugin fails, or leaves the placeholder out, the host sends its own
// mail instead.
package renderer
