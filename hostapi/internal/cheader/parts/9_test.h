
/* ---- Tests, without WebAssembly ---- */

#ifndef __wasm__

/*
 * Natively, this header plays the host, and has a main that runs what USHER_TEST begins:
 *
 *   USHER_TEST(a_blocked_domain) {
 *     const usher_call call = usher_test_begin((usher_test){.config = "{\"blocked_domains\": [\"rival.example\"]}"});
 *     const usher_signup_validate signup = {.email_domain = USHER_TEXT("rival.example")};
 *     USHER_EXPECT(check(&call, &signup).outcome.is == USHER_OUTCOME_DENY);
 *   }
 *
 *   cc -std=c11 -I . policy.c policy_test.c -o policy_test && ./policy_test
 */

/* usher_exchange is a request that the plugin is to send, and what comes back. Of the request only what is set is compared. */
typedef struct usher_exchange {
  usher_http_request request;
  usher_http_response response;
  const char *refused; /* in place of a response the reason for which there is none, such as "unreachable" */
} usher_exchange;

/* usher_test is what surrounds a call; {0} is an anonymous call without settings and capabilities. */
typedef struct usher_test {
  const char *config; /* a JSON object */
  const char *tenant; /* id */
  int64_t now_ms;     /* what the clock shows */
  usher_exchange http[8]; /* what stands in for the network, in order */
  struct {
    const char *name, *value;
  } entries[8], secrets[8]; /* the entries that there are, and the values of secrets */
  const char *kv_refused; /* why the store refuses: what is put for "quota_exceeded", anything for "unavailable" */
} usher_test;

/* usher_stage is what there was of the last call that usher_test_begin began. */
struct usher_stage {
  usher_test setting;
  usher_text input;  /* the envelope, for who calls the function of a hook */
  usher_buffer output;
  usher_text failure;
  struct {
    int32_t level;
    usher_text text;
  } lines[64];
  uint32_t line_count;
  usher_map entries;
  usher_metric metrics[USHER_MAX_METRICS];
  uint32_t metric_count;
  usher_span spans[USHER_MAX_SPANS];
  uint32_t span_count;

  uint32_t exchange;
  usher_text result;
  const char *name; /* of the test that runs */
  bool failed;
  struct usher_block *kept;
};

USHER_SHARED struct usher_stage usher_stage;

struct usher_case {
  const char *name;
  void (*run)(void);
  struct usher_case *before;
};

USHER_SHARED struct usher_case *usher_cases;

#define USHER_TEST(title)                                                                \
  static void usher_test_##title(void);                                                  \
  __attribute__((constructor)) static void usher_enlist_##title(void) {                  \
    static struct usher_case one = {#title, usher_test_##title, NULL};                   \
    one.before = usher_cases;                                                            \
    usher_cases = &one;                                                                  \
  }                                                                                      \
  static void usher_test_##title(void)

static inline void usher_wrong(const char *file, int line, const char *what, usher_text got) {
  usher_stage.failed = true;
  printf("%s:%d: %s: %s%s%.*s\n", file, line, usher_stage.name ? usher_stage.name : "", what, got.at ? ", got " : "", (int)got.len, got.at ? got.at : "");
}

/* USHER_EXPECT fails the test when the condition does not hold, USHER_EXPECT_TEXT when a text is not that string. */
#define USHER_EXPECT(condition) ((condition) ? (void)0 : usher_wrong(__FILE__, __LINE__, #condition, (usher_text){0}))
#define USHER_EXPECT_TEXT(got, want) usher_expect_text(__FILE__, __LINE__, (got), (want))

static inline void usher_expect_text(const char *file, int line, usher_text got, const char *want) {
  if (!usher_same(got, usher_text_of(want))) usher_wrong(file, line, want, got.at ? got : USHER_TEXT("nothing"));
}

/* usher_keep copies a text beyond the call. */
static inline usher_text usher_keep(usher_text t) {
  struct usher_block *block = malloc(sizeof *block + t.len + 1);
  if (!block) abort();
  block->before = usher_stage.kept;
  usher_stage.kept = block;
  char *place = (char *)(block + 1);
  if (t.len) memcpy(place, t.at, t.len);
  place[t.len] = 0;
  return (usher_text){place, t.len};
}

static inline void usher_test_end(void) {
  const uint32_t most = sizeof usher_stage.setting.http / sizeof *usher_stage.setting.http;
  for (; usher_stage.exchange < most; usher_stage.exchange++) {
    const usher_text url = usher_stage.setting.http[usher_stage.exchange].request.url;
    if (url.len) usher_wrong("usher.h", __LINE__, "this request was not made", url);
  }
}

