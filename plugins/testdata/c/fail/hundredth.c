/* It crashes at each number that ends in 99. */
#include "fail.h"

USHER_HOOK(signup_validate) {
  read_envelope();
  if (slug.len >= 2 && slug.at[slug.len - 1] == '9' && slug.at[slug.len - 2] == '9') __builtin_trap();
  return behave();
}
