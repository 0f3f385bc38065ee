// Package letter writes the mails of the activation pipeline, as HTML and as
// text, in English and German. It is plain Go: the plugin beside it only wires
// it up.
package letter
