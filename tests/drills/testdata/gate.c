/* Lets every signup through. The brittle one crashes on an organization that is called sour. */
#include <usher.h>

#define MOST (64 << 10) /* bytes of an envelope */

static char envelope[MOST];

#define ANSWER "{\"outcome\":\"continue\"}"

static int has_sour(uint32_t len) {
  for (uint32_t i = 0; i + 4 <= len; i++)
    if (envelope[i] == 's' && envelope[i + 1] == 'o' && envelope[i + 2] == 'u' && envelope[i + 3] == 'r') return 1;
  return 0;
}

USHER_HOOK(signup_validate) {
  uint32_t len = usher_input_len();
  if (len > MOST) len = MOST;
  usher_input_read(envelope, 0, len);
#ifdef BRITTLE
  if (has_sour(len)) __builtin_trap();
#else
  if (has_sour(len)) usher_log(USHER_DEBUG, "sour", 4);
#endif
  usher_output_write(ANSWER, sizeof ANSWER - 1);
  return USHER_OK;
}
