package store

import "strings"

// operations are the statements of the hot paths as an operator calls them.
var operations = map[string]string{
	provisionSQL: "provision", provisionClaimSQL: "provision",
	inviteSQL: "invite", inviteClaimSQL: "invite", expireSQL: "expire_invitation",
	lockInvitationSQL: "find_invitation", resendSQL: "resend", revokeSQL: "revoke", rightsSQL: "rights",
	findTenantSQL: "find_tenant", readTenantSQL: "read_tenant", changeTenantSQL: "change_tenant",
	ledgerSQL: "plugin_ledger", inspectSQL: "inspect", spendInvitationSQL: "accept_invitation", spendInvitationClaimSQL: "accept_invitation",
	spendVerificationSQL: "verify_owner", spendVerificationClaimSQL: "verify_owner",
	spendLinkSQL: "spend_link", requestLinkSQL: "request_link", replayActivationSQL: "replay_activation",
	accountSQL: "account", externalAccountSQL: "external_account", startExternalSessionSQL: "start_session", meSQL: "me", startSessionSQL: "start_session", rotateSessionSQL: "rotate_session",
	endSessionSQL: "end_session", placeSQL: "place", sessionAtSQL: "session_at", sessionLivesSQL: "session_lives", switchTenantSQL: "switch_tenant",
}

// spanName names the span of a statement: by what it does, or else by its first word.
// The statement itself never leaves the process.
func spanName(sql string) string {
	if name, ok := operations[sql]; ok {
		return "sql." + name
	}
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	return "sql." + strings.ToLower(word)
}
