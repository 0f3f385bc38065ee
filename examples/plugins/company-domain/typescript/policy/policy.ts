import { accept, deny, type Call, type SignupPatch, type SignupValidate, type Verdict } from "#usher";

import { freeMail, say, type Code } from "./words.ts";

/** Refuses a signup whose address is not a company's, or is of a domain that the operator blocks. */
export function checkSignup(call: Call, { email_domain, locale }: SignupValidate): Verdict<SignupPatch> {
  const code = judge(call, email_domain);
  return code === undefined ? accept() : deny({ field: "email", code, message: say(locale, code) });
}

/** Gives the code of what is wrong with a domain. The operator's allowed_domains are exceptions to both lists. */
function judge(call: Call, domain: string): Code | undefined {
  if (has(call.config.texts("allowed_domains"), domain)) return undefined;
  if (has(call.config.texts("blocked_domains"), domain)) {
    call.info("denied a blocked domain");
    return "email_domain_blocked";
  }
  if (has(call.config.texts("free_mail_domains", freeMail), domain)) {
    call.info("denied a free mail domain");
    return "company_email_required";
  }
  return undefined;
}

/** Tells whether a domain, or one above it, is in the list. */
function has(domains: string[], domain: string): boolean {
  return domains.some((d) => d !== "" && (domain === d || domain.endsWith(`.${d}`)));
}