/* usher_test_begin sets the stage for a call, and gives what its handler is told of it. */
static inline usher_call usher_test_begin(usher_test setting) {
  if (usher_stage.setting.http[0].request.url.len) usher_test_end();
  usher_forget();
  while (usher_stage.kept) {
    struct usher_block *before = usher_stage.kept->before;
    free(usher_stage.kept);
    usher_stage.kept = before;
  }
  free(usher_stage.output.at);
  usher_stage = (struct usher_stage){.setting = setting, .name = usher_stage.name, .failed = usher_stage.failed};
  for (size_t i = 0; i < sizeof setting.entries / sizeof *setting.entries && setting.entries[i].name; i++)
    usher_set(&usher_stage.entries, usher_text_of(setting.entries[i].name), usher_text_of(setting.entries[i].value));
  return (usher_call){
      .id = USHER_TEXT("test"), .run_id = USHER_TEXT("test"), .tenant = usher_text_of(setting.tenant),
      .actor = {.kind = USHER_TEXT("anonymous")}, .config = usher_text_of(setting.config ? setting.config : "{}"),
  };
}

/* usher_logged tells whether a line was logged. */
static inline bool usher_logged(const char *line) {
  for (uint32_t i = 0; i < usher_stage.line_count; i++)
    if (usher_same(usher_stage.lines[i].text, usher_text_of(line))) return true;
  return false;
}

static inline int usher_run_tests(void) {
  int failed = 0, all = 0;
  for (struct usher_case *c = usher_cases; c; c = c->before, all++) {
    usher_stage.name = c->name;
    usher_stage.failed = false;
    c->run();
    usher_test_end();
    (void)usher_test_begin((usher_test){0});
    failed += usher_stage.failed;
  }
  printf("%d tests, %d failed\n", all, failed);
  return failed > 0;
}

__attribute__((weak)) int main(void) { return usher_run_tests(); }

/* What the host lends. */

static inline uint32_t usher_input_len(void) { return usher_stage.input.len; }

static inline uint32_t usher_copy_out(usher_text from, void *dst, uint32_t off, uint32_t len) {
  const usher_text part = usher_cut(from, off, off + len);
  if (part.len) memcpy(dst, part.at, part.len);
  return part.len;
}

static inline uint32_t usher_input_read(void *dst, uint32_t off, uint32_t len) { return usher_copy_out(usher_stage.input, dst, off, len); }

static inline uint32_t usher_result_read(void *dst, uint32_t off, uint32_t len) { return usher_copy_out(usher_stage.result, dst, off, len); }

static inline int32_t usher_output_write(const void *src, uint32_t len) {
  usher_buffer *const b = &usher_stage.output;
  if (b->len + len > 256 << 10) return USHER_REFUSED;
  if (b->len + len > b->room) {
    b->room = (b->len + len) * 2;
    b->at = realloc(b->at, b->room);
    if (!b->at) abort();
  }
  if (len) memcpy(b->at + b->len, src, len);
  b->len += len;
  return (int32_t)len;
}

static inline void usher_log(int32_t level, const char *line, uint32_t len) {
  if (usher_stage.line_count == sizeof usher_stage.lines / sizeof *usher_stage.lines) return;
  usher_stage.lines[usher_stage.line_count].level = level;
  usher_stage.lines[usher_stage.line_count++].text = usher_keep((usher_text){line, len});
}

static inline void usher_fail(const char *reason, uint32_t len) { usher_stage.failure = usher_keep((usher_text){reason, len}); }

static inline int64_t usher_now_ms(void) { return usher_stage.setting.now_ms; }

static inline int64_t usher_deadline_ms(void) { return usher_stage.setting.now_ms + 100; }

/* natively, chance is anything but random */
static inline int32_t usher_random(void *dst, uint32_t len) {
  if (len > USHER_MAX_RANDOM) return USHER_REFUSED;
  for (uint32_t i = 0; i < len; i++) ((unsigned char *)dst)[i] = (unsigned char)i;
  return (int32_t)len;
}

static inline usher_result usher_give(enum usher_status status, const usher_buffer *answer) {
  usher_stage.result = usher_keep(usher_written(answer));
  return (usher_result)status << 32 | answer->len;
}

static inline usher_result usher_refuse(enum usher_status status, const char *reason) {
  usher_buffer b = {0};
  usher_put_refusal(&b, &(usher_refusal){.reason = usher_text_of(reason)});
  return usher_give(status, &b);
}

