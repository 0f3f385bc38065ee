#include "policy/policy.h"

static const char own[] = "{\"free_mail_domains\":[\"freemail.example\"],\"allowed_domains\":[\"good.freemail.example\"]}";
static const char blocking[] = "{\"blocked_domains\":[\"rival.example\"],\"allowed_domains\":[\"friends.rival.example\"]}";

static usher_signup_validate_answer ask(const char *config, const char *domain, const char *locale) {
  const usher_call call = usher_test_begin((usher_test){.config = config});
  const usher_signup_validate signup = {.email_domain = usher_text_of(domain), .locale = usher_text_of(locale)};
  return check_signup(&call, &signup);
}

static bool denies(const char *config, const char *domain) {
  const usher_signup_validate_answer answer = ask(config, domain, "en");
  return answer.outcome.is == USHER_OUTCOME_DENY && answer.errors.len == 1 && usher_is(answer.errors.at[0].field, "email");
}

USHER_TEST(whose_addresses_are_refused) {
  USHER_EXPECT(!denies("{}", "acme.example"));
  USHER_EXPECT(denies("{}", "gmail.com"));
  USHER_EXPECT(denies("{}", "mail.gmail.com"));
  USHER_EXPECT(!denies("{}", "notgmail.com"));
  USHER_EXPECT(!denies("{}", ""));
}

USHER_TEST(the_operator_has_lists) {
  USHER_EXPECT(denies(own, "freemail.example"));
  USHER_EXPECT(!denies(own, "gmail.com"));
  USHER_EXPECT(!denies(own, "good.freemail.example"));
  USHER_EXPECT(denies(blocking, "gmail.com"));
  USHER_EXPECT(denies(blocking, "mail.rival.example"));
  USHER_EXPECT(!denies(blocking, "friends.rival.example"));
}

USHER_TEST(a_person_is_told_in_german) {
  USHER_EXPECT_TEXT(ask("{}", "web.de", "de-AT").errors.at[0].message, "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an.");
  USHER_EXPECT_TEXT(ask(blocking, "rival.example", "fr").errors.at[0].code, "email_domain_blocked");
  USHER_EXPECT(usher_logged("denied a blocked domain"));
}
