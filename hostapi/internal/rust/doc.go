// Package rust writes the types of hostapi in Rust, with the code that reads and writes
// their JSON: one file of the crate's module wire for each file of hostapi. What guests
// are asked borrows its texts from the envelope, what they ask a capability borrows from
// them, and what they answer, or are answered, owns its texts.
package rust
