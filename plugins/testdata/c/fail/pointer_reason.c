/* It has the host read why it failed from outside of its memory. */
#include "fail.h"

FAILING({
  usher_fail((const char *)-16, 100);
  return USHER_FAILED;
})
