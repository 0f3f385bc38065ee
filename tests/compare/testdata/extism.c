/* The rules of plugins/testdata/c/policy.h as a guest of Extism; its imports, by hand. */
#include <stdint.h>

#include "../../../plugins/testdata/c/policy.h"

#define MOST (64 << 10) /* bytes of an envelope */

#define IMPORT(name) __attribute__((import_module("extism:host/env"), import_name(name)))

IMPORT("input_length") uint64_t input_length(void);
IMPORT("input_load_u8") uint32_t input_load_u8(uint64_t at);
IMPORT("input_load_u64") uint64_t input_load_u64(uint64_t at);
IMPORT("alloc") uint64_t host_alloc(uint64_t len);
IMPORT("store_u8") void store_u8(uint64_t at, uint32_t v);
IMPORT("store_u64") void store_u64(uint64_t at, uint64_t v);
IMPORT("output_set") void output_set(uint64_t at, uint64_t len);

static uint8_t envelope[MOST];

/* read_input copies as the PDKs of Extism do: eight bytes at a time, then one. */
static void read_input(uint32_t len) {
  uint32_t i = 0;
  for (; i + 8 <= len; i += 8) {
    const uint64_t w = input_load_u64(i);
    __builtin_memcpy(envelope + i, &w, 8);
  }
  for (; i < len; i++) envelope[i] = (uint8_t)input_load_u8(i);
}

static void write_output(const char *answer, uint32_t len) {
  const uint64_t to = host_alloc(len);
  uint32_t i = 0;
  for (; i + 8 <= len; i += 8) {
    uint64_t w;
    __builtin_memcpy(&w, answer + i, 8);
    store_u64(to + i, w);
  }
  for (; i < len; i++) store_u8(to + i, (uint8_t)answer[i]);
  output_set(to, len);
}

#define WRITE(literal) write_output((literal), sizeof(literal) - 1)

__attribute__((export_name("validate"))) int32_t validate(void) {
  const uint64_t len = input_length();
  if (len > MOST) return 1;
  read_input((uint32_t)len);
  switch (policy_check(envelope, (uint32_t)len)) {
    case ACCEPTED: WRITE(ANSWER_ACCEPTED); return 0;
    case DENIED: WRITE(ANSWER_DENIED(IN_ENGLISH)); return 0;
    case DENIED_IN_GERMAN: WRITE(ANSWER_DENIED(IN_GERMAN)); return 0;
    case UNREADABLE:
    case OTHER_HOOK: break;
  }
  return 1;
}
