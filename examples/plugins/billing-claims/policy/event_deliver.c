#include "policy/policy.h"

#define MINUTE (60 * 1000) /* in milliseconds */

static usher_event_deliver_answer taken(void) { return (usher_event_deliver_answer){.data = {.acknowledged = true}}; }

/* later waits as long as the billing system says, or longer each time, up to ten minutes. */
static usher_event_deliver_answer later(usher_text retry_after, int64_t attempt) {
  usher_reader r = usher_read(retry_after);
  int64_t seconds = usher_read_number(&r);
  if (!usher_ended(&r) || seconds <= 0) seconds = 30 * (attempt > 1 ? attempt : 1) < 600 ? 30 * (attempt > 1 ? attempt : 1) : 600;
  return (usher_event_deliver_answer){.data = {.retry_after_s = seconds < USHER_MAX_RETRY_AFTER ? seconds : USHER_MAX_RETRY_AFTER}};
}

static usher_refused ask(const usher_call *call, usher_http_response *response) {
  const usher_http_auth auth = {.secret = USHER_TEXT("billing_key"), .prefix = USHER_TEXT("Bearer ")};
  const usher_http_request request = {
      .method = USHER_TEXT("GET"),
      .url = usher_join(usher_config_text(call, "origin", (usher_text){0}), USHER_TEXT("/v1/customers/"), usher_url(call->tenant), USHER_TEXT("/subscription")),
      .headers = usher_map_of({USHER_TEXT("Accept"), USHER_TEXT("application/json")}),
      .auth = &auth,
  };
  return usher_fetch(&request, response);
}

/* It takes any event of a tenant as a sign of life; what it says is of no interest. */
usher_event_deliver_answer on_event_deliver(const usher_call *call, const usher_event_deliver *event) {
  if (call->tenant.len == 0) return taken(); /* an event of the host's own */
  subscription s;
  bool found;
  usher_refused refused = recall(&s, &found);
  if (refused.status) return usher_event_deliver_fail(usher_refused_text(refused));
  if (found && usher_now_ms() < s.fetched + usher_config_number(call, "refresh_minutes", 15) * MINUTE) return taken();

  usher_http_response response;
  refused = ask(call, &response);
  if (refused.status && usher_temporary(refused)) {
    usher_warn(usher_refused_text(refused));
    return later((usher_text){0}, event->attempt);
  }
  if (refused.status) return usher_event_deliver_fail(usher_refused_text(refused));
  if (response.status == 429 || response.status >= 500) {
    usher_warn(usher_join(USHER_TEXT("the billing system answers "), usher_number(response.status)));
    return later(usher_get(response.headers, USHER_TEXT("retry-after")), event->attempt);
  }

  subscription now = {0};
  if (response.status == 404)
    now.status = USHER_TEXT("none");
  else if (response.status != 200)
    return usher_event_deliver_fail(usher_join(
        USHER_TEXT("the billing system answers "), usher_number(response.status), USHER_TEXT(": see the secret billing_key and config.origin")));
  else if (!understood(response.body, &now))
    return usher_event_deliver_fail(USHER_TEXT("the billing system's answer has no plan, or a status that is not known"));
  now.fetched = usher_now_ms();
  refused = keep(call, &now);
  return refused.status ? usher_event_deliver_fail(usher_refused_text(refused)) : taken();
}
