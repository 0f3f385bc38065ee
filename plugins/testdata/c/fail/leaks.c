/* It takes a kilobyte for each call, gives none back, and crashes when it has no more. */
#include "fail.h"

static uint8_t arena[64 << 10];
static uint32_t used;

FAILING({
  if (used + 1024 > sizeof(arena)) __builtin_trap();
  for (uint32_t end = used + 1024; used < end; used++) arena[used] = 1;
})
