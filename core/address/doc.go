// Package address reads an e-mail address that a stranger typed into the one
// form that Usher stores, looks up and writes to. It accepts exactly one plain
// addr-spec (RFC 5321 §4.1.2 with a dot-string local part and a domain name) and
// refuses everything that mail libraries disagree about: comments, groups, quoted local
// parts, domain literals, lists, display names and control characters.
//
// It never changes which mailbox is meant: dots and plus tags stay. The domain
// becomes lower case ASCII by IDNA 2008 lookup rules; the local part is lowered in the
// look-up key only, so that mail goes to what the person wrote.
package address
