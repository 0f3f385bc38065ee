/* Tests that fail, each in its way. */
#include <usher.h>

USHER_TEST(a_condition) { USHER_EXPECT(1 > 2); }

USHER_TEST(a_text) { USHER_EXPECT_TEXT(USHER_TEXT("got"), "want"); }

USHER_TEST(a_request_too_few) {
  usher_test_begin((usher_test){.http = {{.request = {.url = USHER_TEXT("https://a.example/")}}}});
}

USHER_TEST(a_request_too_many) {
  usher_http_response response;
  usher_test_begin((usher_test){0});
  usher_fetch(&(usher_http_request){.url = USHER_TEXT("https://b.example/")}, &response);
}
