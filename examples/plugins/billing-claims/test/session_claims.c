#include "policy/policy.h"

static usher_text claims(const char *tenant, const char *kept, int64_t now) {
  const usher_call call = usher_test_begin((usher_test){.tenant = tenant, .now_ms = now, .entries = {{kept ? "subscription" : NULL, kept}}});
  return on_session_claims(&call, &(usher_session_claims){0}).data.claims;
}

#define KEPT "{\"fetched\":1894276800000,\"plan\":\"pro\",\"status\":\"past_due\",\"seats\":25,\"features\":[\"sso\"]}"
#define SAID "{\"status\":\"past_due\",\"plan\":\"pro\",\"seats\":25,\"features\":[\"sso\"],\"as_of\":1894276800"

USHER_TEST(what_is_known_is_said) {
  USHER_EXPECT_TEXT(claims("t", KEPT, 1894276800000), SAID "}");
  USHER_EXPECT_TEXT(claims("t", KEPT, 1894280399999), SAID "}");
  USHER_EXPECT_TEXT(claims("t", KEPT, 1894280400000), SAID ",\"stale\":true}");
}

USHER_TEST(nothing_is_said_of_nothing) {
  USHER_EXPECT(claims("t", NULL, 0).len == 0);
  USHER_EXPECT(claims("", KEPT, 0).len == 0);
}

USHER_TEST(a_customer_without_a_subscription) {
  USHER_EXPECT_TEXT(claims("t", "{\"fetched\":1000,\"plan\":\"\",\"status\":\"none\"}", 1000), "{\"status\":\"none\",\"as_of\":1}");
}
