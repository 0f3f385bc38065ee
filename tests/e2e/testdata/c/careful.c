/*
 * A guest that asks the host while it decides: it keeps an entry for each address that signs up, and has another system
 * make an account for each tenant. As the strict one it turns a domain away and says who that was; as the curious one it
 * asks for other entries.
 */
#include <usher.h>

#ifdef CURIOUS
#define PREFIX "met:"
#else
#define PREFIX "seen:"
#endif

static char input[1 << 16], out[1 << 16];
static uint32_t written;

static uint32_t length(const char *s) {
  uint32_t n = 0;
  while (s[n]) n++;
  return n;
}

static void add(const char *s, uint32_t n) {
  for (uint32_t i = 0; i < n && written + 1 < sizeof out; i++) out[written++] = s[i];
}

static void say(const char *s) { add(s, length(s)); }

/* value finds the text of a member, as it stands there. */
static const char *value(const char *name, uint32_t *n) {
  uint32_t len = length(name);
  for (const char *p = input; *p; p++) {
    uint32_t i = 0;
    while (i < len && p[i] == name[i]) i++;
    if (i < len) continue;
    p += len;
    for (*n = 0; p[*n] && p[*n] != '"';) ++*n;
    return p;
  }
  *n = 0;
  return input;
}

static void add_value(const char *name) {
  uint32_t n;
  const char *v = value(name, &n);
  add(v, n);
}

static int is(const char *name, const char *want) {
  uint32_t n;
  const char *v = value(name, &n);
  if (n != length(want)) return 0;
  for (uint32_t i = 0; i < n; i++)
    if (v[i] != want[i]) return 0;
  return 1;
}

static void begin(void) {
  input[usher_input_read(input, 0, sizeof input - 1)] = 0;
  written = 0;
}

static int32_t answer(void) { return usher_output_write(out, written) < 0 ? USHER_FAILED : USHER_OK; }

USHER_HOOK(signup_validate) {
  begin();
  say("{\"key\":\"" PREFIX);
  add_value("\"email\":\"");
  say("\"}");
  usher_result known = usher_kv_get(out, written);
  if (usher_status_of(known) == USHER_STATUS_NOT_FOUND) {
    written--;
    say(",\"value\":\"first seen as ");
    add_value("\"organization_name\":\"");
    say("\"}");
    usher_kv_put(out, written);
  }
  written = 0;
#ifdef STRICT
  if (is("\"email_domain\":\"", "rival.example")) {
    say("{\"outcome\":\"deny\",\"errors\":[{\"field\":\"email\",\"code\":\"rival\",\"message\":\"Not for ");
    add_value("\"email\":\"");
    say("\"}]}");
    return answer();
  }
#endif
  (void)is;
  say("{\"outcome\":\"continue\"}");
  return answer();
}

USHER_HOOK(tenant_provision) {
  begin();
  say("{\"method\":\"POST\",\"url\":\"");
  add_value("\"base\":\"");
  say("/accounts\",\"headers\":{\"x-key\":\"");
  add_value("\"key\":\"");
  say("\"},\"body\":\"{\\\"name\\\":\\\"");
  add_value("\"name\":\"");
  say("\\\"}\"}");
  usher_result r = usher_http_fetch(out, written);
  if (usher_status_of(r) != USHER_STATUS_OK) {
    usher_fail("no account", 10);
    return USHER_FAILED;
  }
  uint32_t n = usher_length_of(r);
  usher_result_read(input, 0, n < sizeof input - 1 ? n : sizeof input - 1);
  input[n < sizeof input - 1 ? n : sizeof input - 1] = 0;
  written = 0;
  say("{\"outcome\":\"continue\",\"data\":{\"references\":{\"state\":\"");
  add_value("\\\"state\\\":\\\"");
  if (out[written - 1] == '\\') written--;
  say("\"}}}");
  return answer();
}
