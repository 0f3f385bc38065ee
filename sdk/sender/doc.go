// Package sender serves the hook message.send: a plugin hands mails to a provider that
// it adapts, with package sdk/http. Where the link belongs a mail has a placeholder,
// which the host replaces in the body of each request that leaves; a plugin never
// sees the link. When a plugin fails the host tries the next provider.
package sender
