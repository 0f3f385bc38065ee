/* The header, tested natively. */
#include <usher.h>

#include "other.h"

#define T USHER_TEXT

USHER_TEST(texts) {
  const usher_text t = T("acme.example");
  USHER_EXPECT(usher_is(t, "acme.example") && !usher_is(t, "acme.exampl") && !usher_is(t, "Acme.example"));
  USHER_EXPECT(usher_same(t, usher_text_of("acme.example")) && !usher_same(t, T("acme.examplf")) && usher_same((usher_text){0}, T("")));
  USHER_EXPECT(usher_begins(t, T("acme")) && usher_ends(t, T(".example")) && !usher_ends(T("e"), t) && usher_begins(t, T("")));
  USHER_EXPECT(usher_find(t, T("example")) == 5 && usher_find(t, T("x.")) == USHER_NOT_FOUND && usher_find(T("a"), t) == USHER_NOT_FOUND);
  USHER_EXPECT_TEXT(usher_cut(t, 5, 99), "example");
  USHER_EXPECT_TEXT(usher_cut(t, 99, 3), "");
  USHER_EXPECT_TEXT(usher_join(T("a"), (usher_text){0}, T("b")), "ab");
  USHER_EXPECT_TEXT(usher_replace(T("{a}-{a}{b}"), T("{a}"), T("{a}x")), "{a}x-{a}x{b}");
  USHER_EXPECT_TEXT(usher_html(T("<a href=\"x\">'&'</a>ü")), "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;ü");
  USHER_EXPECT_TEXT(usher_url(T("a b+c/~é")), "a%20b%2Bc%2F~%C3%A9");
}

USHER_TEST(lists_and_maps) {
  usher_texts list = usher_texts_of(T("a"), T("b"));
  for (int i = 0; i < 100; i++) usher_add(&list, usher_number(i));
  USHER_EXPECT(list.len == 102);
  USHER_EXPECT_TEXT(list.at[1], "b");
  USHER_EXPECT_TEXT(list.at[101], "99");
  usher_map m = USHER_NO_ENTRIES;
  usher_set(&m, T("a"), T("1"));
  usher_set(&m, T("b"), T("2"));
  usher_set(&m, T("a"), T("3"));
  USHER_EXPECT(m.len == 2 && usher_no_entry.name.at == NULL);
  USHER_EXPECT_TEXT(usher_get(m, T("a")), "3");
  USHER_EXPECT(usher_get(m, T("c")).at == NULL);
}

static usher_text number_of(double v) {
  usher_buffer b = {0};
  usher_put_float(&b, v);
  return usher_written(&b);
}

USHER_TEST(numbers) {
  USHER_EXPECT_TEXT(usher_number(INT64_MIN), "-9223372036854775808");
  USHER_EXPECT_TEXT(usher_number(0), "0");
  USHER_EXPECT_TEXT(number_of(-3), "-3");
  USHER_EXPECT_TEXT(number_of(0.1), "1e-1");
  USHER_EXPECT_TEXT(number_of(1234.5678), "1.2345678e3");
  USHER_EXPECT_TEXT(number_of(9.99999999999999999e22), "1e23");
  USHER_EXPECT_TEXT(number_of(-1e-300), "-1e-300");
  USHER_EXPECT_TEXT(number_of(1.7976931348623157e308 * 10), "null");
  static const struct {
    const char *json;
    int64_t want;
    bool bad;
  } whole[] = {{"0", 0, false}, {"-0", 0, false}, {" 42 ", 42, false}, {"null", 0, false}, {"9223372036854775807", INT64_MAX, false},
               {"-9223372036854775808", INT64_MIN, false}, {"9223372036854775808", 0, true}, {"01", 0, true}, {"-", 0, true}, {"", 0, true},
               {"99999999999999999999", 0, true}, {"x", 0, true}};
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
    usher_reader r = usher_read(usher_text_of(whole[i].json));
    USHER_EXPECT(usher_read_number(&r) == whole[i].want);
    USHER_EXPECT(r.bad == whole[i].bad);
  }
  usher_reader r = usher_read(T("-12.5e-1"));
  USHER_EXPECT(usher_read_float(&r) == -1.25 && usher_ended(&r));
}

/* in_json writes a text and reads it again. */
static usher_text in_json(usher_text t) {
  usher_buffer b = {0};
  usher_put_json(&b, t);
  return usher_written(&b);
}

