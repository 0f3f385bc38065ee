/* It grows by a page at each call, and crashes when it has grown before. */
#include "fail.h"

static size_t first;

FAILING({
  const size_t pages = __builtin_wasm_memory_size(0);
  if (first != 0) __builtin_trap();
  first = pages;
  __builtin_wasm_memory_grow(0, 1);
})
