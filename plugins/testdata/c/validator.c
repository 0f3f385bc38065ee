/* The plugin plugins/bundled/company-domain in C, for signups. */
#include <usher.h>

#include "policy.h"

#define MOST (64 << 10) /* bytes of an envelope */

static uint8_t envelope[MOST];

#define SAY(literal) (literal), sizeof(literal) - 1

USHER_HOOK(signup_validate) {
  const uint32_t len = usher_input_len();
  if (len > MOST) {
    usher_fail(SAY("the envelope is too large"));
    return USHER_FAILED;
  }
  usher_input_read(envelope, 0, len);
  switch (policy_check(envelope, len)) {
    case UNREADABLE: usher_fail(SAY("the envelope is not readable")); return USHER_FAILED;
    case OTHER_HOOK: usher_fail(SAY("the plugin of signup.validate was asked another hook")); return USHER_FAILED;
    case ACCEPTED: usher_output_write(SAY(ANSWER_ACCEPTED)); return USHER_OK;
    case DENIED: usher_output_write(SAY(ANSWER_DENIED(IN_ENGLISH))); break;
    case DENIED_IN_GERMAN: usher_output_write(SAY(ANSWER_DENIED(IN_GERMAN))); break;
  }
  usher_log(USHER_INFO, SAY("denied a free mail domain"));
  return USHER_OK;
}