USHER_TEST(strings) {
  USHER_EXPECT_TEXT(in_json(T("a\"\\/\b\n\r\t\x01\x7fü😀")), "\"a\\\"\\\\/\\u0008\\n\\r\\t\\u0001\x7fü😀\"");
  USHER_EXPECT_TEXT(in_json(T("a long text that is plain\xff and \xc3 and \xed\xa0\x80 and é")), "\"a long text that is plain\xef\xbf\xbd and \xef\xbf\xbd and \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd and é\"");
  USHER_EXPECT_TEXT(in_json((usher_text){0}), "\"\"");
  static const struct {
    const char *json, *want;
  } read[] = {{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\/\b\f\n\r\té"}, {"\"\\ud83d\\ude00\"", "😀"}, {"\"\\ud83dx\\ude00\"", "\xef\xbf\xbdx\xef\xbf\xbd"},
              {"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd😀"}, {"null", ""}, {"\"\"", ""}, {"\"0123456789abcdef\\n0123456789\"", "0123456789abcdef\n0123456789"}};
  for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
    const usher_text json = usher_text_of(read[i].json);
    usher_reader kept = usher_read(json);
    USHER_EXPECT_TEXT(usher_read_text(&kept), read[i].want);
    USHER_EXPECT(usher_ended(&kept));
    usher_reader owned = usher_read(usher_join(json));
    owned.own = true;
    USHER_EXPECT_TEXT(usher_read_text(&owned), read[i].want);
    USHER_EXPECT(usher_ended(&owned));
  }
  static const char *const broken[] = {"\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "\"a\\", "a", "'a'"};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    usher_reader r = usher_read(usher_text_of(broken[i]));
    USHER_EXPECT(usher_read_text(&r).len == 0 && r.bad);
    usher_reader skip = usher_read(usher_text_of(broken[i]));
    usher_skip(&skip);
    USHER_EXPECT(skip.bad);
  }
}

USHER_TEST(what_is_skipped) {
  static const struct {
    const char *json;
    bool good;
  } values[] = {{"0", true}, {"-0.5e+3", true}, {"01", false}, {"1.", false}, {".5", false}, {"1e", false}, {"+1", false}, {"true", true}, {"tru", false},
                {"[]", true}, {"[1,]", false}, {"[,]", false}, {"[1 2]", false}, {"{}", true}, {"{\"a\"}", false}, {"{\"a\":1,}", false}, {"{1:2}", false},
                {"[[[{\"a\":[]}]]]", true}, {"[}", false}, {"{]", false}, {" {\"a\" : [ { } , null ] } ", true}, {"[{\"a\":[1,{\"b\":\"]}\"}]},2]", true}};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    usher_reader r = usher_read(usher_text_of(values[i].json));
    usher_skip(&r);
    if (usher_ended(&r) != values[i].good) USHER_EXPECT_TEXT(usher_text_of(values[i].json), "judged otherwise");
  }
  for (int depth = USHER_DEPTH; depth <= USHER_DEPTH + 1; depth++) {
    usher_buffer b = {0};
    for (int i = 0; i < depth; i++) usher_put_byte(&b, '[');
    for (int i = 0; i < depth; i++) usher_put_byte(&b, ']');
    usher_reader r = usher_read(usher_written(&b));
    usher_skip(&r);
    USHER_EXPECT(r.bad == (depth > USHER_DEPTH));
  }
}

USHER_TEST(single_values) {
  const usher_text value = T(" {\"a\": {\"b\": \"c\\u00e9\", \"n\": -1.5e3, \"t\": true, \"z\": null, \"l\": [\"x\", {\"y\": [2]}]}, \"b\": \"first\", \"b\": \"second\"} ");
  USHER_EXPECT_TEXT(usher_json_text(value, "a", "b"), "cé");
  USHER_EXPECT_TEXT(usher_json_text(value, "a", "n"), "-1.5e3");
  USHER_EXPECT_TEXT(usher_json_text(value, "b"), "first");
  USHER_EXPECT(usher_json_text(value, "a", "z").at == NULL && usher_json_text(value, "a", "x", "y").at == NULL && usher_json_text(value, "a").at == NULL);
  USHER_EXPECT_TEXT(usher_json_raw(value, "a", "l"), "[\"x\", {\"y\": [2]}]");
  const usher_texts list = usher_json_elements(usher_json_raw(value, "a", "l"));
  USHER_EXPECT(list.len == 2 && usher_is(list.at[1], "{\"y\": [2]}"));
  USHER_EXPECT(usher_json_elements(T("[1")).len <= 1 && usher_json_text(T(""), "a").at == NULL);
}

USHER_TEST(settings) {
  const usher_call call = usher_test_begin((usher_test){.config = "{\"t\":\"\\u0061\",\"l\":[\"b\",null],\"m\":{\"k\":\"v\"},\"f\":true,\"n\":-7}"});
  for (int twice = 0; twice < 2; twice++) USHER_EXPECT_TEXT(usher_config_text(&call, "t", T("none")), "a");
  USHER_EXPECT_TEXT(usher_config_text(&call, "x", T("none")), "none");
  USHER_EXPECT(usher_config_texts(&call, "l", (usher_texts){0}).len == 2 && usher_config_texts(&call, "x", usher_texts_of(T("y"))).len == 1);
  USHER_EXPECT_TEXT(usher_get(usher_config_map(&call, "m", (usher_map){0}), T("k")), "v");
  USHER_EXPECT(usher_config_flag(&call, "f", false) && usher_config_flag(&call, "x", true));
  USHER_EXPECT(usher_config_number(&call, "n", 1) == -7 && usher_config_number(&call, "x", 1) == 1);
}

