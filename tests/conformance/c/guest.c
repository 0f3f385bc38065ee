/* The guest of the conformance kit in C. */
#include <usher.h>

#define TEXT USHER_TEXT("q\"b\\s/ü😀\x01\n")

static int32_t calls;

/* report logs what a capability gave. */
static void report(usher_refused r, usher_text json) {
  if (r.status == USHER_STATUS_OK) {
    usher_info(usher_join(USHER_TEXT("ok "), json));
    return;
  }
  usher_buffer b = {0};
  usher_put_literal(&b, "refused {\"status\":");
  usher_put_number(&b, r.status);
  usher_put_literal(&b, ",\"reason\":");
  usher_put_json(&b, r.reason);
  usher_put_literal(&b, ",\"temporary\":");
  usher_put_flag(&b, usher_temporary(r));
  usher_put_literal(&b, "}");
  usher_info(usher_written(&b));
}

static usher_text quoted(usher_text t) {
  if (!t.at) return USHER_TEXT("null");
  usher_buffer b = {0};
  usher_put_json(&b, t);
  return usher_written(&b);
}

static usher_map one(usher_text name, usher_text value) {
  usher_map m = {0};
  usher_set(&m, name, value);
  return m;
}

static usher_map two(void) {
  usher_map m = one(USHER_TEXT("k1"), TEXT);
  usher_set(&m, USHER_TEXT("k2"), USHER_TEXT(""));
  return m;
}

static void clock(void) {
  usher_info(usher_join(USHER_TEXT("now "), usher_number(usher_now_ms()), USHER_TEXT(" deadline "), usher_number(usher_deadline_ms())));
}

static void chance(void) {
  static const char hex[] = "0123456789abcdef";
  static unsigned char bytes[USHER_MAX_RANDOM + 1];
  usher_random(bytes, 32);
  usher_buffer b = {0};
  for (int i = 0; i < 32; i++) usher_put(&b, (usher_text){(const char[]){hex[bytes[i] >> 4], hex[bytes[i] & 15]}, 2});
  usher_info(usher_written(&b));
  if (usher_random(bytes, sizeof bytes) == USHER_REFUSED) usher_info(USHER_TEXT("refused"));
}

static void settings(const usher_call *call) {
  usher_buffer b = {0};
  usher_put_literal(&b, "{\"text\":");
  usher_put_json(&b, usher_config_text(call, "text", USHER_TEXT("none")));
  usher_put_literal(&b, ",\"texts\":");
  usher_put_texts(&b, usher_config_texts(call, "texts", (usher_texts){0}));
  usher_put_literal(&b, ",\"map\":");
  usher_put_map(&b, usher_config_map(call, "map", (usher_map){0}));
  usher_put_literal(&b, ",\"flag\":");
  usher_put_flag(&b, usher_config_flag(call, "flag", false));
  usher_put_literal(&b, ",\"number\":");
  usher_put_number(&b, usher_config_number(call, "number", -1));
  usher_put_literal(&b, "}");
  usher_info(usher_written(&b));
}

static void fetch(void) {
  usher_buffer b = {0};
  usher_http_response response;
  const usher_http_request request = {
      .method = USHER_TEXT("POST"), .url = USHER_TEXT("https://conformance.example/x"), .headers = one(USHER_TEXT("x-a"), USHER_TEXT("1")),
      .body = TEXT, .auth = &(usher_http_auth){.secret = USHER_TEXT("key"), .prefix = USHER_TEXT("Bearer ")},
  };
  const usher_refused r = usher_fetch(&request, &response);
  usher_put_http_response(&b, &response);
  report(r, usher_written(&b));
}

static void get(void) {
  usher_text value;
  const usher_refused r = usher_entry_get(USHER_TEXT("a"), &value);
  report(r, quoted(value));
}

static void entries(void) {
  report(usher_entry_put(USHER_TEXT("a"), USHER_TEXT("1"), 60), USHER_TEXT("null"));
  get();
  report(usher_entry_delete(USHER_TEXT("a")), USHER_TEXT("null"));
  get();
}

