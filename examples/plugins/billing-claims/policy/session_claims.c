#include "policy/policy.h"

#define MINUTE (60 * 1000) /* in milliseconds */

/* It says what is known and since when. Where nothing is known it says nothing: the application decides what that means. */
usher_session_claims_answer on_session_claims(const usher_call *call, const usher_session_claims *session) {
  (void)session;
  if (call->tenant.len == 0) return (usher_session_claims_answer){0};
  subscription s;
  bool found;
  const usher_refused refused = recall(&s, &found);
  if (refused.status) return usher_session_claims_fail(usher_refused_text(refused));
  if (!found) return (usher_session_claims_answer){0};
  usher_buffer b = {0};
  usher_put_literal(&b, "{\"status\":"), usher_put_json(&b, s.status);
  if (s.plan.len) {
    usher_put_literal(&b, ",\"plan\":"), usher_put_json(&b, s.plan);
    usher_put_literal(&b, ",\"seats\":"), usher_put_number(&b, s.seats);
    usher_put_literal(&b, ",\"features\":"), usher_put(&b, s.features);
  }
  usher_put_literal(&b, ",\"as_of\":"), usher_put_number(&b, s.fetched / 1000);
  if (usher_now_ms() >= s.fetched + usher_config_number(call, "stale_minutes", 60) * MINUTE) usher_put_literal(&b, ",\"stale\":true");
  usher_put_byte(&b, '}');
  return (usher_session_claims_answer){.data = {.claims = usher_written(&b)}};
}
