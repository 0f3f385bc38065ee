//! What a plugin meets, natively: one program, which links quickly.

mod capabilities;
mod edges;
mod hooks;
