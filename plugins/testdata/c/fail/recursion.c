/* It calls itself without end; the division keeps a compiler from making a loop of it. */
#include "fail.h"

__attribute__((noinline)) static uint32_t down(uint32_t n) { return n == 0xffffffff ? 1 : down(n + 1) * 31 / 7 + n; }

FAILING(slug.len = down(0))