static inline usher_text usher_secret(usher_text name) {
  for (size_t i = 0; i < sizeof usher_stage.setting.secrets / sizeof *usher_stage.setting.secrets; i++)
    if (usher_stage.setting.secrets[i].name && usher_same(name, usher_text_of(usher_stage.setting.secrets[i].name)))
      return usher_text_of(usher_stage.setting.secrets[i].value);
  return (usher_text){0};
}

static inline bool usher_differs(usher_text want, usher_text got) { return want.len > 0 && !usher_same(want, got); }

static inline bool usher_is_wanted(const usher_http_request *want, const usher_http_request *got) {
  if (usher_differs(want->method, got->method) || usher_differs(want->url, got->url) || usher_differs(want->body, got->body)) return false;
  for (uint32_t i = 0; i < want->headers.len; i++)
    if (!usher_same(want->headers.at[i].value, usher_get(got->headers, want->headers.at[i].name))) return false;
  if (!want->auth) return true;
  return got->auth && usher_same(want->auth->secret, got->auth->secret) && usher_same(want->auth->header, got->auth->header) &&
         usher_same(want->auth->prefix, got->auth->prefix) && usher_same(want->auth->basic_user, got->auth->basic_user);
}

static inline usher_result usher_http_fetch(const char *request, uint32_t len) {
  usher_reader r = usher_read((usher_text){request, len});
  usher_http_request got;
  usher_read_http_request(&r, &got);
  if (got.auth && !usher_secret(got.auth->secret).at) return usher_refuse(USHER_STATUS_DENIED, "not_granted");
  const uint32_t n = usher_stage.exchange;
  if (n == sizeof usher_stage.setting.http / sizeof *usher_stage.setting.http || !usher_stage.setting.http[n].request.url.len ||
      !usher_is_wanted(&usher_stage.setting.http[n].request, &got)) {
    usher_wrong("usher.h", __LINE__, "this request is not expected", (usher_text){request, len});
    return usher_refuse(USHER_STATUS_FAILED, "broken_exchange");
  }
  usher_stage.exchange++;
  if (usher_stage.setting.http[n].refused) return usher_refuse(USHER_STATUS_FAILED, usher_stage.setting.http[n].refused);
  usher_buffer b = {0};
  usher_put_http_response(&b, &usher_stage.setting.http[n].response);
  return usher_give(USHER_STATUS_OK, &b);
}

static inline bool usher_store_refuses(const char *reason) {
  return usher_stage.setting.kv_refused && usher_same(usher_text_of(usher_stage.setting.kv_refused), usher_text_of(reason));
}

static inline usher_result usher_kv_get(const char *request, uint32_t len) {
  if (usher_store_refuses("unavailable")) return usher_refuse(USHER_STATUS_FAILED, "unavailable");
  usher_reader r = usher_read((usher_text){request, len});
  usher_kv_key key;
  usher_read_kv_key(&r, &key);
  const usher_text value = usher_get(usher_stage.entries, key.key);
  if (!value.at) return usher_refuse(USHER_STATUS_NOT_FOUND, "not_found");
  usher_buffer b = {0};
  usher_put_kv_value(&b, &(usher_kv_value){.value = value, .expires_at = USHER_TEXT("2100-01-01T00:00:00Z")});
  return usher_give(USHER_STATUS_OK, &b);
}

