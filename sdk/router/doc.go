// Package router serves the hook message.route: a plugin says by which providers, and
// when, a mail leaves. When it fails the host keeps the configured order.
package router
