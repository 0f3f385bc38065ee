#include "letter/letter.h"

static bool has(usher_text t, const char *part) { return usher_find(t, usher_text_of(part)) != USHER_NOT_FOUND; }

static usher_message_render_answer ask(const char *config, usher_message_render message) {
  const usher_call call = usher_test_begin((usher_test){.config = config});
  return write_letter(&call, &message);
}

USHER_TEST(every_kind_in_both_languages) {
  static const char *const kinds[] = {"owner_verification", "invitation", "existing_account", "sign_in", "password_reset"};
  static const char *const locales[][2] = {{"en", "Hello Ada,"}, {"", "Hello Ada,"}, {"den", "Hello Ada,"}, {"de", "Hallo Ada,"}, {"de-CH", "Hallo Ada,"}};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (size_t l = 0; l < sizeof locales / sizeof *locales; l++) {
      const usher_rendered_message mail = ask("{}", (usher_message_render){
          .kind = usher_message_kind_of(usher_text_of(kinds[k])), .locale = usher_text_of(locales[l][0]), .tenant = {.name = USHER_TEXT("Acme")},
          .recipient_name = USHER_TEXT("Ada"), .inviter_name = USHER_TEXT("Grace"), .link = USHER_TEXT("https://link.usher.invalid/"),
          .expires_at = USHER_TEXT("2030-01-02T15:04:05Z"),
      }).data;
      USHER_EXPECT(mail.subject.len > 0 && !has(mail.subject, "{") && !has(mail.html, "{tenant}") && !has(mail.text, "{inviter}"));
      USHER_EXPECT(has(mail.html, locales[l][1]) && has(mail.text, locales[l][1]));
      USHER_EXPECT(has(mail.html, "https://link.usher.invalid/") && has(mail.text, "https://link.usher.invalid/") && has(mail.text, "15:04"));
    }
}

USHER_TEST(names_are_harmless) {
  const usher_rendered_message mail = ask("{}", (usher_message_render){
      .kind = {USHER_MESSAGE_KIND_INVITATION, {0}}, .tenant = {.name = USHER_TEXT("A\r\nBcc: x & <b>Sons</b>")},
      .recipient_name = USHER_TEXT("<script>"), .inviter_name = USHER_TEXT("{tenant}"), .link = USHER_TEXT("https://link.usher.invalid/"),
  }).data;
  USHER_EXPECT(!has(mail.subject, "\n") && has(mail.subject, "{tenant} invites"));
  USHER_EXPECT(!has(mail.html, "<script>") && !has(mail.html, "<b>Sons") && has(mail.text, "<script>"));
}

USHER_TEST(the_operator_has_a_colour) {
  const usher_message_render mail = {.kind = {USHER_MESSAGE_KIND_SIGN_IN, {0}}, .link = USHER_TEXT("https://link.usher.invalid/")};
  USHER_EXPECT(has(ask("{\"accent_color\":\"#0a7d4f\"}", mail).data.html, "background:#0a7d4f"));
  USHER_EXPECT(has(ask("{\"accent_color\":\"red;x:expr(1)\"}", mail).data.html, "background:#4f46e5"));
}

USHER_TEST(without_a_link) {
  const usher_rendered_message mail = ask("{}", (usher_message_render){.kind = {USHER_MESSAGE_KIND_EXISTING_ACCOUNT, {0}}, .locale = USHER_TEXT("de")}).data;
  USHER_EXPECT(!has(mail.html, "href") && !has(mail.text, "http") && usher_begins(mail.text, USHER_TEXT("Hallo,\n")));
}

USHER_TEST(an_unknown_kind) {
  USHER_EXPECT_TEXT(ask("{}", (usher_message_render){.kind = usher_message_kind_of(USHER_TEXT("greeting"))}).failure, "unknown kind of mail");
}
