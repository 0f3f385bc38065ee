/* The mails of the pipeline, warmly, in English and German. */
#ifndef LETTER_H
#define LETTER_H

#include <usher.h>

/* It writes one mail, and fails on a kind of mail that it does not know. */
usher_message_render_answer write_letter(const usher_call *call, const usher_message_render *message);

/* What one kind of mail says in one language. {tenant} and {inviter} stand for names. */
struct words {
  usher_text subject, title, body, button;
};

/* What every mail of a language says. */
struct phrases {
  usher_text language;
  usher_text hello, hello_name;           /* {name} */
  usher_text until;                       /* {until} */
  usher_text day_ends, year_ends, clock_ends; /* what follows the parts of a date */
  usher_text months[12];
  usher_text fallback; /* before the link in full */
  usher_text ignore;
  usher_text bye;
};

/* A mail with its words chosen. */
struct letter {
  const struct phrases *phrases;
  const usher_message_render *message;
  usher_text accent, greeting, title, body, button;
  usher_text validity; /* until when the link is good, if there is a link and a time */
};

/* The language of a BCP 47 tag; English for any that is not spoken here. */
const struct phrases *phrases_of(usher_text locale);

/* The words of a mail; without a subject for a kind that is not known. */
struct words words_of(const struct phrases *phrases, const usher_message_render *message);

/* The letter laid out for mail programs: a table, inline styles, and no image, script or font to fetch. */
usher_text html_of(const struct letter *letter);

#endif
