// Package egress guards what leaves the host at the word of somebody else: requests of plugins, and webhooks to
// addresses that customers chose. [Origin] reads where a URL leads, so that two programs cannot read it differently;
// [Dialer] judges each address when it is dialled, whatever its name meant before.
//
// Not here: who may speak to whom, and what is sent (package hostapi/host for plugins, core/webhook for webhooks).
package egress