static void torn(void) {
  report(usher_entry_put(USHER_TEXT("a"), USHER_TEXT("\xf0z"), 60), USHER_TEXT("null"));
  get();
}

static void verify(usher_text mac) {
  bool genuine;
  const usher_refused r = usher_verify(USHER_TEXT("key"), USHER_TEXT("m"), mac, &genuine);
  report(r, genuine ? USHER_TEXT("true") : USHER_TEXT("false"));
}

static void secret(void) {
  usher_text mac;
  const usher_refused r = usher_hmac(USHER_TEXT("key"), USHER_TEXT("m"), &mac);
  report(r, quoted(mac));
  verify(mac);
  verify(USHER_TEXT("00"));
}

static void telemetry(void) {
  report(usher_count(USHER_TEXT("calls"), 1, one(USHER_TEXT("kind"), USHER_TEXT("a"))), USHER_TEXT("null"));
  report(usher_count(USHER_TEXT("calls"), 1, one(USHER_TEXT("kind"), USHER_TEXT("c"))), USHER_TEXT("null"));
  report(usher_span_begin(USHER_TEXT("s"), one(USHER_TEXT("k"), USHER_TEXT("v"))), USHER_TEXT("null"));
  report(usher_span_close(false), USHER_TEXT("null"));
}

static void grow(void) {
  volatile char *const more = usher_alloc(8 << 20);
  for (uint32_t i = 0; i < 8 << 20; i++) more[i] = (char)i;
}

/* act does what leaves the answer as it is. */
static void act(const usher_call *call, usher_text what) {
  if (usher_is(what, "panic")) USHER_PANIC("conformance panic");
  if (usher_is(what, "log")) {
    const usher_text line = USHER_TEXT("line");
    usher_debug(line), usher_info(line), usher_warn(line), usher_error(line);
  }
  if (usher_is(what, "clock")) clock();
  if (usher_is(what, "random")) chance();
  if (usher_is(what, "config")) settings(call);
  if (usher_is(what, "fetch")) fetch();
  if (usher_is(what, "kv")) entries();
  if (usher_is(what, "torn")) torn();
  if (usher_is(what, "secret")) secret();
  if (usher_is(what, "telemetry")) telemetry();
  if (usher_is(what, "remember")) usher_info(usher_number(++calls));
  if (usher_is(what, "grow")) grow();
  if (usher_is(what, "spin"))
    for (;;) *(volatile int32_t *)&calls += 1;
}

/* told logs the call. */
static void told(const usher_call *call) {
  usher_buffer b = {0};
  usher_put_literal(&b, "call {\"id\":");
  usher_put_json(&b, call->id);
  usher_put_literal(&b, ",\"hook\":");
  usher_put_json(&b, call->hook);
  usher_put_literal(&b, ",\"run_id\":");
  usher_put_json(&b, call->run_id);
  usher_put_literal(&b, ",\"tenant\":");
  usher_put_json(&b, call->tenant);
  usher_put_literal(&b, ",\"actor\":");
  usher_put_actor(&b, &call->actor);
  usher_put_literal(&b, ",\"traceparent\":");
  usher_put_json(&b, call->traceparent);
  usher_put_literal(&b, "}");
  usher_info(usher_written(&b));
}

static usher_text too_large(void) {
  const uint32_t len = 300 << 10;
  char *const place = usher_alloc(len);
  __builtin_memset(place, 'x', len);
  return (usher_text){place, len};
}

