#include "policy/policy.h"

#define NOW 1894276800000
#define URL "https://billing.example/v1/customers/t%201/subscription"

static usher_event_deliver_answer after(int64_t status, const char *body, int64_t attempt) {
  const usher_call call = usher_test_begin((usher_test){
      .config = "{\"origin\": \"https://billing.example\"}", .tenant = "t 1", .now_ms = NOW, .secrets = {{"billing_key", "k"}},
      .http = {{.request = {.method = USHER_TEXT("GET"), .url = USHER_TEXT(URL)}, .response = {.status = status, .body = usher_text_of(body)}}},
  });
  const usher_event_deliver event = {.attempt = attempt};
  return on_event_deliver(&call, &event);
}

static usher_text kept(void) { return usher_get(usher_stage.entries, USHER_TEXT("subscription")); }

USHER_TEST(a_subscription_is_kept) {
  USHER_EXPECT(after(200, "{\"plan\": \"pro\", \"status\": \"active\", \"seats\": 25, \"features\": [\"sso\"]}", 1).data.acknowledged);
  USHER_EXPECT_TEXT(kept(), "{\"fetched\":1894276800000,\"plan\":\"pro\",\"status\":\"active\",\"seats\":25,\"features\":[\"sso\"]}");
}

USHER_TEST(features_that_are_none) {
  const char *const bodies[] = {
      "{\"plan\": \"p\", \"status\": \"active\"}", "{\"plan\": \"p\", \"status\": \"active\", \"features\": {\"a\": 1}}",
      "{\"plan\": \"p\", \"status\": \"active\", \"features\": [1]}", "{\"plan\": \"p\", \"status\": \"active\", \"seats\": \"many\", \"features\": []}",
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    USHER_EXPECT(after(200, bodies[i], 1).data.acknowledged);
    USHER_EXPECT_TEXT(kept(), "{\"fetched\":1894276800000,\"plan\":\"p\",\"status\":\"active\",\"seats\":0,\"features\":[]}");
  }
}

USHER_TEST(a_customer_that_is_not_known) {
  USHER_EXPECT(after(404, "", 1).data.acknowledged);
  USHER_EXPECT_TEXT(kept(), "{\"fetched\":1894276800000,\"plan\":\"\",\"status\":\"none\",\"seats\":0,\"features\":[]}");
}

USHER_TEST(trouble_waits) {
  USHER_EXPECT(after(503, "", 1).data.retry_after_s == 30);
  USHER_EXPECT(after(429, "", 4).data.retry_after_s == 120);
  USHER_EXPECT(after(500, "", 1000).data.retry_after_s == 600);
  USHER_EXPECT(!kept().at && usher_logged("the billing system answers 500"));
}

USHER_TEST(nonsense_fails) {
  const char *const bodies[] = {"", "<html>", "{\"plan\": \"pro\"}", "{\"plan\": \"pro\", \"status\": \"new\"}", "{\"status\": \"active\"}", "{\"plan\": \"pro\", \"status\": \"act"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    USHER_EXPECT_TEXT(after(200, bodies[i], 1).failure, "the billing system's answer has no plan, or a status that is not known");
  USHER_EXPECT_TEXT(after(401, "", 1).failure, "the billing system answers 401: see the secret billing_key and config.origin");
  USHER_EXPECT(!kept().at);
}

USHER_TEST(what_is_fresh_is_not_asked_for) {
  const usher_call call = usher_test_begin((usher_test){.tenant = "t", .now_ms = NOW, .entries = {{"subscription", "{\"fetched\":1894276740000}"}}});
  USHER_EXPECT(on_event_deliver(&call, &(usher_event_deliver){0}).data.acknowledged);
}
