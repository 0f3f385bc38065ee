/* It answers with the tenant of the call before. */
#include "fail.h"

static uint8_t before[64];
static uint32_t before_len;

USHER_HOOK(signup_validate) {
  read_envelope();
  usher_output_write(SAY("{\"outcome\":\"continue\",\"data\":{\"slug\":\""));
  usher_output_write(before, before_len);
  usher_output_write(SAY("\"}}"));
  before_len = tenant.len < sizeof(before) ? tenant.len : sizeof(before);
  __builtin_memcpy(before, tenant.at, before_len);
  return USHER_OK;
}