static inline usher_result usher_kv_put(const char *request, uint32_t len) {
  usher_reader r = usher_read((usher_text){request, len});
  usher_kv_entry e;
  usher_read_kv_entry(&r, &e);
  if (e.key.len == 0 || e.key.len > USHER_MAX_KV_KEY || e.value.len > USHER_MAX_KV_VALUE || e.ttl_s < 0 || e.ttl_s > USHER_MAX_KV_TTL)
    return usher_refuse(USHER_STATUS_INVALID, "malformed");
  if (usher_store_refuses("unavailable")) return usher_refuse(USHER_STATUS_FAILED, "unavailable");
  if (usher_store_refuses("quota_exceeded")) return usher_refuse(USHER_STATUS_OVER, "quota_exceeded");
  usher_set(&usher_stage.entries, usher_keep(e.key), usher_keep(e.value));
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_kv_delete(const char *request, uint32_t len) {
  if (usher_store_refuses("unavailable")) return usher_refuse(USHER_STATUS_FAILED, "unavailable");
  usher_reader r = usher_read((usher_text){request, len});
  usher_kv_key key;
  usher_read_kv_key(&r, &key);
  usher_map *const all = &usher_stage.entries;
  for (uint32_t i = 0; i < all->len; i++)
    if (usher_same(all->at[i].name, key.key)) all->at[i] = all->at[--all->len];
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_telemetry_metric(const char *request, uint32_t len) {
  if (usher_stage.metric_count == USHER_MAX_METRICS) return usher_refuse(USHER_STATUS_OVER, "too_many_reports");
  usher_reader r = usher_read(usher_keep((usher_text){request, len}));
  usher_read_metric(&r, &usher_stage.metrics[usher_stage.metric_count++]);
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_telemetry_span_start(const char *request, uint32_t len) {
  if (usher_stage.span_count == USHER_MAX_SPANS) return usher_refuse(USHER_STATUS_OVER, "too_many_reports");
  usher_reader r = usher_read(usher_keep((usher_text){request, len}));
  usher_read_span(&r, &usher_stage.spans[usher_stage.span_count++]);
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_telemetry_span_end(const char *request, uint32_t len) {
  (void)request, (void)len;
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104). */

static inline uint32_t usher_turn(uint32_t v, int n) { return v >> n | v << (32 - n); }

static inline void usher_sha256_block(uint32_t *h, const unsigned char *p) {
  static const uint32_t k[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
      0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
      0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
      0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
      0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
      0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[i * 4] << 24 | (uint32_t)p[i * 4 + 1] << 16 | (uint32_t)p[i * 4 + 2] << 8 | p[i * 4 + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + (usher_turn(w[i - 15], 7) ^ usher_turn(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
           (usher_turn(w[i - 2], 17) ^ usher_turn(w[i - 2], 19) ^ w[i - 2] >> 10);
  memcpy(s, h, sizeof s);
  for (int i = 0; i < 64; i++) {
    const uint32_t a = s[7] + (usher_turn(s[4], 6) ^ usher_turn(s[4], 11) ^ usher_turn(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
    const uint32_t b = (usher_turn(s[0], 2) ^ usher_turn(s[0], 13) ^ usher_turn(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += a;
    s[0] = a + b;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

/* usher_sha256 digests a block of 64 bytes and then a text. */
static inline void usher_sha256(const unsigned char *first, usher_text then, unsigned char *digest) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  unsigned char block[64];
  uint32_t off = 0;
  if (first) usher_sha256_block(h, first);
  for (; then.len - off >= 64; off += 64) usher_sha256_block(h, (const unsigned char *)then.at + off);
  const uint32_t rest = then.len - off;
  const uint64_t bits = ((uint64_t)then.len + (first ? 64 : 0)) * 8;
  memset(block, 0, sizeof block);
  if (rest) memcpy(block, then.at + off, rest);
  block[rest] = 0x80;
  if (rest >= 56) {
    usher_sha256_block(h, block);
    memset(block, 0, sizeof block);
  }
  for (int i = 0; i < 8; i++) block[63 - i] = (unsigned char)(bits >> (8 * i));
  usher_sha256_block(h, block);
  for (int i = 0; i < 32; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - i % 4 * 8));
}

/* usher_test_hmac is the HMAC-SHA-256 in hexadecimal that the host gives for a message under this value of a secret. */
static inline usher_text usher_test_hmac(usher_text secret, usher_text message) {
  unsigned char key[64] = {0}, block[64], digest[32];
  if (secret.len > sizeof key)
    usher_sha256(NULL, secret, key);
  else if (secret.len)
    memcpy(key, secret.at, secret.len);
  for (int i = 0; i < 64; i++) block[i] = key[i] ^ 0x36;
  usher_sha256(block, message, digest);
  for (int i = 0; i < 64; i++) block[i] = key[i] ^ 0x5c;
  usher_sha256(block, (usher_text){(const char *)digest, sizeof digest}, digest);
  usher_buffer b = {0};
  for (size_t i = 0; i < sizeof digest; i++) usher_put(&b, (usher_text){(const char[]){"0123456789abcdef"[digest[i] >> 4], "0123456789abcdef"[digest[i] & 15]}, 2});
  return usher_written(&b);
}

static inline usher_result usher_secret_hmac(const char *request, uint32_t len) {
  usher_reader r = usher_read((usher_text){request, len});
  usher_hmac_request q;
  usher_read_hmac_request(&r, &q);
  const usher_text secret = usher_secret(q.secret);
  if (!secret.at) return usher_refuse(USHER_STATUS_DENIED, "not_granted");
  const usher_text mac = usher_test_hmac(secret, q.message);
  usher_hmac_result result = {.hmac = mac};
  if (q.expect.len) result = (usher_hmac_result){.equal = usher_same(mac, q.expect)};
  usher_buffer b = {0};
  usher_put_hmac_result(&b, &result);
  return usher_give(USHER_STATUS_OK, &b);
}

#endif
