// Package policy is what the plugin postmark-mail does:
//
//	message.send: it hands a mail to Postmark's API and says what its answer means.
//	message.status: it reads what Postmark tells of mails afterwards.
//
// Neither the key nor a link ever comes here: the host puts both into the request that leaves. It is plain Go: go
// test runs it without WebAssembly.
package policy
