// Package invitation serves the hook invitation.validate: it asks a plugin whether a
// person may be invited, for each row of a bulk too. A plugin may only make an
// invitation smaller: a shorter life, a lower role. An error says that there is no
// verdict, and the host then refuses the invitation for now.
package invitation
