// Package visit keeps who looked at the links of mails, beside everything that a link does.
//
// Opening a link changes nothing of its token, ever, and takes the same time whether there is
// such a link or not. So a request only leaves a note in memory; notes of one link, kind and
// reason are one, and their number is bounded. They are kept in batches off the path of
// requests, and what belongs to no link is left out there. A process that dies loses the notes
// of its last seconds, and one that is flooded with links that it has not seen yet drops
// notes: this is what may be lost of a mail's story, and of nothing else.
//
// Not here: which visit is whose (package activation, package web), and the rows (package store).
package visit
