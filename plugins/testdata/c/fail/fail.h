/* What the guests that fail have in common: they behave until the slug tells them to fail, so that they can be loaded. */
#ifndef FAIL_H
#define FAIL_H

#include <usher.h>

#include "../json.h"

#define MOST (64 << 10) /* bytes of an envelope */

static uint8_t envelope[MOST];

/* What the envelope said; request is of the config. */
static struct text tenant, slug, request;

#define SAY(literal) (literal), sizeof(literal) - 1

static inline void read_member(struct json *j, const char *name, uint32_t len, struct text *value) {
  for (bool more = json_object(j); more; more = json_member(j)) {
    if (j->name.len == len && json_same(j->name.at, (const uint8_t *)name, len))
      *value = json_string(j);
    else
      json_skip(j);
  }
}

static inline void read_envelope(void) {
  const uint32_t len = usher_input_read(envelope, 0, MOST);
  struct json j = {envelope, envelope + len, {0}, false};
  for (bool more = json_object(&j); more; more = json_member(&j)) {
    if (json_is(j.name, "tenant"))
      tenant = json_string(&j);
    else if (json_is(j.name, "config"))
      read_member(&j, SAY("request"), &request);
    else if (json_is(j.name, "data"))
      read_member(&j, SAY("slug"), &slug);
    else
      json_skip(&j);
  }
}

/* told tells whether it is to fail now. */
static inline bool told(void) {
  read_envelope();
  return json_is(slug, "fail");
}

static inline int32_t behave(void) {
  usher_output_write(SAY("{\"outcome\":\"continue\"}"));
  return USHER_OK;
}

/* FAILING is a hook that does something when it is told to, and answers if it gets there. */
#define FAILING(body)             \
  USHER_HOOK(signup_validate) {   \
    if (told()) body;             \
    return behave();              \
  }

/* ASKING is a hook that makes the request of its config and answers with what came back. */
#define ASKING(hook, use)                                                         \
  static char answer[MOST];                                                       \
  USHER_HOOK(hook) {                                                              \
    read_envelope();                                                              \
    const usher_result r = use((const char *)request.at, request.len);            \
    const char digit = (char)('0' + usher_status_of(r));                          \
    const uint32_t len = usher_result_read(answer, 0, sizeof(answer));            \
    usher_output_write(SAY("{\"Status\":"));                                      \
    usher_output_write(&digit, 1);                                                \
    usher_output_write(SAY(",\"Answer\":"));                                      \
    if (len == 0) usher_output_write(SAY("null"));                                \
    usher_output_write(answer, len);                                              \
    usher_output_write(SAY("}"));                                                 \
    return USHER_OK;                                                              \
  }

#endif
