#include "policy/policy.h"

/* Well-known free mail services. */
static const usher_text free_mail[] = {
    USHER_LITERAL("gmail.com"), USHER_LITERAL("googlemail.com"), USHER_LITERAL("outlook.com"),    USHER_LITERAL("hotmail.com"),
    USHER_LITERAL("live.com"),  USHER_LITERAL("yahoo.com"),      USHER_LITERAL("icloud.com"),     USHER_LITERAL("me.com"),
    USHER_LITERAL("aol.com"),   USHER_LITERAL("gmx.de"),         USHER_LITERAL("gmx.net"),        USHER_LITERAL("web.de"),
    USHER_LITERAL("proton.me"), USHER_LITERAL("protonmail.com"), USHER_LITERAL("mail.com"),       USHER_LITERAL("yandex.com"),
};

/* covers tells whether a domain is the other, or below it. */
static bool covers(usher_text parent, usher_text domain) {
  if (!usher_ends(domain, parent)) return false;
  const uint32_t cut = domain.len - parent.len;
  return cut == 0 || (parent.len > 0 && domain.at[cut - 1] == '.');
}

static bool contains(usher_texts domains, usher_text domain) {
  for (uint32_t i = 0; i < domains.len; i++)
    if (covers(domains.at[i], domain)) return true;
  return false;
}

static usher_signup_validate_answer deny(const usher_signup_validate *signup, const char *code, usher_text english, usher_text german) {
  return usher_signup_validate_deny("email", code, usher_begins(signup->locale, USHER_TEXT("de")) ? german : english);
}

usher_signup_validate_answer check_signup(const usher_call *call, const usher_signup_validate *signup) {
  const usher_text domain = signup->email_domain;
  if (contains(usher_config_texts(call, "allowed_domains", (usher_texts){0}), domain)) /* exceptions to both lists */
    return usher_signup_validate_accept();
  if (contains(usher_config_texts(call, "blocked_domains", (usher_texts){0}), domain)) {
    usher_info(USHER_TEXT("denied a blocked domain"));
    return deny(signup, "email_domain_blocked", USHER_TEXT("Addresses of this domain cannot sign up here."),
                USHER_TEXT("Mit Adressen dieser Domain kann man sich hier nicht anmelden."));
  }
  if (contains(usher_config_texts(call, "free_mail_domains", USHER_TEXTS(free_mail)), domain)) {
    usher_info(USHER_TEXT("denied a free mail domain"));
    return deny(signup, "company_email_required", USHER_TEXT("Please sign up with your company e-mail address."),
                USHER_TEXT("Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an."));
  }
  return usher_signup_validate_accept();
}
