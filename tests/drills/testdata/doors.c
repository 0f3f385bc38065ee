/* Lets people be invited, and activate unless it is the strict one. */
#include <usher.h>

#define SAY(literal) usher_output_write(literal, sizeof(literal) - 1)

USHER_HOOK(invitation_validate) {
  SAY("{\"outcome\":\"continue\"}");
  return USHER_OK;
}

USHER_HOOK(activation_validate) {
#ifdef STRICT
  SAY("{\"outcome\":\"deny\",\"errors\":[{\"field\":\"display_name\",\"code\":\"closed\",\"message\":\"Nobody comes in.\"}]}");
#else
  SAY("{\"outcome\":\"continue\"}");
#endif
  return USHER_OK;
}