/* HANDLER serves a hook: least and full are data, rest is what else it may be told to do. */
#define HANDLER(hook, question_type, least, full, rest)                                            \
  static usher_##hook##_answer handle_##hook(const usher_call *call, const usher_##hook *q) {       \
    typedef usher_##hook##_answer reply;                                                           \
    const usher_text what = usher_config_text(call, "do", USHER_TEXT("echo"));                      \
    if (usher_is(what, "full")) return (reply){.data = full};                                       \
    if (usher_is(what, "fail")) return usher_##hook##_fail(USHER_TEXT("no \"way\" ü"));              \
    rest;                                                                                          \
    act(call, what);                                                                               \
    if (usher_is(what, "echo")) {                                                                   \
      usher_buffer b = {0};                                                                        \
      told(call);                                                                                  \
      usher_put_literal(&b, "question ");                                                          \
      usher_put_##question_type(&b, q);                                                             \
      usher_info(usher_written(&b));                                                               \
    }                                                                                              \
    return (reply){.data = least};                                                                 \
  }                                                                                                \
  USHER_SERVE(hook, handle_##hook)

#define DENY(hook, first, second)                                                                   \
  if (usher_is(what, "deny")) {                                                                     \
    reply a = usher_##hook##_deny(first, "first", TEXT);                                            \
    usher_add(&a.errors, (usher_field_error){USHER_TEXT(second), USHER_TEXT("second"), TEXT});       \
    return a;                                                                                      \
  }
#define BIG(...) \
  if (usher_is(what, "big")) return (reply){.data = __VA_ARGS__}
#define DATA(...) __VA_ARGS__
#define NOTHING (void)0

HANDLER(signup_validate, signup_validate, DATA({0}), DATA({.slug = TEXT, .metadata = two()}),
        DENY(signup_validate, "email", "slug") BIG({.metadata = one(USHER_TEXT("big"), too_large())}))

HANDLER(tenant_provision, tenant_provision, DATA({0}), DATA({.references = two()}), NOTHING)

HANDLER(invitation_validate, invitation_validate, DATA({0}),
        DATA({.expires_in = {true, 3600}, .role = {USHER_ROLE_MEMBER, {0}}, .locale = TEXT, .metadata = two()}),
        DENY(invitation_validate, "email", "role"))

HANDLER(activation_validate, activation_validate, DATA({0}), DATA({.display_name = TEXT, .locale = TEXT}),
        DENY(activation_validate, "display_name", "locale"))

HANDLER(password_check, password_check, DATA({0}), DATA({0}), DENY(password_check, "password", "password"))

HANDLER(message_render, message_render,
        DATA({.subject = USHER_TEXT("s"), .html = usher_join(USHER_TEXT("<p>"), q->link, USHER_TEXT("</p>")), .text = q->link}),
        DATA({TEXT, TEXT, TEXT}), BIG({.html = too_large()}))

static usher_texts texts(void) {
  usher_texts list = {0};
  usher_add(&list, TEXT);
  usher_add(&list, TEXT);
  return list;
}

HANDLER(message_route, message_route, DATA({0}), DATA({.providers = texts(), .delay_s = 7}), NOTHING)

HANDLER(message_send, message_send, DATA({.status = {USHER_SEND_STATUS_ACCEPTED, {0}}}),
        DATA({.status = {USHER_SEND_STATUS_FAILED, {0}}, .provider_id = TEXT, .retry_after_s = 7, .reason = TEXT}), NOTHING)

static usher_message_report_list reports(void) {
  usher_message_report_list list = {0};
  for (int i = 0; i < 2; i++)
    usher_add(&list, (usher_message_report){TEXT, TEXT, {USHER_DELIVERY_STATUS_COMPLAINED, {0}}, TEXT, TEXT});
  return list;
}

HANDLER(message_status, message_status, DATA({0}), DATA({.reports = reports()}),
        if (usher_is(what, "deny")) return usher_message_status_deny())

HANDLER(identity_begin, identity_begin, DATA({.url = usher_join(USHER_TEXT("https://login.example/?state="), q->state)}),
        DATA({.url = TEXT, .private = TEXT}), NOTHING)

HANDLER(identity_finish, identity_finish, DATA({.subject = USHER_TEXT("u"), .email = USHER_TEXT("a@b.example")}),
        DATA({.subject = TEXT, .email = TEXT, .email_verified = true, .display_name = TEXT, .locale = TEXT}), NOTHING)

HANDLER(session_claims, session_claims, DATA({0}), DATA({.claims = USHER_TEXT("{\"a\":[1,null,\"x\"]}")}),
        BIG({.claims = quoted(too_large())}))

HANDLER(event_deliver, event_deliver, DATA({.acknowledged = true}), DATA({.acknowledged = true, .retry_after_s = 7}), NOTHING)
