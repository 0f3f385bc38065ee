#include "letter/letter.h"

/* one_line turns control characters into spaces: a name must not begin a line of its own, in a mail's header least of all. */
static usher_text one_line(usher_text t) {
  usher_buffer b = {0};
  for (uint32_t i = 0; i < t.len; i++) {
    const unsigned char c = (unsigned char)t.at[i];
    usher_put_byte(&b, c < 0x20 || c == 0x7f ? ' ' : (char)c);
  }
  return usher_written(&b);
}

/* fill puts the names of a message into a sentence. */
static usher_text fill(usher_text sentence, const usher_message_render *m) {
  const usher_text tenant = USHER_TEXT("{tenant}"), inviter = USHER_TEXT("{inviter}");
  usher_buffer b = {0};
  while (sentence.len > 0) {
    const usher_text mark = usher_begins(sentence, tenant) ? tenant : usher_begins(sentence, inviter) ? inviter : (usher_text){0};
    if (mark.len > 0)
      usher_put(&b, one_line(usher_same(mark, tenant) ? m->tenant.name : m->inviter_name));
    else
      usher_put_byte(&b, *sentence.at);
    sentence = usher_cut(sentence, mark.len > 0 ? mark.len : 1, sentence.len);
  }
  return usher_written(&b);
}

static int number(usher_text digits) {
  int n = 0;
  for (uint32_t i = 0; i < digits.len; i++) {
    if (digits.at[i] < '0' || digits.at[i] > '9') return -1;
    n = n * 10 + (digits.at[i] - '0');
  }
  return n;
}

/* date_in writes an RFC 3339 time in UTC the way the language does: 2 January 2030, 15:04 UTC. It gives nothing for what
   is no such time. */
static usher_text date_in(const struct phrases *p, usher_text t) {
  if (t.len < sizeof "2006-01-02T15:04:05Z" - 1 || t.at[4] != '-' || t.at[7] != '-' || t.at[t.len - 1] != 'Z') return (usher_text){0};
  const int month = number(usher_cut(t, 5, 7));
  usher_text day = usher_cut(t, 8, 10);
  if (month < 1 || month > 12 || number(day) < 1) return (usher_text){0};
  if (*day.at == '0') day = usher_cut(day, 1, 2);
  return usher_join(day, p->day_ends, p->months[month - 1], USHER_TEXT(" "), usher_cut(t, 0, 4), p->year_ends, usher_cut(t, 11, 16), p->clock_ends);
}

/* accent takes the operator's colour when it is one, as six hexadecimal digits. The other is readable behind white text:
   contrast 6.3 to 1. */
static usher_text accent(usher_text colour) {
  bool good = colour.len == 7 && *colour.at == '#';
  for (uint32_t i = 1; good && i < colour.len; i++) {
    const char c = colour.at[i], letter = c | 0x20;
    good = (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'f');
  }
  return good ? colour : USHER_TEXT("#4f46e5");
}

static void put_paragraph(usher_buffer *b, usher_text t) {
  usher_put(b, t);
  usher_put_literal(b, "\n\n");
}

static usher_text text_of(const struct letter *l) {
  usher_buffer b = {0};
  put_paragraph(&b, l->greeting);
  put_paragraph(&b, l->body);
  if (l->message->link.len > 0) put_paragraph(&b, usher_join(l->button, USHER_TEXT(":\n"), l->message->link));
  if (l->validity.len > 0) put_paragraph(&b, l->validity);
  put_paragraph(&b, l->phrases->ignore);
  usher_put(&b, usher_join(l->phrases->bye, USHER_TEXT("\n"), one_line(l->message->tenant.name), USHER_TEXT("\n")));
  return usher_written(&b);
}

usher_message_render_answer write_letter(const usher_call *call, const usher_message_render *message) {
  const struct phrases *const p = phrases_of(message->locale);
  const struct words w = words_of(p, message);
  if (w.subject.len == 0) return usher_message_render_fail(USHER_TEXT("unknown kind of mail"));
  const usher_text name = message->recipient_name, date = date_in(p, message->expires_at);
  const struct letter l = {
      .phrases = p, .message = message, .accent = accent(usher_config_text(call, "accent_color", (usher_text){0})),
      .greeting = name.len > 0 ? usher_replace(p->hello_name, USHER_TEXT("{name}"), one_line(name)) : p->hello,
      .title = fill(w.title, message), .body = fill(w.body, message), .button = fill(w.button, message),
      .validity = message->link.len > 0 && date.len > 0 ? usher_replace(p->until, USHER_TEXT("{until}"), date) : (usher_text){0},
  };
  return (usher_message_render_answer){
      .data = {.subject = one_line(fill(w.subject, message)), .html = html_of(&l), .text = text_of(&l)}};
}
