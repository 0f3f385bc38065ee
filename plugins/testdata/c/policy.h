/*
 * The rules of plugins/bundled/company-domain for a signup in C, but for blocked_domains: who signs up with the address of a
 * free mail service is refused.
 * It knows no host, so that what carries it can be compared.
 */
#ifndef POLICY_H
#define POLICY_H

#include "json.h"

/* What policy_check found. */
enum verdict { UNREADABLE, OTHER_HOOK, ACCEPTED, DENIED, DENIED_IN_GERMAN };

#define ANSWER_ACCEPTED "{\"outcome\":\"continue\",\"data\":{}}"
#define ANSWER_DENIED(message)                                                                                 \
  "{\"outcome\":\"deny\",\"data\":{},\"errors\":[{\"field\":\"email\",\"code\":\"company_email_required\","   \
  "\"message\":\"" message "\"}]}"
#define IN_ENGLISH "Please sign up with your company e-mail address."
#define IN_GERMAN "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an."

#define LITERAL(s) {(const uint8_t *)(s), sizeof(s) - 1}

static const struct text free_mail[] = {
    LITERAL("gmail.com"), LITERAL("googlemail.com"), LITERAL("outlook.com"), LITERAL("hotmail.com"), LITERAL("live.com"),
    LITERAL("yahoo.com"), LITERAL("icloud.com"),     LITERAL("me.com"),      LITERAL("aol.com"),     LITERAL("gmx.de"),
    LITERAL("gmx.net"),   LITERAL("web.de"),         LITERAL("proton.me"),   LITERAL("protonmail.com"),
    LITERAL("mail.com"),  LITERAL("yandex.com"),
};

/* What a question says; the lists are where they begin, or null. */
struct question {
  struct text hook, domain, locale;
  uint8_t *config, *allowed, *refused;
};

/* covers tells whether a domain is in the other or the other itself. */
static bool covers(struct text parent, struct text domain) {
  if (parent.len > domain.len) return false;
  const uint32_t cut = domain.len - parent.len;
  if (!json_same(domain.at + cut, parent.at, parent.len)) return false;
  return cut == 0 || (parent.len > 0 && domain.at[cut - 1] == '.');
}

static bool listed(struct json *j, uint8_t *list, struct text domain) {
  struct json walk = {list, j->end, {0}, false};
  for (bool more = json_array(&walk); more; more = json_element(&walk))
    if (covers(json_string(&walk), domain)) return !walk.bad;
  j->bad |= walk.bad;
  return false;
}

static void read_metadata(struct json *j) {
  for (bool more = json_object(j); more; more = json_member(j)) json_string(j);
}

static void read_data(struct json *j, struct question *q) {
  for (bool more = json_object(j); more; more = json_member(j)) {
    if (json_is(j->name, "email_domain"))
      q->domain = json_string(j);
    else if (json_is(j->name, "locale"))
      q->locale = json_string(j);
    else if (json_is(j->name, "email") || json_is(j->name, "organization_name") || json_is(j->name, "slug") ||
             json_is(j->name, "display_name"))
      json_string(j);
    else if (json_is(j->name, "metadata"))
      read_metadata(j);
    else
      json_skip(j);
  }
}

static void read_config(struct json *j, struct question *q) {
  if (!q->config) return;
  struct json walk = {q->config, j->end, {0}, false};
  for (bool more = json_object(&walk); more; more = json_member(&walk)) {
    json_space(&walk);
    if (json_is(walk.name, "allowed_domains"))
      q->allowed = walk.at;
    else if (json_is(walk.name, "free_mail_domains"))
      q->refused = walk.at;
    json_skip(&walk);
  }
  j->bad |= walk.bad;
}

static void read_question(struct json *j, struct question *q) {
  for (bool more = json_object(j); more; more = json_member(j)) {
    if (json_is(j->name, "hook"))
      q->hook = json_string(j);
    else if (json_is(j->name, "config")) {
      json_space(j);
      q->config = j->at;
      json_skip(j);
    } else if (json_is(j->name, "data"))
      read_data(j, q);
    else
      json_skip(j);
  }
}

static bool is_free_mail(struct json *j, const struct question *q) {
  if (q->refused) return listed(j, q->refused, q->domain);
  for (uint32_t i = 0; i < sizeof(free_mail) / sizeof(free_mail[0]); i++)
    if (covers(free_mail[i], q->domain)) return true;
  return false;
}

/* policy_check judges an envelope, whose bytes it changes. */
static enum verdict policy_check(uint8_t *envelope, uint32_t len) {
  struct json j = {envelope, envelope + len, {0}, false};
  struct question q = {0};
  read_question(&j, &q);
  if (!json_ended(&j)) return UNREADABLE;
  read_config(&j, &q);
  if (!json_is(q.hook, "signup.validate")) return OTHER_HOOK;
  const bool refused = !(q.allowed && listed(&j, q.allowed, q.domain)) && is_free_mail(&j, &q);
  if (j.bad) return UNREADABLE;
  if (!refused) return ACCEPTED;
  return q.locale.len >= 2 && q.locale.at[0] == 'd' && q.locale.at[1] == 'e' ? DENIED_IN_GERMAN : DENIED;
}

#endif
