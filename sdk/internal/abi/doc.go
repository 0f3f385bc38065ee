// Package abi is the guest's side of the functions that the host lends. In a
// guest [Lent] gives the real ones; in a native build there is no host, and tests
// bring [Memory].
package abi
