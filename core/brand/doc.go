// Package brand judges how a tenant wants to look: its colour, and the addresses of its logo and
// of its support page. What it gives is fit for HTML, CSS and headers as it stands, whoever chose it.
//
// Contrast is that of WCAG 2.2 (success criteria 1.4.3 and 1.4.11).
//
// Not here: where the choice is kept (package store), who may make it (package activation), and
// what is painted with it (package mail, and the pages of package page).
package brand
