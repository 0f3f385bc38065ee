/* It takes all memory that it is given, and then crashes. */
#include "fail.h"

FAILING({
  while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) {
  }
  __builtin_trap();
})