USHER_TEST(capabilities) {
  const usher_call call = usher_test_begin((usher_test){.entries = {{"old", "1"}}, .secrets = {{"key", "Jefe"}}});
  (void)call;
  usher_text value;
  USHER_EXPECT(usher_entry_put(T("new"), T("2"), 60).status == 0);
  USHER_EXPECT(usher_entry_get(T("new"), &value).status == 0);
  USHER_EXPECT_TEXT(value, "2");
  USHER_EXPECT(usher_entry_delete(T("old")).status == 0 && usher_entry_get(T("old"), &value).status == 0 && value.at == NULL);
  const usher_refused r = usher_entry_put(T(""), T("2"), 60);
  USHER_EXPECT(r.status == USHER_STATUS_INVALID && !usher_temporary(r));
  USHER_EXPECT_TEXT(usher_refused_text(r), "usher:kv/v1.put: malformed");
  /* RFC 4231, case 2 */
  bool genuine;
  USHER_EXPECT(usher_hmac(T("key"), T("what do ya want for nothing?"), &value).status == 0);
  USHER_EXPECT_TEXT(value, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  USHER_EXPECT(usher_verify(T("key"), T("what do ya want for nothing?"), value, &genuine).status == 0 && genuine);
  USHER_EXPECT(usher_verify(T("key"), T("m"), T(""), &genuine).status == 0 && !genuine);
  USHER_EXPECT(usher_hmac(T("other"), T("m"), &value).status == USHER_STATUS_DENIED);
  /* RFC 4231, case 6: a key that is longer than a block */
  char key[131];
  for (size_t i = 0; i < sizeof key; i++) key[i] = (char)0xaa;
  USHER_EXPECT_TEXT(usher_test_hmac((usher_text){key, sizeof key}, T("Test Using Larger Than Block-Size Key - Hash Key First")),
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  USHER_EXPECT(usher_count(T("calls"), 1.5, usher_map_of({T("kind"), T("a")})).status == 0);
  USHER_EXPECT(usher_stage.metric_count == 1 && usher_stage.metrics[0].value == 1.5 && usher_stage.metrics[0].kind.is == USHER_METRIC_KIND_COUNTER);
  USHER_EXPECT(usher_span_begin(T("s"), (usher_map){0}).status == 0 && usher_span_close(true).status == 0);
  USHER_EXPECT_TEXT(usher_stage.spans[0].name, "s");
  unsigned char bytes[USHER_MAX_RANDOM + 1];
  USHER_EXPECT(usher_random(bytes, sizeof bytes) == USHER_REFUSED && usher_random(bytes, 8) == 8);
}

/* The function of a hook is called natively as the host would. */
USHER_TEST(trouble) {
  const usher_http_request request = {.method = T("GET"), .url = T("https://a.example")};
  (void)usher_test_begin((usher_test){.http = {{.request = request, .refused = "unreachable"}}, .kv_refused = "quota_exceeded"});
  usher_http_response response;
  const usher_refused none = usher_fetch(&request, &response);
  USHER_EXPECT(none.status == USHER_STATUS_FAILED && usher_is(none.reason, "unreachable"));
  usher_text value;
  USHER_EXPECT(usher_entry_get(T("k"), &value).status == 0);
  USHER_EXPECT(usher_entry_put(T("k"), T("v"), 60).status == USHER_STATUS_OVER);
  (void)usher_test_begin((usher_test){.kv_refused = "unavailable"});
  USHER_EXPECT(usher_entry_get(T("k"), &value).status == USHER_STATUS_FAILED);
}

USHER_TEST(the_whole_border) {
  usher_test_begin((usher_test){0});
  usher_stage.input = T("{\"hook\":\"signup.validate\",\"data\":{\"slug\":\"a\\u0063me\",\"x\":[1],\"metadata\":{\"k\":\"v\"}}}");
  USHER_EXPECT(usher_hook_signup_validate() == USHER_OK);
  USHER_EXPECT_TEXT(usher_written(&usher_stage.output),
                    "{\"outcome\":\"deny\",\"data\":{},\"errors\":[{\"field\":\"slug\",\"code\":\"taken\",\"message\":\"acme is taken\"}]}");
  usher_test_begin((usher_test){0});
  usher_stage.input = T("{\"hook\":\"signup.validate\",\"data\":{\"slug\":\"a\"}");
  USHER_EXPECT(usher_hook_signup_validate() == USHER_FAILED);
  USHER_EXPECT_TEXT(usher_stage.failure, "the envelope is not readable");
  usher_test_begin((usher_test){0});
  usher_stage.input = T("{\"hook\":\"password.check\",\"data\":{}}");
  USHER_EXPECT(usher_hook_signup_validate() == USHER_FAILED);
  USHER_EXPECT_TEXT(usher_stage.failure, "the plugin of signup.validate was asked password.check; see its exports");
}
