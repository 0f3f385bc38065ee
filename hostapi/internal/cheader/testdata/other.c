/* A second file, which shares memory and stage with the tests. */
#include "other.h"

usher_signup_validate_answer check_slug(const usher_call *call, const usher_signup_validate *signup) {
  (void)call;
  return usher_signup_validate_deny("slug", "taken", usher_join(signup->slug, USHER_TEXT(" is taken")));
}

USHER_SERVE(signup_validate, check_slug)
