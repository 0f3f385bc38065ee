#include "policy/policy.h"

#define KEY USHER_TEXT("subscription")

static int64_t number_of(usher_text raw) {
  usher_reader r = usher_read(raw);
  const int64_t n = usher_read_number(&r);
  return r.bad ? 0 : n;
}

/* features_of gives a list of strings as it stands, and an empty list for anything else. */
static usher_text features_of(usher_text raw) {
  const usher_texts list = usher_json_elements(raw);
  bool strings = list.len > 0 && list.len <= 50 && raw.len <= 2048;
  for (uint32_t i = 0; i < list.len; i++) strings = strings && *list.at[i].at == '"';
  return strings ? raw : USHER_TEXT("[]");
}

static void fill(usher_text json, subscription *s) {
  s->plan = usher_json_text(json, "plan");
  s->status = usher_json_text(json, "status");
  s->seats = number_of(usher_json_raw(json, "seats"));
  s->features = features_of(usher_json_raw(json, "features"));
}

usher_refused recall(subscription *s, bool *found) {
  usher_text kept;
  *s = (subscription){0};
  const usher_refused refused = usher_entry_get(KEY, &kept);
  *found = refused.status == USHER_STATUS_OK && kept.at;
  if (!*found) return refused;
  fill(kept, s);
  s->fetched = number_of(usher_json_raw(kept, "fetched"));
  return refused;
}

usher_refused keep(const usher_call *call, const subscription *s) {
  usher_buffer b = {0};
  usher_put_literal(&b, "{\"fetched\":"), usher_put_number(&b, s->fetched);
  usher_put_literal(&b, ",\"plan\":"), usher_put_json(&b, s->plan);
  usher_put_literal(&b, ",\"status\":"), usher_put_json(&b, s->status);
  usher_put_literal(&b, ",\"seats\":"), usher_put_number(&b, s->seats);
  usher_put_literal(&b, ",\"features\":"), usher_put(&b, s->features.len ? s->features : USHER_TEXT("[]"));
  usher_put_byte(&b, '}');
  return usher_entry_put(KEY, usher_written(&b), usher_config_number(call, "keep_hours", 72) * 60 * 60);
}

/* A status that nobody here knows is no subscription: an application would not know it either. */
bool understood(usher_text body, subscription *s) {
  static const char *const known[] = {"trialing", "active", "past_due", "canceled"};
  fill(body, s);
  if (s->plan.len == 0 || s->plan.len > 64) return false;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (usher_same(s->status, usher_text_of(known[i]))) return true;
  return false;
}
