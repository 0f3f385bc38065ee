/*
 * The SDK for plugins of Usher in C (ABI usher/v1): this header, and nothing else. No C library and no allocator is needed.
 * A plugin is a handler for each hook, and a line that serves it:
 *
 *   #include <usher.h>
 *
 *   static usher_signup_validate_answer check(const usher_call *call, const usher_signup_validate *signup) {
 *     (void)call;
 *     if (usher_is(signup->email_domain, "rival.example"))
 *       return usher_signup_validate_deny("email", "domain_blocked", USHER_TEXT("Not for this domain."));
 *     return usher_signup_validate_accept();
 *   }
 *
 *   USHER_SERVE(signup_validate, check)
 *
 *   clang --target=wasm32 -std=c11 -O2 -ffreestanding -nostdlib -mbulk-memory -I . -c plugin.c -o plugin.o
 *   wasm-ld --no-entry --strip-all --stack-first -z stack-size=32768 plugin.o -o plugin.wasm
 *
 * What a handler allocates (usher_alloc, usher_put, usher_add and all that gives a text) lasts for the call: every call begins
 * from the same memory. Only what is used is in the module, so what it imports is what the operator must grant.
 *
 * Compiled for anything but WebAssembly, the same handlers meet a stand-in for the host, and tests run: see USHER_TEST.
 *
 * This file is made by hostapi/internal/generate; DO NOT EDIT.
 */
#ifndef USHER_H
#define USHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __wasm__
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#endif

#define USHER_ABI "usher/v1"

/*
 * USHER_ONCE is on functions that a module has once, however many files and places call them: it keeps small. Where many files
 * are compiled it saves time to define USHER_APART for all but one of them.
 */
#if !defined __wasm__
#define USHER_ONCE static inline
#elif defined USHER_APART
#define USHER_ONCE __attribute__((noinline)) inline
#else
#define USHER_ONCE __attribute__((noinline, weak))
#endif

/* USHER_SHARED is on state that the files of a plugin share. */
#define USHER_SHARED __attribute__((weak))

/* ---- Texts and memory ---- */

/* usher_text is a piece of UTF-8. It is nobody's to free, does not end with a zero, and is "nothing" where at is NULL. */
typedef struct usher_text {
  const char *at;
  uint32_t len; /* in bytes */
} usher_text;

/* USHER_TEXT is the text of a literal; USHER_LITERAL the same where C wants a constant, as in a static table. */
#define USHER_TEXT(literal) ((usher_text){(literal), sizeof(literal) - 1})
#define USHER_LITERAL(literal) {(literal), sizeof(literal) - 1}

static inline uint64_t usher_load64(const char *p) {
  uint64_t v;
  __builtin_memcpy(&v, p, 8);
  return v;
}

static inline uint32_t usher_load32(const char *p) {
  uint32_t v;
  __builtin_memcpy(&v, p, 4);
  return v;
}

__attribute__((always_inline)) static inline bool usher_equal(const char *a, const char *b, uint32_t n) {
  for (; n >= 8; n -= 8, a += 8, b += 8)
    if (usher_load64(a) != usher_load64(b)) return false;
  if (n >= 4) {
    if (usher_load32(a) != usher_load32(b)) return false;
    n -= 4, a += 4, b += 4;
  }
  for (; n > 0; n--, a++, b++)
    if (*a != *b) return false;
  return true;
}

/* usher_text_of gives the text of a string that ends with a zero. */
static inline usher_text usher_text_of(const char *s) {
  usher_text t = {s, 0};
  while (s && s[t.len]) t.len++;
  return t;
}

static inline bool usher_same(usher_text a, usher_text b) { return a.len == b.len && usher_equal(a.at, b.at, a.len); }

/* usher_is compares with a literal. */
#define usher_is(text, literal) usher_is_literal((text), (literal), sizeof(literal) - 1)

__attribute__((always_inline)) static inline bool usher_is_literal(usher_text t, const char *literal, uint32_t len) {
  return t.len == len && usher_equal(t.at, literal, len);
}

/* usher_cut gives the bytes from one place up to another, or to the end. */
static inline usher_text usher_cut(usher_text t, uint32_t from, uint32_t to) {
  if (to > t.len) to = t.len;
  if (from > to) from = to;
  return (usher_text){t.at + from, to - from};
}

static inline bool usher_begins(usher_text t, usher_text with) { return t.len >= with.len && usher_equal(t.at, with.at, with.len); }

static inline bool usher_ends(usher_text t, usher_text with) {
  return t.len >= with.len && usher_equal(t.at + (t.len - with.len), with.at, with.len);
}

#define USHER_NOT_FOUND UINT32_MAX

/* usher_find gives where a part begins for the first time, or USHER_NOT_FOUND. */
USHER_ONCE uint32_t usher_find(usher_text t, usher_text part) {
  for (uint32_t i = 0; part.len <= t.len && i <= t.len - part.len; i++)
    if (usher_equal(t.at + i, part.at, part.len)) return i;
  return USHER_NOT_FOUND;
}

/* usher_panic ends the call as a crash with that reason; USHER_PANIC adds the place. */
_Noreturn static inline void usher_panic(const char *reason);

#define USHER_STRING(x) #x
#define USHER_STRING_OF(x) USHER_STRING(x)
#define USHER_PANIC(literal) usher_panic(literal " at " __FILE__ ":" USHER_STRING_OF(__LINE__))

/* USHER_ASSERT ends the call as a crash when the condition does not hold. */
#define USHER_ASSERT(condition) ((condition) ? (void)0 : USHER_PANIC("it does not hold that " #condition))

/* usher_memory says where the memory of calls goes on; in a guest all of it lies behind what the linker placed. */
struct usher_memory {
  char *next, *end;
};

USHER_SHARED struct usher_memory usher_memory;

#ifdef __wasm__
extern char __heap_base;

/* usher_forget takes back all that was allocated. */
static inline void usher_forget(void) {
  usher_memory.next = (char *)(((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7);
  usher_memory.end = (char *)((uintptr_t)__builtin_wasm_memory_size(0) << 16);
}

USHER_ONCE void usher_more_memory(uint32_t n) {
  const uintptr_t have = (uintptr_t)usher_memory.end, need = (uintptr_t)usher_memory.next + n;
  if (need > have && __builtin_wasm_memory_grow(0, ((need - have) >> 16) + 1) == SIZE_MAX) usher_panic("there is no more memory");
  usher_memory.end = (char *)((uintptr_t)__builtin_wasm_memory_size(0) << 16);
}
#else
struct usher_block {
  struct usher_block *before;
};

USHER_SHARED struct usher_block *usher_blocks;

static inline void usher_forget(void) {
  while (usher_blocks) {
    struct usher_block *before = usher_blocks->before;
    free(usher_blocks);
    usher_blocks = before;
  }
  usher_memory.next = usher_memory.end = NULL;
}

USHER_ONCE void usher_more_memory(uint32_t n) {
  const size_t size = n < (1 << 16) ? 1 << 16 : n;
  struct usher_block *block = malloc(16 + size);
  if (!block) usher_panic("there is no more memory");
  block->before = usher_blocks;
  usher_blocks = block;
  usher_memory.next = (char *)block + 16;
  usher_memory.end = usher_memory.next + size;
}
#endif

/* usher_alloc gives memory for the rest of the call; what is in it is not defined. */
USHER_ONCE void *usher_alloc(uint32_t n) {
  if (n > (1u << 30)) usher_panic("there is no more memory");
  n = (n + 7) & ~7u;
  if (!usher_memory.next || n > (size_t)(usher_memory.end - usher_memory.next)) {
#ifdef __wasm__
    if (!usher_memory.next) usher_forget();
#endif
    usher_more_memory(n);
  }
  char *p = usher_memory.next;
  usher_memory.next += n;
  return p;
}

/* usher_grown gives a larger place for what is in a smaller one: the same where nothing was allocated since and there is room. */
USHER_ONCE void *usher_grown(void *old, uint32_t have, uint32_t need) {
  if (old && (char *)old + ((have + 7) & ~7u) == usher_memory.next) {
#ifdef __wasm__
    if (need > (size_t)(usher_memory.end - (char *)old) && need <= (1u << 30)) usher_more_memory(need - have);
#endif
    if (need <= (size_t)(usher_memory.end - (char *)old)) {
      usher_memory.next = (char *)old + ((need + 7) & ~7u);
      return old;
    }
  }
  void *place = usher_alloc(need);
  if (old) __builtin_memcpy(place, old, have);
  return place;
}

/* A list is a place, a length and what there is room for: {at, len, room}. usher_add adds an element to one. */
#define usher_add(list, ...)                                                                                     \
  do {                                                                                                           \
    if ((list)->len == (list)->room) {                                                                           \
      const uint32_t usher_room = (list)->room ? (list)->room * 2 : 4;                                           \
      (list)->at = usher_grown((list)->at, (list)->len * (uint32_t)sizeof *(list)->at, usher_room * (uint32_t)sizeof *(list)->at); \
      (list)->room = usher_room;                                                                                 \
    }                                                                                                            \
    (list)->at[(list)->len++] = (__VA_ARGS__);                                                                   \
  } while (0)

typedef struct usher_texts {
  usher_text *at;
  uint32_t len, room;
} usher_texts;

/* USHER_TEXTS is a list of the texts of an array, which nobody adds to. */
#define USHER_TEXTS(array) ((usher_texts){(usher_text *)(array), sizeof(array) / sizeof *(array), sizeof(array) / sizeof *(array)})

typedef struct usher_entry {
  usher_text name, value;
} usher_entry;

/* usher_map is an object whose members are texts. One with at NULL is none, which is not the same as USHER_NO_ENTRIES. */
typedef struct usher_map {
  usher_entry *at;
  uint32_t len, room;
} usher_map;

USHER_SHARED usher_entry usher_no_entry;
#define USHER_NO_ENTRIES ((usher_map){&usher_no_entry, 0, 0})

/* usher_get gives the value of a name, or nothing. */
USHER_ONCE usher_text usher_get(usher_map m, usher_text name) {
  for (uint32_t i = 0; i < m.len; i++)
    if (usher_same(m.at[i].name, name)) return m.at[i].value;
  return (usher_text){0};
}

/* usher_set gives a name its value. */
USHER_ONCE void usher_set(usher_map *m, usher_text name, usher_text value) {
  for (uint32_t i = 0; i < m->len; i++)
    if (usher_same(m->at[i].name, name)) {
      m->at[i].value = value;
      return;
    }
  if (m->room == 0) m->at = NULL;
  usher_add(m, (usher_entry){name, value});
}

/* usher_texts_of and usher_map_of make a list and a map of what is written out:
   usher_map_of({USHER_TEXT("name"), USHER_TEXT("value")}, {USHER_TEXT("other"), value}). */
#define usher_texts_of(...) usher_texts_copied((const usher_text[]){__VA_ARGS__}, sizeof((const usher_text[]){__VA_ARGS__}) / sizeof(usher_text))
#define usher_map_of(...) usher_map_copied((const usher_entry[]){__VA_ARGS__}, sizeof((const usher_entry[]){__VA_ARGS__}) / sizeof(usher_entry))

static inline usher_texts usher_texts_copied(const usher_text *texts, size_t n) {
  usher_texts list = {0};
  for (size_t i = 0; i < n; i++) usher_add(&list, texts[i]);
  return list;
}

static inline usher_map usher_map_copied(const usher_entry *entries, size_t n) {
  usher_map m = {0};
  for (size_t i = 0; i < n; i++) usher_set(&m, entries[i].name, entries[i].value);
  return m;
}

typedef struct usher_optional_number {
  bool set;
  int64_t value;
} usher_optional_number;

/* ---- Reading JSON ---- */

/*
 * usher_reader walks over one value. After the first thing that is not readable everything is empty and bad is set.
 *
 *   for (bool more = usher_object(&r); more; more = usher_member(&r)) {
 *     if (usher_is(r.name, "slug")) slug = usher_read_text(&r); else usher_skip(&r);
 *   }
 */
typedef struct usher_reader {
  char *at, *end;
  usher_text name; /* of the member that was come to last */
  bool bad;
  bool own; /* the bytes may be changed: texts are unescaped where they stand */
} usher_reader;

/* usher_read begins to read a text, whose bytes stay as they are. */
static inline usher_reader usher_read(usher_text t) { return (usher_reader){(char *)t.at, (char *)t.at + t.len, {0}, false, false}; }

static inline void usher_space(usher_reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) r->at++;
}

static inline bool usher_accept(usher_reader *r, char c) {
  usher_space(r);
  if (r->bad || r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

static inline bool usher_expect(usher_reader *r, char c) {
  if (usher_accept(r, c)) return true;
  r->bad = true;
  return false;
}

static inline bool usher_word(usher_reader *r, const char *word, uint32_t len) {
  usher_space(r);
  if (r->bad || (size_t)(r->end - r->at) < len || !usher_equal(r->at, word, len)) return false;
  r->at += len;
  return true;
}

static inline bool usher_null(usher_reader *r) {
  usher_space(r);
  return r->at < r->end && *r->at == 'n' && usher_word(r, "null", 4);
}

/* usher_plain tells how far a text stands for itself: eight bytes at a time it looks for quotes, backslashes and controls, and
   with ascii for all that is not ASCII. */
static inline const char *usher_plain(const char *p, const char *end, bool ascii) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  for (; end - p >= 8; p += 8) {
    const uint64_t w = usher_load64(p), quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
    /* the lowest is never a false alarm: borrows go upwards */
    const uint64_t odd = (((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (ascii ? w : 0)) & high;
    if (odd) return p + (__builtin_ctzll(odd) >> 3);
  }
  while (p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\' && !(ascii && (unsigned char)*p >= 0x80)) p++;
  return p;
}

static inline bool usher_hex(const char *p, const char *end, uint32_t *v) {
  if (end - p < 4) return false;
  *v = 0;
  for (int i = 0; i < 4; i++) {
    const char c = p[i], letter = c | 0x20;
    if (c >= '0' && c <= '9')
      *v = *v << 4 | (uint32_t)(c - '0');
    else if (letter >= 'a' && letter <= 'f')
      *v = *v << 4 | (uint32_t)(letter - 'a' + 10);
    else
      return false;
  }
  return true;
}

#define USHER_REPLACEMENT 0xfffd
#define USHER_NO_RUNE UINT32_MAX

/* usher_rune reads the digits of \u, and of the second half where there is one; half a pair is U+FFFD. */
static inline uint32_t usher_rune(const char **p, const char *end) {
  uint32_t high, low;
  if (!usher_hex(*p, end, &high)) return USHER_NO_RUNE;
  *p += 4;
  if (high < 0xd800 || high >= 0xe000) return high;
  if (high >= 0xdc00 || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !usher_hex(*p + 2, end, &low) || low < 0xdc00 || low >= 0xe000)
    return USHER_REPLACEMENT;
  *p += 6;
  return ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
}

/* usher_encode writes a character as UTF-8. */
static inline char *usher_encode(char *out, uint32_t r) {
  if (r < 0x80) {
    *out++ = (char)r;
    return out;
  }
  const int more = r < 0x800 ? 1 : r < 0x10000 ? 2 : 3;
  *out++ = (char)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | r >> (6 * more));
  for (int i = more - 1; i >= 0; i--) *out++ = (char)(0x80 | (r >> (6 * i) & 0x3f));
  return out;
}

/* usher_escape reads what follows a backslash. */
static inline uint32_t usher_escape(const char **p, const char *end) {
  if (*p == end) return USHER_NO_RUNE;
  switch (*(*p)++) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': return usher_rune(p, end);
  }
  return USHER_NO_RUNE;
}

/* usher_unescape reads the rest of a text that has an escape at p; what it gives is never longer than what it reads. */
USHER_ONCE usher_text usher_unescape(usher_reader *r, const char *start, const char *p) {
  const char *q = p;
  while (q < r->end && *q != '"') q += *q == '\\' && r->end - q > 1 ? 2 : 1;
  char *const place = r->own ? (char *)start : usher_alloc((uint32_t)(q - start)), *out = place + (p - start);
  if (!r->own) __builtin_memcpy(place, start, (size_t)(p - start));
  while (p < r->end && *p == '\\') {
    p++;
    const uint32_t c = usher_escape(&p, r->end);
    if (c == USHER_NO_RUNE) {
      r->bad = true;
      return (usher_text){0};
    }
    out = usher_encode(out, c);
    const char *const plain = usher_plain(p, r->end, false);
    __builtin_memmove(out, p, (size_t)(plain - p));
    out += plain - p;
    p = plain;
  }
  if (p < r->end && *p == '"') {
    r->at = (char *)p + 1;
    return (usher_text){place, (uint32_t)(out - place)};
  }
  r->bad = true;
  return (usher_text){0};
}

USHER_ONCE usher_text usher_quoted(usher_reader *r) {
  if (!usher_expect(r, '"')) return (usher_text){0};
  const char *const start = r->at, *const p = usher_plain(start, r->end, false);
  if (p < r->end && *p == '"') {
    r->at = (char *)p + 1;
    return (usher_text){start, (uint32_t)(p - start)};
  }
  return usher_unescape(r, start, p);
}

/* usher_read_text reads a string; null is empty. */
USHER_ONCE usher_text usher_read_text(usher_reader *r) { return usher_null(r) ? (usher_text){0} : usher_quoted(r); }

static inline bool usher_named(usher_reader *r) {
  r->name = usher_quoted(r);
  return usher_expect(r, ':');
}

/* usher_object enters an object and tells whether it has a member, whose value must be read or skipped; null has none. */
USHER_ONCE bool usher_object(usher_reader *r) { return !usher_null(r) && usher_expect(r, '{') && !usher_accept(r, '}') && usher_named(r); }

/* usher_member goes on to the next member, and leaves the object when there is none. */
USHER_ONCE bool usher_member(usher_reader *r) { return !usher_accept(r, '}') && usher_expect(r, ',') && usher_named(r); }

/* usher_array enters an array and tells whether it has an element, which must be read or skipped; null has none. */
USHER_ONCE bool usher_array(usher_reader *r) { return !usher_null(r) && usher_expect(r, '[') && !usher_accept(r, ']'); }

/* usher_element goes on to the next element, and leaves the array when there is none. */
USHER_ONCE bool usher_element(usher_reader *r) { return !usher_accept(r, ']') && usher_expect(r, ','); }

/* usher_read_flag reads a boolean; null is false. */
USHER_ONCE bool usher_read_flag(usher_reader *r) {
  if (usher_null(r) || usher_word(r, "false", 5)) return false;
  if (!usher_word(r, "true", 4)) r->bad = true;
  return !r->bad;
}

/* usher_read_number reads a whole number of 64 bits without a fraction or an exponent; null is 0. */
USHER_ONCE int64_t usher_read_number(usher_reader *r) {
  if (usher_null(r)) return 0;
  const bool negative = usher_accept(r, '-');
  const char *const start = r->at;
  uint64_t v = 0;
  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) v = v * 10 + (uint64_t)(*r->at - '0');
  const ptrdiff_t digits = r->at - start;
  const uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
  if (r->bad || digits == 0 || digits > 19 || (digits > 1 && *start == '0') || v > most) {
    r->bad = true;
    return 0;
  }
  return negative ? (int64_t)(0 - v) : (int64_t)v;
}

USHER_ONCE usher_texts usher_read_texts(usher_reader *r) {
  usher_texts list = {0};
  for (bool more = usher_array(r); more; more = usher_element(r)) {
    const usher_text t = usher_read_text(r);
    usher_add(&list, t);
  }
  return list;
}

/* usher_read_map reads an object whose members are strings; of two with a name the last counts. */
USHER_ONCE usher_map usher_read_map(usher_reader *r) {
  usher_map m = {0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    const usher_text name = r->name;
    usher_set(&m, name, usher_read_text(r));
  }
  return m;
}

static inline bool usher_digits(usher_reader *r) {
  const char *const start = r->at;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
  return r->at > start;
}

static inline bool usher_skip_number(usher_reader *r) {
  if (*r->at == '-') r->at++;
  if (r->at < r->end && *r->at == '0')
    r->at++;
  else if (!usher_digits(r))
    return false;
  if (r->at < r->end && *r->at == '.') {
    r->at++;
    if (!usher_digits(r)) return false;
  }
  if (r->at < r->end && (*r->at | 0x20) == 'e') {
    r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
    return usher_digits(r);
  }
  return true;
}

USHER_ONCE bool usher_skip_text(usher_reader *r) {
  if (!usher_expect(r, '"')) return false;
  const char *p = r->at;
  for (;;) {
    p = usher_plain(p, r->end, false);
    if (p == r->end || (unsigned char)*p < 0x20) return false;
    if (*p++ == '"') break;
    if (usher_escape(&p, r->end) == USHER_NO_RUNE) return false;
  }
  r->at = (char *)p;
  return true;
}

USHER_ONCE bool usher_skip_scalar(usher_reader *r) {
  usher_space(r);
  if (r->at == r->end) return false;
  switch (*r->at) {
    case '"': return usher_skip_text(r);
    case 't': return usher_word(r, "true", 4);
    case 'f': return usher_word(r, "false", 5);
    case 'n': return usher_word(r, "null", 4);
  }
  return usher_skip_number(r);
}

#define USHER_DEPTH 1024 /* of what is skipped */

/* usher_skip passes over one value of any kind and checks it; its bytes stay as they are. */
USHER_ONCE void usher_skip(usher_reader *r) {
  uint32_t objects[USHER_DEPTH / 32]; /* a bit for each level: is it an object? */
  uint32_t depth = 0;
  while (!r->bad) {
    const bool object = usher_accept(r, '{');
    if (object || usher_accept(r, '[')) {
      if (depth == USHER_DEPTH) break;
      const uint32_t bit = 1u << depth % 32;
      objects[depth / 32] = (objects[depth / 32] & ~bit) | (object ? bit : 0);
      depth++;
      if (!usher_accept(r, object ? '}' : ']')) {
        if (object && !(usher_skip_text(r) && usher_expect(r, ':'))) break;
        continue;
      }
      depth--;
    } else if (!usher_skip_scalar(r)) {
      break;
    }
    while (depth > 0 && usher_accept(r, objects[(depth - 1) / 32] >> (depth - 1) % 32 & 1 ? '}' : ']')) depth--;
    if (depth == 0) return;
    if (usher_expect(r, ',') && objects[(depth - 1) / 32] >> (depth - 1) % 32 & 1)
      if (!(usher_skip_text(r) && usher_expect(r, ':'))) break;
  }
  r->bad = true;
}

/* usher_read_float reads a number; null is 0. */
USHER_ONCE double usher_read_float(usher_reader *r) {
  if (usher_null(r)) return 0;
  const char *p = r->at;
  if (r->bad || p == r->end || !usher_skip_number(r)) {
    r->bad = true;
    return 0;
  }
  const bool negative = *p == '-';
  double v = 0;
  int32_t exponent = 0, written = 0;
  bool fraction = false;
  for (p += negative; p < r->at && (*p | 0x20) != 'e'; p++) {
    if (*p == '.') {
      fraction = true;
      continue;
    }
    v = v * 10 + (*p - '0');
    exponent -= fraction;
  }
  if (p < r->at) {
    const bool small = *++p == '-';
    for (p += small || *p == '+'; p < r->at; p++)
      if (written < 1000) written = written * 10 + (*p - '0');
    exponent += small ? -written : written;
  }
  for (; exponent > 0; exponent--) v *= 10;
  for (; exponent < 0; exponent++) v /= 10;
  return negative ? -v : v;
}

static inline usher_optional_number usher_read_optional_number(usher_reader *r) {
  const bool set = !usher_null(r);
  return (usher_optional_number){set, set ? usher_read_number(r) : 0};
}

/* usher_read_raw gives the JSON of the next value. */
USHER_ONCE usher_text usher_read_raw(usher_reader *r) {
  usher_space(r);
  const char *const start = r->at;
  usher_skip(r);
  return r->bad ? (usher_text){0} : (usher_text){start, (uint32_t)(r->at - start)};
}

/* usher_ended tells whether all was readable and nothing follows. */
static inline bool usher_ended(usher_reader *r) {
  usher_space(r);
  return !r->bad && r->at == r->end;
}

/* usher_json_raw gives the JSON below a value that the names of members lead to, or nothing; of members with the same
   name the first counts: usher_json_raw(body, "data", "id"). usher_json_text gives the text there; a number or a boolean is
   given as it is written. */
#define usher_json_raw(value, ...) usher_json_raw_at((value), (const char *const[]){__VA_ARGS__, NULL})
#define usher_json_text(value, ...) usher_json_text_of(usher_json_raw(value, __VA_ARGS__))

USHER_ONCE usher_text usher_json_raw_at(usher_text value, const char *const *path) {
  for (; *path; path++) {
    const usher_text name = usher_text_of(*path);
    usher_reader r = usher_read(value);
    value = (usher_text){0};
    for (bool more = usher_object(&r); more; more = usher_member(&r)) {
      if (usher_same(r.name, name)) {
        value = usher_read_raw(&r);
        break;
      }
      usher_skip(&r);
    }
  }
  usher_reader r = usher_read(value);
  return usher_read_raw(&r);
}

USHER_ONCE usher_text usher_json_text_of(usher_text raw) {
  if (raw.len == 0 || *raw.at == '{' || *raw.at == '[' || usher_is(raw, "null")) return (usher_text){0};
  if (*raw.at != '"') return raw;
  usher_reader r = usher_read(raw);
  return usher_read_text(&r);
}

/* usher_json_elements gives the JSON of each element of an array. */
USHER_ONCE usher_texts usher_json_elements(usher_text value) {
  usher_texts list = {0};
  usher_reader r = usher_read(value);
  for (bool more = usher_array(&r); more; more = usher_element(&r)) {
    const usher_text t = usher_read_raw(&r);
    if (!r.bad) usher_add(&list, t);
  }
  return list;
}

/* ---- Writing texts and JSON ---- */

/* usher_buffer is a text that grows: {0} is empty. */
typedef struct usher_buffer {
  char *at;
  uint32_t len, room;
} usher_buffer;

/* usher_reserve makes room for so many bytes more. */
USHER_ONCE void usher_reserve(usher_buffer *b, uint32_t n) {
  if (b->room - b->len >= n) return;
  uint32_t room = b->room ? b->room : 256;
  while (room - b->len < n) {
    if (room > (1u << 29)) usher_panic("a text is too long");
    room *= 2;
  }
  b->at = usher_grown(b->at, b->len, room);
  b->room = room;
}

USHER_ONCE void usher_put(usher_buffer *b, usher_text t) {
  usher_reserve(b, t.len);
  if (t.len) __builtin_memcpy(b->at + b->len, t.at, t.len);
  b->len += t.len;
}

#define usher_put_literal(buffer, literal) usher_put((buffer), USHER_TEXT(literal))

static inline void usher_put_byte(usher_buffer *b, char c) {
  usher_reserve(b, 1);
  b->at[b->len++] = c;
}

/* usher_written gives what was put into a buffer so far. */
static inline usher_text usher_written(const usher_buffer *b) { return (usher_text){b->at ? b->at : "", b->len}; }

/* usher_join gives its texts as one. */
#define usher_join(...) usher_join_all((const usher_text[]){__VA_ARGS__}, sizeof((const usher_text[]){__VA_ARGS__}) / sizeof(usher_text))

USHER_ONCE usher_text usher_join_all(const usher_text *texts, size_t n) {
  usher_buffer b = {0};
  for (size_t i = 0; i < n; i++) usher_put(&b, texts[i]);
  return usher_written(&b);
}

/* usher_replace gives a text with another in each place of a part. */
static inline usher_text usher_replace(usher_text t, usher_text part, usher_text with) {
  usher_buffer b = {0};
  while (part.len) {
    const uint32_t at = usher_find(t, part);
    if (at == USHER_NOT_FOUND) break;
    usher_put(&b, usher_cut(t, 0, at));
    usher_put(&b, with);
    t = usher_cut(t, at + part.len, t.len);
  }
  usher_put(&b, t);
  return usher_written(&b);
}

/* usher_put_number writes a whole number. */
USHER_ONCE void usher_put_number(usher_buffer *b, int64_t v) {
  char digits[20];
  uint32_t n = 0;
  uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
  do digits[sizeof digits - ++n] = (char)('0' + left % 10);
  while (left /= 10);
  if (v < 0) usher_put_byte(b, '-');
  usher_put(b, (usher_text){digits + sizeof digits - n, n});
}

static inline usher_text usher_number(int64_t v) {
  usher_buffer b = {0};
  usher_put_number(&b, v);
  return usher_written(&b);
}

/* usher_put_float writes a number with 15 digits; what JSON has no number for becomes null. */
USHER_ONCE void usher_put_float(usher_buffer *b, double v) {
  if (v != v || v - v != 0) {
    usher_put_literal(b, "null");
    return;
  }
  if (v >= -9007199254740992. && v <= 9007199254740992. && (double)(int64_t)v == v) {
    usher_put_number(b, (int64_t)v);
    return;
  }
  if (v < 0) usher_put_byte(b, '-'), v = -v;
  int32_t exponent = 0;
  for (; v >= 1e16; exponent += 16) v /= 1e16;
  for (; v < 1e-16; exponent -= 16) v *= 1e16;
  for (; v >= 10; exponent++) v /= 10;
  for (; v < 1; exponent--) v *= 10;
  uint64_t digits = (uint64_t)(v * 1e14 + .5);
  if (digits >= 1000000000000000u) digits /= 10, exponent++;
  uint64_t unit = 100000000000000u;
  usher_put_byte(b, (char)('0' + digits / unit));
  digits %= unit;
  if (digits) usher_put_byte(b, '.');
  for (; digits; digits %= unit) usher_put_byte(b, (char)('0' + digits / (unit /= 10)));
  usher_put_byte(b, 'e');
  usher_put_number(b, exponent);
}

/* usher_utf8 gives the length of the sequence at p, or 0 when it is broken (table 3-7 of the Unicode standard). */
static inline uint32_t usher_utf8(const char *at, const char *end) {
  const unsigned char *const p = (const unsigned char *)at, c = p[0];
  const uint32_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
  if (n < 2) return n;
  if (end - at < (ptrdiff_t)n) return 0;
  for (uint32_t i = 1; i < n; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f)) return 0;
  return n;
}

static inline void usher_put_escaped(usher_buffer *b, char c) {
  const char letter = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '"' || c == '\\' ? c : 0;
  if (letter) {
    usher_put(b, (usher_text){(const char[]){'\\', letter}, 2});
    return;
  }
  static const char hex[] = "0123456789abcdef";
  usher_put(b, (usher_text){(const char[]){'\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15]}, 6});
}

/* usher_put_json writes a text as a JSON string. Broken UTF-8 becomes U+FFFD. */
USHER_ONCE void usher_put_json(usher_buffer *b, usher_text t) {
  const char *p = t.at, *const end = t.at + t.len;
  usher_put_byte(b, '"');
  while (p < end) {
    const char *start = p;
    for (uint32_t n = 1; n; p += n) { /* as long as it stands for itself */
      p = usher_plain(p, end, true);
      n = p < end && (unsigned char)*p >= 0x80 ? usher_utf8(p, end) : 0;
    }
    usher_put(b, (usher_text){start, (uint32_t)(p - start)});
    if (p == end) break;
    if ((unsigned char)*p >= 0x80)
      usher_put_literal(b, "\xef\xbf\xbd");
    else
      usher_put_escaped(b, *p);
    p++;
  }
  usher_put_byte(b, '"');
}

/* usher_put_html writes a text so that it means itself in HTML, in an element and in a quoted attribute alike. */
USHER_ONCE void usher_put_html(usher_buffer *b, usher_text t) {
  for (uint32_t i = 0; i < t.len; i++) switch (t.at[i]) {
      case '&': usher_put_literal(b, "&amp;"); break;
      case '<': usher_put_literal(b, "&lt;"); break;
      case '>': usher_put_literal(b, "&gt;"); break;
      case '"': usher_put_literal(b, "&#34;"); break;
      case '\'': usher_put_literal(b, "&#39;"); break;
      default: usher_put_byte(b, t.at[i]);
    }
}

static inline usher_text usher_html(usher_text t) {
  usher_buffer b = {0};
  usher_put_html(&b, t);
  return usher_written(&b);
}

/* usher_put_url writes a text so that it means itself in a query, a path or a form (RFC 3986). */
USHER_ONCE void usher_put_url(usher_buffer *b, usher_text t) {
  static const char hex[] = "0123456789ABCDEF";
  for (uint32_t i = 0; i < t.len; i++) {
    const char c = t.at[i], letter = c | 0x20;
    if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~')
      usher_put_byte(b, c);
    else
      usher_put(b, (usher_text){(const char[]){'%', hex[c >> 4 & 15], hex[c & 15]}, 3});
  }
}

static inline usher_text usher_url(usher_text t) {
  usher_buffer b = {0};
  usher_put_url(&b, t);
  return usher_written(&b);
}

static inline void usher_put_flag(usher_buffer *b, bool v) { usher_put(b, v ? USHER_TEXT("true") : USHER_TEXT("false")); }

/* usher_put_raw writes what is JSON already; nothing is null. */
static inline void usher_put_raw(usher_buffer *b, usher_text t) { usher_put(b, t.len ? t : USHER_TEXT("null")); }

/* usher_end ends what was written since start, each part after a comma: the first comma becomes the bracket. */
USHER_ONCE void usher_end(usher_buffer *b, uint32_t start, char first, char last) {
  if (b->len == start)
    usher_put_byte(b, first);
  else
    b->at[start] = first;
  usher_put_byte(b, last);
}

USHER_ONCE void usher_put_texts(usher_buffer *b, usher_texts list) {
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < list.len; i++) {
    usher_put_byte(b, ',');
    usher_put_json(b, list.at[i]);
  }
  usher_end(b, start, '[', ']');
}

USHER_ONCE void usher_put_map(usher_buffer *b, usher_map m) {
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < m.len; i++) {
    usher_put_byte(b, ',');
    usher_put_json(b, m.at[i].name);
    usher_put_byte(b, ':');
    usher_put_json(b, m.at[i].value);
  }
  usher_end(b, start, '{', '}');
}

/* ---- The border ---- */

/*
 * What the host lends, as it is. Lengths are in bytes, times in milliseconds since 1970; a pointer outside of the memory ends
 * the call. Handlers have a better use for what comes further down, but for the clock and chance.
 */

#ifdef __wasm__
#define USHER_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define USHER_EXPORT(name) __attribute__((export_name(name)))
#else
#define USHER_IMPORT(module, name) static inline
#define USHER_EXPORT(name)
#endif

/* USHER_HOOK begins the function that serves a hook, dots of its name as underscores; USHER_SERVE makes a whole one. */
#define USHER_HOOK(hook)                                  \
  USHER_EXPORT("usher_" #hook) int32_t usher_hook_##hook(void); \
  int32_t usher_hook_##hook(void)

/* What the function of a hook returns. */
enum { USHER_OK = 0, USHER_FAILED = 1 };

/* The levels of usher_log. */
enum { USHER_DEBUG = 0, USHER_INFO = 1, USHER_WARN = 2, USHER_ERROR = 3 };

/* What usher_output_write and usher_random refuse with. */
#define USHER_REFUSED (-4)

/* usher:core/v1, which every guest has. */

USHER_IMPORT("usher:core/v1", "input_len") uint32_t usher_input_len(void);
/* copies up to len bytes of the envelope from off to dst; gives how many */
USHER_IMPORT("usher:core/v1", "input_read") uint32_t usher_input_read(void *dst, uint32_t off, uint32_t len);
/* appends to the answer; gives len or USHER_REFUSED, and the call has failed then */
USHER_IMPORT("usher:core/v1", "output_write") int32_t usher_output_write(const void *src, uint32_t len);
USHER_IMPORT("usher:core/v1", "log") void usher_log(int32_t level, const char *line, uint32_t len);
/* says why the function of the hook is about to return USHER_FAILED */
USHER_IMPORT("usher:core/v1", "fail") void usher_fail(const char *reason, uint32_t len);
/* copies up to len bytes of the last capability's answer from off to dst; gives how many */
USHER_IMPORT("usher:core/v1", "result_read") uint32_t usher_result_read(void *dst, uint32_t off, uint32_t len);
/* the clock, which stands still during a call */
USHER_IMPORT("usher:core/v1", "now_ms") int64_t usher_now_ms(void);
/* when the host ends the call */
USHER_IMPORT("usher:core/v1", "deadline_ms") int64_t usher_deadline_ms(void);
/* fills dst with secure random bytes; gives len, or USHER_REFUSED for more than USHER_MAX_RANDOM */
USHER_IMPORT("usher:core/v1", "random") int32_t usher_random(void *dst, uint32_t len);

/*
 * The capabilities. A guest imports those that it calls, and no other. All take a request in JSON and give a result; the
 * answer is read with usher_result_read.
 */

typedef int64_t usher_result;

enum usher_status {
  USHER_STATUS_OK = 0,
  USHER_STATUS_INVALID = 1, /* the request is malformed */
  USHER_STATUS_DENIED = 2,  /* the grant does not cover it */
  USHER_STATUS_FAILED = 3,  /* it was tried and failed */
  USHER_STATUS_OVER = 4,    /* a limit is in the way */
  USHER_STATUS_NOT_FOUND = 5,
};

static inline enum usher_status usher_status_of(usher_result r) { return (enum usher_status)(r >> 32); }

static inline uint32_t usher_length_of(usher_result r) { return (uint32_t)r; }

USHER_IMPORT("usher:http/v1", "fetch") usher_result usher_http_fetch(const char *request, uint32_t len);

USHER_IMPORT("usher:kv/v1", "get") usher_result usher_kv_get(const char *request, uint32_t len);
USHER_IMPORT("usher:kv/v1", "put") usher_result usher_kv_put(const char *request, uint32_t len);
USHER_IMPORT("usher:kv/v1", "delete") usher_result usher_kv_delete(const char *request, uint32_t len);

USHER_IMPORT("usher:secret/v1", "hmac") usher_result usher_secret_hmac(const char *request, uint32_t len);

USHER_IMPORT("usher:telemetry/v1", "metric") usher_result usher_telemetry_metric(const char *request, uint32_t len);
USHER_IMPORT("usher:telemetry/v1", "span_start") usher_result usher_telemetry_span_start(const char *request, uint32_t len);
USHER_IMPORT("usher:telemetry/v1", "span_end") usher_result usher_telemetry_span_end(const char *request, uint32_t len);

_Noreturn static inline void usher_panic(const char *reason) {
#ifdef __wasm__
  usher_fail(reason, usher_text_of(reason).len);
  __builtin_trap();
#else
  fprintf(stderr, "%s\n", reason);
  abort();
#endif
}

/* ---- The bounds of the contract; in bytes where nothing else is said ---- */

#define USHER_MAX_RANDOM 4096
#define USHER_MAX_REQUEST_BYTES 1048576
#define USHER_MAX_HTTP_URL 8192
#define USHER_MAX_HTTP_HEADERS 32
#define USHER_MAX_HTTP_HEADER_BYTES 16384
#define USHER_MAX_KV_KEY 256
#define USHER_MAX_KV_VALUE 65536
#define USHER_MAX_KV_ENTRIES 1000
#define USHER_MAX_KV_BYTES 1048576
#define USHER_MAX_KV_TTL 31536000
#define USHER_MAX_METRICS 16
#define USHER_MAX_SPANS 16
#define USHER_MAX_SPAN_NAME 64
#define USHER_MAX_ATTRIBUTES 8
#define USHER_MAX_ATTRIBUTE 256
#define USHER_MAX_METRIC_LABEL 64
#define USHER_MAX_METRIC_NAMES 32
#define USHER_MAX_METRIC_LABELS 8
#define USHER_MAX_METRIC_SERIES 256
#define USHER_MAX_REDIRECT_URL 4096
#define USHER_MAX_IDENTITY_STATE 2048
#define USHER_MAX_SUBJECT_NAME 255
#define USHER_MAX_SUBJECT 300
#define USHER_MAX_BODY_PART 102400
#define USHER_MAX_ROUTE_DELAY 3600
#define USHER_MAX_PROVIDER_ID 256
#define USHER_MAX_SEND_REASON 64
#define USHER_MAX_RETRY_AFTER 86400
#define USHER_MAX_CLAIMS 4096
#define USHER_MAX_STATUS_REPORTS 1000
#define USHER_MAX_REFERENCES 20
#define USHER_MAX_REFERENCE_NAME 64
#define USHER_MAX_REFERENCE_VALUE 256

/* ---- What crosses the border ---- */

/* usher_outcome is a guest's verdict. A value that this header does not know is OTHER, with its text. */
typedef struct usher_outcome {
  enum usher_outcome_value {
    USHER_OUTCOME_NONE,
    USHER_OUTCOME_CONTINUE,
    USHER_OUTCOME_DENY,
    USHER_OUTCOME_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_outcome;

static inline usher_outcome usher_outcome_of(usher_text t) {
  if (usher_is(t, "continue")) return (usher_outcome){USHER_OUTCOME_CONTINUE, t};
  if (usher_is(t, "deny")) return (usher_outcome){USHER_OUTCOME_DENY, t};
  return (usher_outcome){t.len ? USHER_OUTCOME_OTHER : USHER_OUTCOME_NONE, t};
}

static inline usher_text usher_outcome_text(usher_outcome v) {
  switch (v.is) {
    case USHER_OUTCOME_CONTINUE: return USHER_TEXT("continue");
    case USHER_OUTCOME_DENY: return USHER_TEXT("deny");
    case USHER_OUTCOME_NONE:
    case USHER_OUTCOME_OTHER: break;
  }
  return v.text;
}

/* usher_field_error says what a guest found wrong with a field. field is the JSON name in the question, code is
   stable and snake_case, message is for the person. */
typedef struct usher_field_error {
  usher_text field;
  usher_text code;
  usher_text message;
} usher_field_error;

static inline void usher_read_field_error(usher_reader *r, usher_field_error *v) {
  *v = (usher_field_error){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "field"))
      v->field = usher_read_text(r);
    else if (usher_is(r->name, "code"))
      v->code = usher_read_text(r);
    else if (usher_is(r->name, "message"))
      v->message = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_field_error(usher_buffer *b, const usher_field_error *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"field\":"), usher_put_json(b, v->field);
  usher_put_literal(b, ",\"code\":"), usher_put_json(b, v->code);
  usher_put_literal(b, ",\"message\":"), usher_put_json(b, v->message);
  usher_end(b, start, '{', '}');
}

/* usher_actor is who caused the call. */
typedef struct usher_actor {
  /* anonymous, user, api_key or system */
  usher_text kind;
  usher_text id;
} usher_actor;

static inline void usher_read_actor(usher_reader *r, usher_actor *v) {
  *v = (usher_actor){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "kind"))
      v->kind = usher_read_text(r);
    else if (usher_is(r->name, "id"))
      v->id = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_actor(usher_buffer *b, const usher_actor *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"kind\":"), usher_put_json(b, v->kind);
  if (v->id.len) usher_put_literal(b, ",\"id\":"), usher_put_json(b, v->id);
  usher_end(b, start, '{', '}');
}

/* usher_refusal says why a capability did not do what was asked. reason is stable and snake_case; detail is for the
   author and never holds what the host keeps from guests. */
typedef struct usher_refusal {
  usher_text reason;
  usher_text detail;
} usher_refusal;

static inline void usher_read_refusal(usher_reader *r, usher_refusal *v) {
  *v = (usher_refusal){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "reason"))
      v->reason = usher_read_text(r);
    else if (usher_is(r->name, "detail"))
      v->detail = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_refusal(usher_buffer *b, const usher_refusal *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"reason\":"), usher_put_json(b, v->reason);
  usher_put_literal(b, ",\"detail\":"), usher_put_json(b, v->detail);
  usher_end(b, start, '{', '}');
}

/* usher_signup_validate is the question of signup.validate: may this signup become a tenant? It is asked before
   anything is written. */
typedef struct usher_signup_validate {
  usher_text email;
  /* lower case, ASCII */
  usher_text email_domain;
  usher_text organization_name;
  usher_text slug;
  usher_text display_name;
  /* BCP 47 */
  usher_text locale;
  usher_map metadata;
} usher_signup_validate;

static inline void usher_read_signup_validate(usher_reader *r, usher_signup_validate *v) {
  *v = (usher_signup_validate){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "email"))
      v->email = usher_read_text(r);
    else if (usher_is(r->name, "email_domain"))
      v->email_domain = usher_read_text(r);
    else if (usher_is(r->name, "organization_name"))
      v->organization_name = usher_read_text(r);
    else if (usher_is(r->name, "slug"))
      v->slug = usher_read_text(r);
    else if (usher_is(r->name, "display_name"))
      v->display_name = usher_read_text(r);
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else if (usher_is(r->name, "metadata"))
      v->metadata = usher_read_map(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_signup_validate(usher_buffer *b, const usher_signup_validate *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"email\":"), usher_put_json(b, v->email);
  usher_put_literal(b, ",\"email_domain\":"), usher_put_json(b, v->email_domain);
  usher_put_literal(b, ",\"organization_name\":"), usher_put_json(b, v->organization_name);
  usher_put_literal(b, ",\"slug\":"), usher_put_json(b, v->slug);
  usher_put_literal(b, ",\"display_name\":"), usher_put_json(b, v->display_name);
  usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_put_literal(b, ",\"metadata\":"), usher_put_map(b, v->metadata);
  usher_end(b, start, '{', '}');
}

/* usher_signup_patch is what a guest may change of a signup; a nil field changes nothing. metadata takes the place
   of the signup's metadata as a whole. */
typedef struct usher_signup_patch {
  usher_text slug;
  usher_map metadata;
} usher_signup_patch;

static inline void usher_read_signup_patch(usher_reader *r, usher_signup_patch *v) {
  *v = (usher_signup_patch){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "slug"))
      v->slug = usher_read_text(r);
    else if (usher_is(r->name, "metadata"))
      v->metadata = usher_read_map(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_signup_patch(usher_buffer *b, const usher_signup_patch *v) {
  const uint32_t start = b->len;
  if (v->slug.at) usher_put_literal(b, ",\"slug\":"), usher_put_json(b, v->slug);
  if (v->metadata.at) usher_put_literal(b, ",\"metadata\":"), usher_put_map(b, v->metadata);
  usher_end(b, start, '{', '}');
}

/* usher_tenant_provision is the question of tenant.provision: prepare what a new tenant needs elsewhere. It is asked
   by a job after the commit, again and again until it is answered; CallID differs each time, RunID never does, so
   that a plugin can tell a repetition. */
typedef struct usher_tenant_provision {
  usher_text tenant_id;
  usher_text slug;
  usher_text name;
  usher_text owner_id;
  /* of the owner, BCP 47, may be empty */
  usher_text locale;
  usher_map metadata;
  /* begins at 1 */
  int64_t attempt;
  /* RFC 3339 in UTC */
  usher_text created_at;
} usher_tenant_provision;

static inline void usher_read_tenant_provision(usher_reader *r, usher_tenant_provision *v) {
  *v = (usher_tenant_provision){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "tenant_id"))
      v->tenant_id = usher_read_text(r);
    else if (usher_is(r->name, "slug"))
      v->slug = usher_read_text(r);
    else if (usher_is(r->name, "name"))
      v->name = usher_read_text(r);
    else if (usher_is(r->name, "owner_id"))
      v->owner_id = usher_read_text(r);
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else if (usher_is(r->name, "metadata"))
      v->metadata = usher_read_map(r);
    else if (usher_is(r->name, "attempt"))
      v->attempt = usher_read_number(r);
    else if (usher_is(r->name, "created_at"))
      v->created_at = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_tenant_provision(usher_buffer *b, const usher_tenant_provision *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"tenant_id\":"), usher_put_json(b, v->tenant_id);
  usher_put_literal(b, ",\"slug\":"), usher_put_json(b, v->slug);
  usher_put_literal(b, ",\"name\":"), usher_put_json(b, v->name);
  usher_put_literal(b, ",\"owner_id\":"), usher_put_json(b, v->owner_id);
  usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_put_literal(b, ",\"metadata\":"), usher_put_map(b, v->metadata);
  usher_put_literal(b, ",\"attempt\":"), usher_put_number(b, v->attempt);
  usher_put_literal(b, ",\"created_at\":"), usher_put_json(b, v->created_at);
  usher_end(b, start, '{', '}');
}

/* usher_tenant_references is what a guest keeps with the tenant: ids of what it made elsewhere, by a snake_case name
   of its own. They have no zero byte. Nil keeps none. */
typedef struct usher_tenant_references {
  usher_map references;
} usher_tenant_references;

static inline void usher_read_tenant_references(usher_reader *r, usher_tenant_references *v) {
  *v = (usher_tenant_references){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "references"))
      v->references = usher_read_map(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_tenant_references(usher_buffer *b, const usher_tenant_references *v) {
  const uint32_t start = b->len;
  if (v->references.at) usher_put_literal(b, ",\"references\":"), usher_put_map(b, v->references);
  usher_end(b, start, '{', '}');
}

/* usher_role is what a member may do in a tenant. A value that this header does not know is OTHER, with its text. */
typedef struct usher_role {
  enum usher_role_value {
    USHER_ROLE_NONE,
    USHER_ROLE_OWNER,
    USHER_ROLE_ADMIN,
    USHER_ROLE_MEMBER,
    USHER_ROLE_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_role;

static inline usher_role usher_role_of(usher_text t) {
  if (usher_is(t, "owner")) return (usher_role){USHER_ROLE_OWNER, t};
  if (usher_is(t, "admin")) return (usher_role){USHER_ROLE_ADMIN, t};
  if (usher_is(t, "member")) return (usher_role){USHER_ROLE_MEMBER, t};
  return (usher_role){t.len ? USHER_ROLE_OTHER : USHER_ROLE_NONE, t};
}

static inline usher_text usher_role_text(usher_role v) {
  switch (v.is) {
    case USHER_ROLE_OWNER: return USHER_TEXT("owner");
    case USHER_ROLE_ADMIN: return USHER_TEXT("admin");
    case USHER_ROLE_MEMBER: return USHER_TEXT("member");
    case USHER_ROLE_NONE:
    case USHER_ROLE_OTHER: break;
  }
  return v.text;
}

/* usher_invitation_validate is the question of invitation.validate: may this person be invited? It is asked before
   anything is written, of those who may invite, for each row of a bulk too. An invitation that is sent again exists
   already and is not asked about. */
typedef struct usher_invitation_validate {
  usher_text email;
  /* lower case, ASCII */
  usher_text email_domain;
  usher_role role;
  usher_role inviter_role;
  /* BCP 47, may be empty */
  usher_text locale;
  /* seconds */
  int64_t expires_in;
  usher_map metadata;
  /* one row of many */
  bool bulk;
} usher_invitation_validate;

static inline void usher_read_invitation_validate(usher_reader *r, usher_invitation_validate *v) {
  *v = (usher_invitation_validate){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "email"))
      v->email = usher_read_text(r);
    else if (usher_is(r->name, "email_domain"))
      v->email_domain = usher_read_text(r);
    else if (usher_is(r->name, "role"))
      v->role = usher_role_of(usher_read_text(r));
    else if (usher_is(r->name, "inviter_role"))
      v->inviter_role = usher_role_of(usher_read_text(r));
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else if (usher_is(r->name, "expires_in"))
      v->expires_in = usher_read_number(r);
    else if (usher_is(r->name, "metadata"))
      v->metadata = usher_read_map(r);
    else if (usher_is(r->name, "bulk"))
      v->bulk = usher_read_flag(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_invitation_validate(usher_buffer *b, const usher_invitation_validate *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"email\":"), usher_put_json(b, v->email);
  usher_put_literal(b, ",\"email_domain\":"), usher_put_json(b, v->email_domain);
  usher_put_literal(b, ",\"role\":"), usher_put_json(b, usher_role_text(v->role));
  usher_put_literal(b, ",\"inviter_role\":"), usher_put_json(b, usher_role_text(v->inviter_role));
  usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_put_literal(b, ",\"expires_in\":"), usher_put_number(b, v->expires_in);
  usher_put_literal(b, ",\"metadata\":"), usher_put_map(b, v->metadata);
  usher_put_literal(b, ",\"bulk\":"), usher_put_flag(b, v->bulk);
  usher_end(b, start, '{', '}');
}

/* usher_invitation_patch is what a guest may change of an invitation; a nil field changes nothing. expires_in may
   only be shorter and role only lower than what was asked for; metadata takes the place of the invitation's as a
   whole. Of several guests the shortest life and the lowest role hold. */
typedef struct usher_invitation_patch {
  /* seconds, at least 60 */
  usher_optional_number expires_in;
  usher_role role;
  usher_text locale;
  usher_map metadata;
} usher_invitation_patch;

static inline void usher_read_invitation_patch(usher_reader *r, usher_invitation_patch *v) {
  *v = (usher_invitation_patch){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "expires_in"))
      v->expires_in = usher_read_optional_number(r);
    else if (usher_is(r->name, "role"))
      v->role = usher_role_of(usher_read_text(r));
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else if (usher_is(r->name, "metadata"))
      v->metadata = usher_read_map(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_invitation_patch(usher_buffer *b, const usher_invitation_patch *v) {
  const uint32_t start = b->len;
  if (v->expires_in.set) usher_put_literal(b, ",\"expires_in\":"), usher_put_number(b, v->expires_in.value);
  if (v->role.is) usher_put_literal(b, ",\"role\":"), usher_put_json(b, usher_role_text(v->role));
  if (v->locale.at) usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  if (v->metadata.at) usher_put_literal(b, ",\"metadata\":"), usher_put_map(b, v->metadata);
  usher_end(b, start, '{', '}');
}

/* usher_activation_purpose is what a link activates. A value that this header does not know is OTHER, with its text. */
typedef struct usher_activation_purpose {
  enum usher_activation_purpose_value {
    USHER_ACTIVATION_PURPOSE_NONE,
    USHER_ACTIVATION_PURPOSE_OWNER_VERIFICATION,
    USHER_ACTIVATION_PURPOSE_INVITATION,
    USHER_ACTIVATION_PURPOSE_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_activation_purpose;

static inline usher_activation_purpose usher_activation_purpose_of(usher_text t) {
  if (usher_is(t, "owner_verification")) return (usher_activation_purpose){USHER_ACTIVATION_PURPOSE_OWNER_VERIFICATION, t};
  if (usher_is(t, "invitation")) return (usher_activation_purpose){USHER_ACTIVATION_PURPOSE_INVITATION, t};
  return (usher_activation_purpose){t.len ? USHER_ACTIVATION_PURPOSE_OTHER : USHER_ACTIVATION_PURPOSE_NONE, t};
}

static inline usher_text usher_activation_purpose_text(usher_activation_purpose v) {
  switch (v.is) {
    case USHER_ACTIVATION_PURPOSE_OWNER_VERIFICATION: return USHER_TEXT("owner_verification");
    case USHER_ACTIVATION_PURPOSE_INVITATION: return USHER_TEXT("invitation");
    case USHER_ACTIVATION_PURPOSE_NONE:
    case USHER_ACTIVATION_PURPOSE_OTHER: break;
  }
  return v.text;
}

/* usher_message_tenant is what a renderer sees of the tenant that a mail is about. */
typedef struct usher_message_tenant {
  usher_text name;
  usher_text slug;
} usher_message_tenant;

static inline void usher_read_message_tenant(usher_reader *r, usher_message_tenant *v) {
  *v = (usher_message_tenant){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "name"))
      v->name = usher_read_text(r);
    else if (usher_is(r->name, "slug"))
      v->slug = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_tenant(usher_buffer *b, const usher_message_tenant *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"name\":"), usher_put_json(b, v->name);
  usher_put_literal(b, ",\"slug\":"), usher_put_json(b, v->slug);
  usher_end(b, start, '{', '}');
}

/* usher_activation_validate is the question of activation.validate: may this account become active with this
   profile? It is asked after the token was found good and before it is spent, so a denial costs nobody the link. */
typedef struct usher_activation_validate {
  usher_activation_purpose purpose;
  usher_text email;
  /* lower case, ASCII */
  usher_text email_domain;
  usher_role role;
  /* then the profile is that of the account */
  bool account_exists;
  usher_message_tenant tenant;
  usher_text display_name;
  /* BCP 47, may be empty */
  usher_text locale;
} usher_activation_validate;

static inline void usher_read_activation_validate(usher_reader *r, usher_activation_validate *v) {
  *v = (usher_activation_validate){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "purpose"))
      v->purpose = usher_activation_purpose_of(usher_read_text(r));
    else if (usher_is(r->name, "email"))
      v->email = usher_read_text(r);
    else if (usher_is(r->name, "email_domain"))
      v->email_domain = usher_read_text(r);
    else if (usher_is(r->name, "role"))
      v->role = usher_role_of(usher_read_text(r));
    else if (usher_is(r->name, "account_exists"))
      v->account_exists = usher_read_flag(r);
    else if (usher_is(r->name, "tenant"))
      usher_read_message_tenant(r, &v->tenant);
    else if (usher_is(r->name, "display_name"))
      v->display_name = usher_read_text(r);
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_activation_validate(usher_buffer *b, const usher_activation_validate *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"purpose\":"), usher_put_json(b, usher_activation_purpose_text(v->purpose));
  usher_put_literal(b, ",\"email\":"), usher_put_json(b, v->email);
  usher_put_literal(b, ",\"email_domain\":"), usher_put_json(b, v->email_domain);
  usher_put_literal(b, ",\"role\":"), usher_put_json(b, usher_role_text(v->role));
  usher_put_literal(b, ",\"account_exists\":"), usher_put_flag(b, v->account_exists);
  usher_put_literal(b, ",\"tenant\":"), usher_put_message_tenant(b, &v->tenant);
  usher_put_literal(b, ",\"display_name\":"), usher_put_json(b, v->display_name);
  usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_end(b, start, '{', '}');
}

/* usher_activation_patch is what a guest may change of the profile of a new account; a nil field changes nothing.
   The profile of an account that exists stays as it is. A denial names the fields display_name and locale, which the
   form of the person has as profile.display_name and profile.locale. */
typedef struct usher_activation_patch {
  usher_text display_name;
  usher_text locale;
} usher_activation_patch;

static inline void usher_read_activation_patch(usher_reader *r, usher_activation_patch *v) {
  *v = (usher_activation_patch){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "display_name"))
      v->display_name = usher_read_text(r);
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_activation_patch(usher_buffer *b, const usher_activation_patch *v) {
  const uint32_t start = b->len;
  if (v->display_name.at) usher_put_literal(b, ",\"display_name\":"), usher_put_json(b, v->display_name);
  if (v->locale.at) usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_end(b, start, '{', '}');
}

/* usher_password_purpose says why there is a new password. A value that this header does not know is OTHER, with its
   text. */
typedef struct usher_password_purpose {
  enum usher_password_purpose_value {
    USHER_PASSWORD_PURPOSE_NONE,
    USHER_PASSWORD_PURPOSE_ACTIVATION,
    USHER_PASSWORD_PURPOSE_RESET,
    USHER_PASSWORD_PURPOSE_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_password_purpose;

static inline usher_password_purpose usher_password_purpose_of(usher_text t) {
  if (usher_is(t, "activation")) return (usher_password_purpose){USHER_PASSWORD_PURPOSE_ACTIVATION, t};
  if (usher_is(t, "reset")) return (usher_password_purpose){USHER_PASSWORD_PURPOSE_RESET, t};
  return (usher_password_purpose){t.len ? USHER_PASSWORD_PURPOSE_OTHER : USHER_PASSWORD_PURPOSE_NONE, t};
}

static inline usher_text usher_password_purpose_text(usher_password_purpose v) {
  switch (v.is) {
    case USHER_PASSWORD_PURPOSE_ACTIVATION: return USHER_TEXT("activation");
    case USHER_PASSWORD_PURPOSE_RESET: return USHER_TEXT("reset");
    case USHER_PASSWORD_PURPOSE_NONE:
    case USHER_PASSWORD_PURPOSE_OTHER: break;
  }
  return v.text;
}

/* usher_password_facts describe a password without giving it away. */
typedef struct usher_password_facts {
  /* in characters */
  int64_t length;
  /* different characters */
  int64_t distinct;
  int64_t lower;
  int64_t upper;
  int64_t digits;
  int64_t other;
  /* the local part of the address, or a word of the name, from 3 characters */
  bool contains_user;
  /* the tenant's slug, or a word of its name, from 3 characters */
  bool contains_org;
} usher_password_facts;

static inline void usher_read_password_facts(usher_reader *r, usher_password_facts *v) {
  *v = (usher_password_facts){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "length"))
      v->length = usher_read_number(r);
    else if (usher_is(r->name, "distinct"))
      v->distinct = usher_read_number(r);
    else if (usher_is(r->name, "lower"))
      v->lower = usher_read_number(r);
    else if (usher_is(r->name, "upper"))
      v->upper = usher_read_number(r);
    else if (usher_is(r->name, "digits"))
      v->digits = usher_read_number(r);
    else if (usher_is(r->name, "other"))
      v->other = usher_read_number(r);
    else if (usher_is(r->name, "contains_user"))
      v->contains_user = usher_read_flag(r);
    else if (usher_is(r->name, "contains_org"))
      v->contains_org = usher_read_flag(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_password_facts(usher_buffer *b, const usher_password_facts *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"length\":"), usher_put_number(b, v->length);
  usher_put_literal(b, ",\"distinct\":"), usher_put_number(b, v->distinct);
  usher_put_literal(b, ",\"lower\":"), usher_put_number(b, v->lower);
  usher_put_literal(b, ",\"upper\":"), usher_put_number(b, v->upper);
  usher_put_literal(b, ",\"digits\":"), usher_put_number(b, v->digits);
  usher_put_literal(b, ",\"other\":"), usher_put_number(b, v->other);
  usher_put_literal(b, ",\"contains_user\":"), usher_put_flag(b, v->contains_user);
  usher_put_literal(b, ",\"contains_org\":"), usher_put_flag(b, v->contains_org);
  usher_end(b, start, '{', '}');
}

/* usher_password_check is the question of password.check: is this new password good enough? A guest is given facts
   and never the password. */
typedef struct usher_password_check {
  usher_password_purpose purpose;
  usher_password_facts facts;
  /* sha1_prefix is the first five hexadecimal digits, upper case, of the password's SHA-1: what the k-anonymity
     look-up of breached passwords asks for. */
  usher_text sha1_prefix;
} usher_password_check;

static inline void usher_read_password_check(usher_reader *r, usher_password_check *v) {
  *v = (usher_password_check){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "purpose"))
      v->purpose = usher_password_purpose_of(usher_read_text(r));
    else if (usher_is(r->name, "facts"))
      usher_read_password_facts(r, &v->facts);
    else if (usher_is(r->name, "sha1_prefix"))
      v->sha1_prefix = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_password_check(usher_buffer *b, const usher_password_check *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"purpose\":"), usher_put_json(b, usher_password_purpose_text(v->purpose));
  usher_put_literal(b, ",\"facts\":"), usher_put_password_facts(b, &v->facts);
  usher_put_literal(b, ",\"sha1_prefix\":"), usher_put_json(b, v->sha1_prefix);
  usher_end(b, start, '{', '}');
}

/* usher_password_verdict is what a guest may add to its outcome: nothing. A denial gives its reason as an error of
   the field password, and of no other. */
typedef struct usher_password_verdict {
  char nothing; /* C has no struct without members */
} usher_password_verdict;

static inline void usher_read_password_verdict(usher_reader *r, usher_password_verdict *v) {
  *v = (usher_password_verdict){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    usher_skip(r);
  }
}

static inline void usher_put_password_verdict(usher_buffer *b, const usher_password_verdict *v) {
  (void)v;
  usher_put_literal(b, "{}");
}

/* usher_message_kind says what a mail is for. A value that this header does not know is OTHER, with its text. */
typedef struct usher_message_kind {
  enum usher_message_kind_value {
    USHER_MESSAGE_KIND_NONE,
    USHER_MESSAGE_KIND_OWNER_VERIFICATION,
    USHER_MESSAGE_KIND_INVITATION,
    USHER_MESSAGE_KIND_EXISTING_ACCOUNT,
    USHER_MESSAGE_KIND_SIGN_IN,
    USHER_MESSAGE_KIND_PASSWORD_RESET,
    USHER_MESSAGE_KIND_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_message_kind;

static inline usher_message_kind usher_message_kind_of(usher_text t) {
  if (usher_is(t, "owner_verification")) return (usher_message_kind){USHER_MESSAGE_KIND_OWNER_VERIFICATION, t};
  if (usher_is(t, "invitation")) return (usher_message_kind){USHER_MESSAGE_KIND_INVITATION, t};
  if (usher_is(t, "existing_account")) return (usher_message_kind){USHER_MESSAGE_KIND_EXISTING_ACCOUNT, t};
  if (usher_is(t, "sign_in")) return (usher_message_kind){USHER_MESSAGE_KIND_SIGN_IN, t};
  if (usher_is(t, "password_reset")) return (usher_message_kind){USHER_MESSAGE_KIND_PASSWORD_RESET, t};
  return (usher_message_kind){t.len ? USHER_MESSAGE_KIND_OTHER : USHER_MESSAGE_KIND_NONE, t};
}

static inline usher_text usher_message_kind_text(usher_message_kind v) {
  switch (v.is) {
    case USHER_MESSAGE_KIND_OWNER_VERIFICATION: return USHER_TEXT("owner_verification");
    case USHER_MESSAGE_KIND_INVITATION: return USHER_TEXT("invitation");
    case USHER_MESSAGE_KIND_EXISTING_ACCOUNT: return USHER_TEXT("existing_account");
    case USHER_MESSAGE_KIND_SIGN_IN: return USHER_TEXT("sign_in");
    case USHER_MESSAGE_KIND_PASSWORD_RESET: return USHER_TEXT("password_reset");
    case USHER_MESSAGE_KIND_NONE:
    case USHER_MESSAGE_KIND_OTHER: break;
  }
  return v.text;
}

/* usher_message_render is the question of message.render: what does this mail say? link is a placeholder that the
   renderer copies into both parts verbatim; the host puts the real link in its place afterwards, so no guest sees a
   token. */
typedef struct usher_message_render {
  usher_message_kind kind;
  /* BCP 47, empty for the default */
  usher_text locale;
  usher_message_tenant tenant;
  /* may be empty */
  usher_text recipient_name;
  /* of an invitation only */
  usher_text inviter_name;
  /* empty when the message has none */
  usher_text link;
  /* RFC 3339 in UTC, empty without a link */
  usher_text expires_at;
} usher_message_render;

static inline void usher_read_message_render(usher_reader *r, usher_message_render *v) {
  *v = (usher_message_render){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "kind"))
      v->kind = usher_message_kind_of(usher_read_text(r));
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else if (usher_is(r->name, "tenant"))
      usher_read_message_tenant(r, &v->tenant);
    else if (usher_is(r->name, "recipient_name"))
      v->recipient_name = usher_read_text(r);
    else if (usher_is(r->name, "inviter_name"))
      v->inviter_name = usher_read_text(r);
    else if (usher_is(r->name, "link"))
      v->link = usher_read_text(r);
    else if (usher_is(r->name, "expires_at"))
      v->expires_at = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_render(usher_buffer *b, const usher_message_render *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"kind\":"), usher_put_json(b, usher_message_kind_text(v->kind));
  usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_put_literal(b, ",\"tenant\":"), usher_put_message_tenant(b, &v->tenant);
  usher_put_literal(b, ",\"recipient_name\":"), usher_put_json(b, v->recipient_name);
  usher_put_literal(b, ",\"inviter_name\":"), usher_put_json(b, v->inviter_name);
  usher_put_literal(b, ",\"link\":"), usher_put_json(b, v->link);
  usher_put_literal(b, ",\"expires_at\":"), usher_put_json(b, v->expires_at);
  usher_end(b, start, '{', '}');
}

/* usher_rendered_message is a finished mail. Both parts are needed; the subject is one line; the link placeholder
   stands in both parts when the question had one. */
typedef struct usher_rendered_message {
  usher_text subject;
  usher_text html;
  usher_text text;
} usher_rendered_message;

static inline void usher_read_rendered_message(usher_reader *r, usher_rendered_message *v) {
  *v = (usher_rendered_message){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "subject"))
      v->subject = usher_read_text(r);
    else if (usher_is(r->name, "html"))
      v->html = usher_read_text(r);
    else if (usher_is(r->name, "text"))
      v->text = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_rendered_message(usher_buffer *b, const usher_rendered_message *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"subject\":"), usher_put_json(b, v->subject);
  usher_put_literal(b, ",\"html\":"), usher_put_json(b, v->html);
  usher_put_literal(b, ",\"text\":"), usher_put_json(b, v->text);
  usher_end(b, start, '{', '}');
}

/* usher_mail_provider is one way out for a mail. */
typedef struct usher_mail_provider {
  usher_text name;
  /* as far as the last attempts showed */
  bool up;
  /* served by message.send */
  bool plugin;
  /* it was the last that this mail was handed to, and did not take it */
  bool refused;
} usher_mail_provider;

static inline void usher_read_mail_provider(usher_reader *r, usher_mail_provider *v) {
  *v = (usher_mail_provider){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "name"))
      v->name = usher_read_text(r);
    else if (usher_is(r->name, "up"))
      v->up = usher_read_flag(r);
    else if (usher_is(r->name, "plugin"))
      v->plugin = usher_read_flag(r);
    else if (usher_is(r->name, "refused"))
      v->refused = usher_read_flag(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_mail_provider(usher_buffer *b, const usher_mail_provider *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"name\":"), usher_put_json(b, v->name);
  usher_put_literal(b, ",\"up\":"), usher_put_flag(b, v->up);
  usher_put_literal(b, ",\"plugin\":"), usher_put_flag(b, v->plugin);
  usher_put_literal(b, ",\"refused\":"), usher_put_flag(b, v->refused);
  usher_end(b, start, '{', '}');
}

typedef struct usher_mail_provider_list {
  usher_mail_provider *at;
  uint32_t len, room;
} usher_mail_provider_list;

static inline usher_mail_provider_list usher_read_mail_provider_list(usher_reader *r) {
  usher_mail_provider_list list = {0};
  for (bool more = usher_array(r); more; more = usher_element(r)) {
    usher_mail_provider e;
    usher_read_mail_provider(r, &e);
    usher_add(&list, e);
  }
  return list;
}

static inline void usher_put_mail_provider_list(usher_buffer *b, usher_mail_provider_list list) {
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < list.len; i++) {
    usher_put_byte(b, ',');
    usher_put_mail_provider(b, &list.at[i]);
  }
  usher_end(b, start, '[', ']');
}

/* usher_message_route is the question of message.route: by which providers, and when, does this mail leave? It is
   asked at each attempt. */
typedef struct usher_message_route {
  usher_message_kind kind;
  /* BCP 47, may be empty */
  usher_text locale;
  usher_text recipient_domain;
  /* begins at 1; one that a delay put off comes again */
  int64_t attempt;
  /* seconds since the mail was committed */
  int64_t age_s;
  /* in their configured order */
  usher_mail_provider_list providers;
} usher_message_route;

static inline void usher_read_message_route(usher_reader *r, usher_message_route *v) {
  *v = (usher_message_route){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "kind"))
      v->kind = usher_message_kind_of(usher_read_text(r));
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else if (usher_is(r->name, "recipient_domain"))
      v->recipient_domain = usher_read_text(r);
    else if (usher_is(r->name, "attempt"))
      v->attempt = usher_read_number(r);
    else if (usher_is(r->name, "age_s"))
      v->age_s = usher_read_number(r);
    else if (usher_is(r->name, "providers"))
      v->providers = usher_read_mail_provider_list(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_route(usher_buffer *b, const usher_message_route *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"kind\":"), usher_put_json(b, usher_message_kind_text(v->kind));
  usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_put_literal(b, ",\"recipient_domain\":"), usher_put_json(b, v->recipient_domain);
  usher_put_literal(b, ",\"attempt\":"), usher_put_number(b, v->attempt);
  usher_put_literal(b, ",\"age_s\":"), usher_put_number(b, v->age_s);
  usher_put_literal(b, ",\"providers\":"), usher_put_mail_provider_list(b, v->providers);
  usher_end(b, start, '{', '}');
}

/* usher_message_routing is the answer: the names of providers to try, in order. Nil keeps the configured order; a
   name that is not configured breaks the contract. */
typedef struct usher_message_routing {
  usher_texts providers;
  /* seconds to wait before the first try */
  int64_t delay_s;
} usher_message_routing;

static inline void usher_read_message_routing(usher_reader *r, usher_message_routing *v) {
  *v = (usher_message_routing){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "providers"))
      v->providers = usher_read_texts(r);
    else if (usher_is(r->name, "delay_s"))
      v->delay_s = usher_read_number(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_routing(usher_buffer *b, const usher_message_routing *v) {
  const uint32_t start = b->len;
  if (v->providers.len) usher_put_literal(b, ",\"providers\":"), usher_put_texts(b, v->providers);
  if (v->delay_s) usher_put_literal(b, ",\"delay_s\":"), usher_put_number(b, v->delay_s);
  usher_end(b, start, '{', '}');
}

/* usher_mail_address is who writes a mail. */
typedef struct usher_mail_address {
  /* may be empty */
  usher_text name;
  usher_text email;
} usher_mail_address;

static inline void usher_read_mail_address(usher_reader *r, usher_mail_address *v) {
  *v = (usher_mail_address){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "name"))
      v->name = usher_read_text(r);
    else if (usher_is(r->name, "email"))
      v->email = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_mail_address(usher_buffer *b, const usher_mail_address *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"name\":"), usher_put_json(b, v->name);
  usher_put_literal(b, ",\"email\":"), usher_put_json(b, v->email);
  usher_end(b, start, '{', '}');
}

/* usher_message_send is the question of message.send: hand this mail to the provider that the plugin adapts. Where
   the link belongs, text and html have link, a placeholder: the host puts the real link in its place, also in its
   URL-encoded form, in the body of each request that the guest sends with usher_http_fetch, so that no guest sees a
   token. A mail with a link that is accepted while its placeholder left in no request breaks the contract. */
typedef struct usher_message_send {
  /* name in the host's configuration */
  usher_text provider;
  /* without brackets; the same for every attempt */
  usher_text message_id;
  /* begins at 1 */
  int64_t attempt;
  usher_message_kind kind;
  usher_mail_address from;
  usher_text to;
  usher_text subject;
  usher_text text;
  usher_text html;
  /* the placeholder, empty when the mail has none */
  usher_text link;
} usher_message_send;

static inline void usher_read_message_send(usher_reader *r, usher_message_send *v) {
  *v = (usher_message_send){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "provider"))
      v->provider = usher_read_text(r);
    else if (usher_is(r->name, "message_id"))
      v->message_id = usher_read_text(r);
    else if (usher_is(r->name, "attempt"))
      v->attempt = usher_read_number(r);
    else if (usher_is(r->name, "kind"))
      v->kind = usher_message_kind_of(usher_read_text(r));
    else if (usher_is(r->name, "from"))
      usher_read_mail_address(r, &v->from);
    else if (usher_is(r->name, "to"))
      v->to = usher_read_text(r);
    else if (usher_is(r->name, "subject"))
      v->subject = usher_read_text(r);
    else if (usher_is(r->name, "text"))
      v->text = usher_read_text(r);
    else if (usher_is(r->name, "html"))
      v->html = usher_read_text(r);
    else if (usher_is(r->name, "link"))
      v->link = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_send(usher_buffer *b, const usher_message_send *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"provider\":"), usher_put_json(b, v->provider);
  usher_put_literal(b, ",\"message_id\":"), usher_put_json(b, v->message_id);
  usher_put_literal(b, ",\"attempt\":"), usher_put_number(b, v->attempt);
  usher_put_literal(b, ",\"kind\":"), usher_put_json(b, usher_message_kind_text(v->kind));
  usher_put_literal(b, ",\"from\":"), usher_put_mail_address(b, &v->from);
  usher_put_literal(b, ",\"to\":"), usher_put_json(b, v->to);
  usher_put_literal(b, ",\"subject\":"), usher_put_json(b, v->subject);
  usher_put_literal(b, ",\"text\":"), usher_put_json(b, v->text);
  usher_put_literal(b, ",\"html\":"), usher_put_json(b, v->html);
  usher_put_literal(b, ",\"link\":"), usher_put_json(b, v->link);
  usher_end(b, start, '{', '}');
}

/* usher_send_status is what became of an attempt to send. A value that this header does not know is OTHER, with its
   text. */
typedef struct usher_send_status {
  enum usher_send_status_value {
    USHER_SEND_STATUS_NONE,
    /* the provider has it */
    USHER_SEND_STATUS_ACCEPTED,
    /* not now: another provider, or later */
    USHER_SEND_STATUS_RETRY,
    /* the provider refuses us: credentials, quota; concerns every mail */
    USHER_SEND_STATUS_REFUSED,
    /* never: this recipient, or this mail */
    USHER_SEND_STATUS_FAILED,
    USHER_SEND_STATUS_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_send_status;

static inline usher_send_status usher_send_status_of(usher_text t) {
  if (usher_is(t, "accepted")) return (usher_send_status){USHER_SEND_STATUS_ACCEPTED, t};
  if (usher_is(t, "retry")) return (usher_send_status){USHER_SEND_STATUS_RETRY, t};
  if (usher_is(t, "refused")) return (usher_send_status){USHER_SEND_STATUS_REFUSED, t};
  if (usher_is(t, "failed")) return (usher_send_status){USHER_SEND_STATUS_FAILED, t};
  return (usher_send_status){t.len ? USHER_SEND_STATUS_OTHER : USHER_SEND_STATUS_NONE, t};
}

static inline usher_text usher_send_status_text(usher_send_status v) {
  switch (v.is) {
    case USHER_SEND_STATUS_ACCEPTED: return USHER_TEXT("accepted");
    case USHER_SEND_STATUS_RETRY: return USHER_TEXT("retry");
    case USHER_SEND_STATUS_REFUSED: return USHER_TEXT("refused");
    case USHER_SEND_STATUS_FAILED: return USHER_TEXT("failed");
    case USHER_SEND_STATUS_NONE:
    case USHER_SEND_STATUS_OTHER: break;
  }
  return v.text;
}

/* usher_message_sent is the answer to message.send. */
typedef struct usher_message_sent {
  usher_send_status status;
  /* the provider's name for the mail */
  usher_text provider_id;
  /* with retry or refused */
  int64_t retry_after_s;
  /* snake_case; never an address */
  usher_text reason;
} usher_message_sent;

static inline void usher_read_message_sent(usher_reader *r, usher_message_sent *v) {
  *v = (usher_message_sent){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "status"))
      v->status = usher_send_status_of(usher_read_text(r));
    else if (usher_is(r->name, "provider_id"))
      v->provider_id = usher_read_text(r);
    else if (usher_is(r->name, "retry_after_s"))
      v->retry_after_s = usher_read_number(r);
    else if (usher_is(r->name, "reason"))
      v->reason = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_sent(usher_buffer *b, const usher_message_sent *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"status\":"), usher_put_json(b, usher_send_status_text(v->status));
  if (v->provider_id.len) usher_put_literal(b, ",\"provider_id\":"), usher_put_json(b, v->provider_id);
  if (v->retry_after_s) usher_put_literal(b, ",\"retry_after_s\":"), usher_put_number(b, v->retry_after_s);
  if (v->reason.len) usher_put_literal(b, ",\"reason\":"), usher_put_json(b, v->reason);
  usher_end(b, start, '{', '}');
}

/* usher_message_status is the question of message.status: what does this callback of a provider say? The guest must
   prove that it comes from the provider, by usher_secret_hmac or a signature in it, and denies it otherwise. */
typedef struct usher_message_status {
  /* name in the host's configuration */
  usher_text provider;
  usher_text method;
  /* first value of each */
  usher_map query;
  /* first value of each, names in lower case */
  usher_map headers;
  /* up to 64 KiB of UTF-8 */
  usher_text body;
} usher_message_status;

static inline void usher_read_message_status(usher_reader *r, usher_message_status *v) {
  *v = (usher_message_status){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "provider"))
      v->provider = usher_read_text(r);
    else if (usher_is(r->name, "method"))
      v->method = usher_read_text(r);
    else if (usher_is(r->name, "query"))
      v->query = usher_read_map(r);
    else if (usher_is(r->name, "headers"))
      v->headers = usher_read_map(r);
    else if (usher_is(r->name, "body"))
      v->body = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_status(usher_buffer *b, const usher_message_status *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"provider\":"), usher_put_json(b, v->provider);
  usher_put_literal(b, ",\"method\":"), usher_put_json(b, v->method);
  usher_put_literal(b, ",\"query\":"), usher_put_map(b, v->query);
  usher_put_literal(b, ",\"headers\":"), usher_put_map(b, v->headers);
  usher_put_literal(b, ",\"body\":"), usher_put_json(b, v->body);
  usher_end(b, start, '{', '}');
}

/* usher_delivery_status is what a provider reports of a mail. A value that this header does not know is OTHER, with
   its text. */
typedef struct usher_delivery_status {
  enum usher_delivery_status_value {
    USHER_DELIVERY_STATUS_NONE,
    USHER_DELIVERY_STATUS_DELIVERED,
    USHER_DELIVERY_STATUS_DEFERRED,
    USHER_DELIVERY_STATUS_BOUNCED,
    USHER_DELIVERY_STATUS_COMPLAINED,
    USHER_DELIVERY_STATUS_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_delivery_status;

static inline usher_delivery_status usher_delivery_status_of(usher_text t) {
  if (usher_is(t, "delivered")) return (usher_delivery_status){USHER_DELIVERY_STATUS_DELIVERED, t};
  if (usher_is(t, "deferred")) return (usher_delivery_status){USHER_DELIVERY_STATUS_DEFERRED, t};
  if (usher_is(t, "bounced")) return (usher_delivery_status){USHER_DELIVERY_STATUS_BOUNCED, t};
  if (usher_is(t, "complained")) return (usher_delivery_status){USHER_DELIVERY_STATUS_COMPLAINED, t};
  return (usher_delivery_status){t.len ? USHER_DELIVERY_STATUS_OTHER : USHER_DELIVERY_STATUS_NONE, t};
}

static inline usher_text usher_delivery_status_text(usher_delivery_status v) {
  switch (v.is) {
    case USHER_DELIVERY_STATUS_DELIVERED: return USHER_TEXT("delivered");
    case USHER_DELIVERY_STATUS_DEFERRED: return USHER_TEXT("deferred");
    case USHER_DELIVERY_STATUS_BOUNCED: return USHER_TEXT("bounced");
    case USHER_DELIVERY_STATUS_COMPLAINED: return USHER_TEXT("complained");
    case USHER_DELIVERY_STATUS_NONE:
    case USHER_DELIVERY_STATUS_OTHER: break;
  }
  return v.text;
}

/* usher_message_report is one thing that happened to a mail. It is named by message_id as usher_message_send gave
   it, or else by provider_id as usher_message_sent gave it; a report of a mail that the host does not know is passed
   over. A mail goes from deferred over delivered and bounced to complained and never back. */
typedef struct usher_message_report {
  usher_text message_id;
  /* no control characters */
  usher_text provider_id;
  usher_delivery_status status;
  /* snake_case, up to USHER_MAX_SEND_REASON */
  usher_text reason;
  /* RFC 3339; now when empty */
  usher_text at;
} usher_message_report;

static inline void usher_read_message_report(usher_reader *r, usher_message_report *v) {
  *v = (usher_message_report){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "message_id"))
      v->message_id = usher_read_text(r);
    else if (usher_is(r->name, "provider_id"))
      v->provider_id = usher_read_text(r);
    else if (usher_is(r->name, "status"))
      v->status = usher_delivery_status_of(usher_read_text(r));
    else if (usher_is(r->name, "reason"))
      v->reason = usher_read_text(r);
    else if (usher_is(r->name, "at"))
      v->at = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_report(usher_buffer *b, const usher_message_report *v) {
  const uint32_t start = b->len;
  if (v->message_id.len) usher_put_literal(b, ",\"message_id\":"), usher_put_json(b, v->message_id);
  if (v->provider_id.len) usher_put_literal(b, ",\"provider_id\":"), usher_put_json(b, v->provider_id);
  usher_put_literal(b, ",\"status\":"), usher_put_json(b, usher_delivery_status_text(v->status));
  if (v->reason.len) usher_put_literal(b, ",\"reason\":"), usher_put_json(b, v->reason);
  if (v->at.len) usher_put_literal(b, ",\"at\":"), usher_put_json(b, v->at);
  usher_end(b, start, '{', '}');
}

typedef struct usher_message_report_list {
  usher_message_report *at;
  uint32_t len, room;
} usher_message_report_list;

static inline usher_message_report_list usher_read_message_report_list(usher_reader *r) {
  usher_message_report_list list = {0};
  for (bool more = usher_array(r); more; more = usher_element(r)) {
    usher_message_report e;
    usher_read_message_report(r, &e);
    usher_add(&list, e);
  }
  return list;
}

static inline void usher_put_message_report_list(usher_buffer *b, usher_message_report_list list) {
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < list.len; i++) {
    usher_put_byte(b, ',');
    usher_put_message_report(b, &list.at[i]);
  }
  usher_end(b, start, '[', ']');
}

/* usher_message_reports is the answer to message.status. */
typedef struct usher_message_reports {
  usher_message_report_list reports;
} usher_message_reports;

static inline void usher_read_message_reports(usher_reader *r, usher_message_reports *v) {
  *v = (usher_message_reports){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "reports"))
      v->reports = usher_read_message_report_list(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_message_reports(usher_buffer *b, const usher_message_reports *v) {
  const uint32_t start = b->len;
  if (v->reports.len) usher_put_literal(b, ",\"reports\":"), usher_put_message_report_list(b, v->reports);
  usher_end(b, start, '{', '}');
}

/* usher_identity_begin is the question of identity.begin: where does a person go to sign in at the provider that the
   plugin adapts? */
typedef struct usher_identity_begin {
  /* name in the host's configuration */
  usher_text provider;
  /* where the provider sends the person back */
  usher_text callback_url;
  /* to be sent along; the host checks it */
  usher_text state;
  /* for an OpenID Connect ID token */
  usher_text nonce;
  /* PKCE, S256 (RFC 7636) */
  usher_text challenge;
  /* may be empty */
  usher_text login_hint;
  /* BCP 47, may be empty */
  usher_text locale;
} usher_identity_begin;

static inline void usher_read_identity_begin(usher_reader *r, usher_identity_begin *v) {
  *v = (usher_identity_begin){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "provider"))
      v->provider = usher_read_text(r);
    else if (usher_is(r->name, "callback_url"))
      v->callback_url = usher_read_text(r);
    else if (usher_is(r->name, "state"))
      v->state = usher_read_text(r);
    else if (usher_is(r->name, "nonce"))
      v->nonce = usher_read_text(r);
    else if (usher_is(r->name, "challenge"))
      v->challenge = usher_read_text(r);
    else if (usher_is(r->name, "login_hint"))
      v->login_hint = usher_read_text(r);
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_identity_begin(usher_buffer *b, const usher_identity_begin *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"provider\":"), usher_put_json(b, v->provider);
  usher_put_literal(b, ",\"callback_url\":"), usher_put_json(b, v->callback_url);
  usher_put_literal(b, ",\"state\":"), usher_put_json(b, v->state);
  usher_put_literal(b, ",\"nonce\":"), usher_put_json(b, v->nonce);
  usher_put_literal(b, ",\"challenge\":"), usher_put_json(b, v->challenge);
  usher_put_literal(b, ",\"login_hint\":"), usher_put_json(b, v->login_hint);
  usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_end(b, start, '{', '}');
}

/* usher_identity_redirect is the answer: an https address. private comes back in usher_identity_finish; it is sealed
   into the person's browser and nowhere else. */
typedef struct usher_identity_redirect {
  /* has the state of the question, once */
  usher_text url;
  usher_text private;
} usher_identity_redirect;

static inline void usher_read_identity_redirect(usher_reader *r, usher_identity_redirect *v) {
  *v = (usher_identity_redirect){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "url"))
      v->url = usher_read_text(r);
    else if (usher_is(r->name, "private"))
      v->private = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_identity_redirect(usher_buffer *b, const usher_identity_redirect *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"url\":"), usher_put_json(b, v->url);
  if (v->private.len) usher_put_literal(b, ",\"private\":"), usher_put_json(b, v->private);
  usher_end(b, start, '{', '}');
}

/* usher_identity_finish is the question of identity.finish: who came back? */
typedef struct usher_identity_finish {
  usher_text provider;
  usher_text callback_url;
  /* of the callback, first value of each */
  usher_map query;
  usher_text nonce;
  /* PKCE */
  usher_text verifier;
  usher_text private;
} usher_identity_finish;

static inline void usher_read_identity_finish(usher_reader *r, usher_identity_finish *v) {
  *v = (usher_identity_finish){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "provider"))
      v->provider = usher_read_text(r);
    else if (usher_is(r->name, "callback_url"))
      v->callback_url = usher_read_text(r);
    else if (usher_is(r->name, "query"))
      v->query = usher_read_map(r);
    else if (usher_is(r->name, "nonce"))
      v->nonce = usher_read_text(r);
    else if (usher_is(r->name, "verifier"))
      v->verifier = usher_read_text(r);
    else if (usher_is(r->name, "private"))
      v->private = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_identity_finish(usher_buffer *b, const usher_identity_finish *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"provider\":"), usher_put_json(b, v->provider);
  usher_put_literal(b, ",\"callback_url\":"), usher_put_json(b, v->callback_url);
  usher_put_literal(b, ",\"query\":"), usher_put_map(b, v->query);
  usher_put_literal(b, ",\"nonce\":"), usher_put_json(b, v->nonce);
  usher_put_literal(b, ",\"verifier\":"), usher_put_json(b, v->verifier);
  usher_put_literal(b, ",\"private\":"), usher_put_json(b, v->private);
  usher_end(b, start, '{', '}');
}

/* usher_identity is a person as a provider knows them. An address that the provider has not verified opens no
   account. */
typedef struct usher_identity {
  /* the provider's own, stable name for the person */
  usher_text subject;
  usher_text email;
  bool email_verified;
  usher_text display_name;
  usher_text locale;
} usher_identity;

static inline void usher_read_identity(usher_reader *r, usher_identity *v) {
  *v = (usher_identity){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "subject"))
      v->subject = usher_read_text(r);
    else if (usher_is(r->name, "email"))
      v->email = usher_read_text(r);
    else if (usher_is(r->name, "email_verified"))
      v->email_verified = usher_read_flag(r);
    else if (usher_is(r->name, "display_name"))
      v->display_name = usher_read_text(r);
    else if (usher_is(r->name, "locale"))
      v->locale = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_identity(usher_buffer *b, const usher_identity *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"subject\":"), usher_put_json(b, v->subject);
  usher_put_literal(b, ",\"email\":"), usher_put_json(b, v->email);
  usher_put_literal(b, ",\"email_verified\":"), usher_put_flag(b, v->email_verified);
  if (v->display_name.len) usher_put_literal(b, ",\"display_name\":"), usher_put_json(b, v->display_name);
  if (v->locale.len) usher_put_literal(b, ",\"locale\":"), usher_put_json(b, v->locale);
  usher_end(b, start, '{', '}');
}

/* usher_session_reason says why an access token is issued. A value that this header does not know is OTHER, with its
   text. */
typedef struct usher_session_reason {
  enum usher_session_reason_value {
    USHER_SESSION_REASON_NONE,
    USHER_SESSION_REASON_ACTIVATION,
    USHER_SESSION_REASON_SIGN_IN,
    USHER_SESSION_REASON_REFRESH,
    USHER_SESSION_REASON_TENANT_SWITCH,
    USHER_SESSION_REASON_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_session_reason;

static inline usher_session_reason usher_session_reason_of(usher_text t) {
  if (usher_is(t, "activation")) return (usher_session_reason){USHER_SESSION_REASON_ACTIVATION, t};
  if (usher_is(t, "sign_in")) return (usher_session_reason){USHER_SESSION_REASON_SIGN_IN, t};
  if (usher_is(t, "refresh")) return (usher_session_reason){USHER_SESSION_REASON_REFRESH, t};
  if (usher_is(t, "tenant_switch")) return (usher_session_reason){USHER_SESSION_REASON_TENANT_SWITCH, t};
  return (usher_session_reason){t.len ? USHER_SESSION_REASON_OTHER : USHER_SESSION_REASON_NONE, t};
}

static inline usher_text usher_session_reason_text(usher_session_reason v) {
  switch (v.is) {
    case USHER_SESSION_REASON_ACTIVATION: return USHER_TEXT("activation");
    case USHER_SESSION_REASON_SIGN_IN: return USHER_TEXT("sign_in");
    case USHER_SESSION_REASON_REFRESH: return USHER_TEXT("refresh");
    case USHER_SESSION_REASON_TENANT_SWITCH: return USHER_TEXT("tenant_switch");
    case USHER_SESSION_REASON_NONE:
    case USHER_SESSION_REASON_OTHER: break;
  }
  return v.text;
}

/* usher_session_claims is the question of session.claims: what else does the access token say? It is asked whenever
   one is issued, before the session is committed or its refresh token spent: a guest may be asked about a session
   that does not come to be. */
typedef struct usher_session_claims {
  usher_text session_id;
  usher_text user_id;
  /* empty without a tenant */
  usher_role role;
  usher_message_tenant tenant;
  usher_session_reason reason;
} usher_session_claims;

static inline void usher_read_session_claims(usher_reader *r, usher_session_claims *v) {
  *v = (usher_session_claims){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "session_id"))
      v->session_id = usher_read_text(r);
    else if (usher_is(r->name, "user_id"))
      v->user_id = usher_read_text(r);
    else if (usher_is(r->name, "role"))
      v->role = usher_role_of(usher_read_text(r));
    else if (usher_is(r->name, "tenant"))
      usher_read_message_tenant(r, &v->tenant);
    else if (usher_is(r->name, "reason"))
      v->reason = usher_session_reason_of(usher_read_text(r));
    else
      usher_skip(r);
  }
}

static inline void usher_put_session_claims(usher_buffer *b, const usher_session_claims *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"session_id\":"), usher_put_json(b, v->session_id);
  usher_put_literal(b, ",\"user_id\":"), usher_put_json(b, v->user_id);
  usher_put_literal(b, ",\"role\":"), usher_put_json(b, usher_role_text(v->role));
  usher_put_literal(b, ",\"tenant\":"), usher_put_message_tenant(b, &v->tenant);
  usher_put_literal(b, ",\"reason\":"), usher_put_json(b, usher_session_reason_text(v->reason));
  usher_end(b, start, '{', '}');
}

/* usher_session_claimed is the answer. The claims, a JSON object, stand in the token below ext.<plugin>, so no
   plugin can name a claim of the host or of another plugin. */
typedef struct usher_session_claimed {
  usher_text claims;
} usher_session_claimed;

static inline void usher_read_session_claimed(usher_reader *r, usher_session_claimed *v) {
  *v = (usher_session_claimed){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "claims"))
      v->claims = usher_read_raw(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_session_claimed(usher_buffer *b, const usher_session_claimed *v) {
  const uint32_t start = b->len;
  if (v->claims.len) usher_put_literal(b, ",\"claims\":"), usher_put_raw(b, v->claims);
  usher_end(b, start, '{', '}');
}

/* usher_event_deliver is the question of event.deliver: take this event. Events of a tenant come in their order,
   each at least once, with an id that stays the same. */
typedef struct usher_event_deliver {
  /* a CloudEvent 1.0 as JSON */
  usher_text event;
  /* begins at 1 */
  int64_t attempt;
} usher_event_deliver;

static inline void usher_read_event_deliver(usher_reader *r, usher_event_deliver *v) {
  *v = (usher_event_deliver){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "event"))
      v->event = usher_read_raw(r);
    else if (usher_is(r->name, "attempt"))
      v->attempt = usher_read_number(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_event_deliver(usher_buffer *b, const usher_event_deliver *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"event\":"), usher_put_raw(b, v->event);
  usher_put_literal(b, ",\"attempt\":"), usher_put_number(b, v->attempt);
  usher_end(b, start, '{', '}');
}

/* usher_event_delivered is the answer. Without acknowledged the event comes again, after retry_after_s seconds if
   given (at most USHER_MAX_RETRY_AFTER). */
typedef struct usher_event_delivered {
  bool acknowledged;
  int64_t retry_after_s;
} usher_event_delivered;

static inline void usher_read_event_delivered(usher_reader *r, usher_event_delivered *v) {
  *v = (usher_event_delivered){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "acknowledged"))
      v->acknowledged = usher_read_flag(r);
    else if (usher_is(r->name, "retry_after_s"))
      v->retry_after_s = usher_read_number(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_event_delivered(usher_buffer *b, const usher_event_delivered *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"acknowledged\":"), usher_put_flag(b, v->acknowledged);
  if (v->retry_after_s) usher_put_literal(b, ",\"retry_after_s\":"), usher_put_number(b, v->retry_after_s);
  usher_end(b, start, '{', '}');
}

/* usher_http_auth puts a secret that the guest never sees into a request: header gets prefix and then the value. */
typedef struct usher_http_auth {
  usher_text secret;
  /* Authorization when empty */
  usher_text header;
  /* such as "Bearer " */
  usher_text prefix;
  /* basic_user makes the value "Basic " and the base64 of basic_user:secret. */
  usher_text basic_user;
} usher_http_auth;

static inline void usher_read_http_auth(usher_reader *r, usher_http_auth *v) {
  *v = (usher_http_auth){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "secret"))
      v->secret = usher_read_text(r);
    else if (usher_is(r->name, "header"))
      v->header = usher_read_text(r);
    else if (usher_is(r->name, "prefix"))
      v->prefix = usher_read_text(r);
    else if (usher_is(r->name, "basic_user"))
      v->basic_user = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_http_auth(usher_buffer *b, const usher_http_auth *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"secret\":"), usher_put_json(b, v->secret);
  if (v->header.len) usher_put_literal(b, ",\"header\":"), usher_put_json(b, v->header);
  if (v->prefix.len) usher_put_literal(b, ",\"prefix\":"), usher_put_json(b, v->prefix);
  if (v->basic_user.len) usher_put_literal(b, ",\"basic_user\":"), usher_put_json(b, v->basic_user);
  usher_end(b, start, '{', '}');
}

/* usher_http_request asks for one exchange with a granted origin, at a hook that makes calls out. There are no
   redirects, no cookies, no proxies and no compression. method is GET, HEAD, POST, PUT, PATCH or DELETE; the first
   two have no body. The host sets Host, User-Agent, traceparent and what frames the message; those and headers of a
   proxy or a connection are malformed here. Secrets are put in by the host: auth names one that the operator
   granted. What of a secret or a link comes back in the answer is replaced. */
typedef struct usher_http_request {
  usher_text method;
  usher_text url;
  usher_map headers;
  /* UTF-8 */
  usher_text body;
  const usher_http_auth *auth;
} usher_http_request;

static inline void usher_read_http_request(usher_reader *r, usher_http_request *v) {
  *v = (usher_http_request){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "method"))
      v->method = usher_read_text(r);
    else if (usher_is(r->name, "url"))
      v->url = usher_read_text(r);
    else if (usher_is(r->name, "headers"))
      v->headers = usher_read_map(r);
    else if (usher_is(r->name, "body"))
      v->body = usher_read_text(r);
    else if (usher_is(r->name, "auth"))
      {
        usher_http_auth *const p = usher_null(r) ? NULL : usher_alloc(sizeof *p);
        v->auth = p;
        if (p) usher_read_http_auth(r, p);
      }
    else
      usher_skip(r);
  }
}

static inline void usher_put_http_request(usher_buffer *b, const usher_http_request *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"method\":"), usher_put_json(b, v->method);
  usher_put_literal(b, ",\"url\":"), usher_put_json(b, v->url);
  if (v->headers.at) usher_put_literal(b, ",\"headers\":"), usher_put_map(b, v->headers);
  if (v->body.len) usher_put_literal(b, ",\"body\":"), usher_put_json(b, v->body);
  if (v->auth) usher_put_literal(b, ",\"auth\":"), usher_put_http_auth(b, v->auth);
  usher_end(b, start, '{', '}');
}

/* usher_http_response is what came back; any status of the other side is an answer, a redirect too. */
typedef struct usher_http_response {
  int64_t status;
  /* first value of each, names in lower case; no cookies */
  usher_map headers;
  /* broken UTF-8 is replaced */
  usher_text body;
} usher_http_response;

static inline void usher_read_http_response(usher_reader *r, usher_http_response *v) {
  *v = (usher_http_response){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "status"))
      v->status = usher_read_number(r);
    else if (usher_is(r->name, "headers"))
      v->headers = usher_read_map(r);
    else if (usher_is(r->name, "body"))
      v->body = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_http_response(usher_buffer *b, const usher_http_response *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"status\":"), usher_put_number(b, v->status);
  usher_put_literal(b, ",\"headers\":"), usher_put_map(b, v->headers);
  usher_put_literal(b, ",\"body\":"), usher_put_json(b, v->body);
  usher_end(b, start, '{', '}');
}

/* usher_kv_key names an entry. The namespace (plugin and tenant) is the host's to say. */
typedef struct usher_kv_key {
  usher_text key;
} usher_kv_key;

static inline void usher_read_kv_key(usher_reader *r, usher_kv_key *v) {
  *v = (usher_kv_key){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "key"))
      v->key = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_kv_key(usher_buffer *b, const usher_kv_key *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"key\":"), usher_put_json(b, v->key);
  usher_end(b, start, '{', '}');
}

/* usher_kv_value is what was kept. */
typedef struct usher_kv_value {
  usher_text value;
  /* RFC 3339 in UTC */
  usher_text expires_at;
} usher_kv_value;

static inline void usher_read_kv_value(usher_reader *r, usher_kv_value *v) {
  *v = (usher_kv_value){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "value"))
      v->value = usher_read_text(r);
    else if (usher_is(r->name, "expires_at"))
      v->expires_at = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_kv_value(usher_buffer *b, const usher_kv_value *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"value\":"), usher_put_json(b, v->value);
  usher_put_literal(b, ",\"expires_at\":"), usher_put_json(b, v->expires_at);
  usher_end(b, start, '{', '}');
}

/* usher_kv_entry is what is kept. ttl_s is how long in seconds; zero means USHER_MAX_KV_TTL. */
typedef struct usher_kv_entry {
  usher_text key;
  usher_text value;
  int64_t ttl_s;
} usher_kv_entry;

static inline void usher_read_kv_entry(usher_reader *r, usher_kv_entry *v) {
  *v = (usher_kv_entry){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "key"))
      v->key = usher_read_text(r);
    else if (usher_is(r->name, "value"))
      v->value = usher_read_text(r);
    else if (usher_is(r->name, "ttl_s"))
      v->ttl_s = usher_read_number(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_kv_entry(usher_buffer *b, const usher_kv_entry *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"key\":"), usher_put_json(b, v->key);
  usher_put_literal(b, ",\"value\":"), usher_put_json(b, v->value);
  if (v->ttl_s) usher_put_literal(b, ",\"ttl_s\":"), usher_put_number(b, v->ttl_s);
  usher_end(b, start, '{', '}');
}

/* usher_hmac_request asks for the HMAC-SHA-256 of a message under a granted secret, or, with expect, whether it is
   that one, compared in constant time. An expect that is no HMAC at all is not equal. */
typedef struct usher_hmac_request {
  usher_text secret;
  usher_text message;
  /* hexadecimal */
  usher_text expect;
} usher_hmac_request;

static inline void usher_read_hmac_request(usher_reader *r, usher_hmac_request *v) {
  *v = (usher_hmac_request){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "secret"))
      v->secret = usher_read_text(r);
    else if (usher_is(r->name, "message"))
      v->message = usher_read_text(r);
    else if (usher_is(r->name, "expect"))
      v->expect = usher_read_text(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_hmac_request(usher_buffer *b, const usher_hmac_request *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"secret\":"), usher_put_json(b, v->secret);
  usher_put_literal(b, ",\"message\":"), usher_put_json(b, v->message);
  if (v->expect.len) usher_put_literal(b, ",\"expect\":"), usher_put_json(b, v->expect);
  usher_end(b, start, '{', '}');
}

/* usher_hmac_result is the answer; exactly one of the two says something. */
typedef struct usher_hmac_result {
  /* hexadecimal */
  usher_text hmac;
  bool equal;
} usher_hmac_result;

static inline void usher_read_hmac_result(usher_reader *r, usher_hmac_result *v) {
  *v = (usher_hmac_result){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "hmac"))
      v->hmac = usher_read_text(r);
    else if (usher_is(r->name, "equal"))
      v->equal = usher_read_flag(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_hmac_result(usher_buffer *b, const usher_hmac_result *v) {
  const uint32_t start = b->len;
  if (v->hmac.len) usher_put_literal(b, ",\"hmac\":"), usher_put_json(b, v->hmac);
  usher_put_literal(b, ",\"equal\":"), usher_put_flag(b, v->equal);
  usher_end(b, start, '{', '}');
}

/* usher_metric_kind says what a metric's value means. A value that this header does not know is OTHER, with its
   text. */
typedef struct usher_metric_kind {
  enum usher_metric_kind_value {
    USHER_METRIC_KIND_NONE,
    USHER_METRIC_KIND_COUNTER,
    USHER_METRIC_KIND_HISTOGRAM,
    USHER_METRIC_KIND_OTHER,
  } is;
  usher_text text; /* as it came; an answer needs it with OTHER only */
} usher_metric_kind;

static inline usher_metric_kind usher_metric_kind_of(usher_text t) {
  if (usher_is(t, "counter")) return (usher_metric_kind){USHER_METRIC_KIND_COUNTER, t};
  if (usher_is(t, "histogram")) return (usher_metric_kind){USHER_METRIC_KIND_HISTOGRAM, t};
  return (usher_metric_kind){t.len ? USHER_METRIC_KIND_OTHER : USHER_METRIC_KIND_NONE, t};
}

static inline usher_text usher_metric_kind_text(usher_metric_kind v) {
  switch (v.is) {
    case USHER_METRIC_KIND_COUNTER: return USHER_TEXT("counter");
    case USHER_METRIC_KIND_HISTOGRAM: return USHER_TEXT("histogram");
    case USHER_METRIC_KIND_NONE:
    case USHER_METRIC_KIND_OTHER: break;
  }
  return v.text;
}

/* usher_metric adds to a counter, or records a value, named usher_plugin_<plugin>_<name>, dashes of the plugin's
   name as underscores. It has every label that the manifest declares, with a value that it declares. */
typedef struct usher_metric {
  /* snake_case, up to USHER_MAX_METRIC_LABEL bytes */
  usher_text name;
  usher_metric_kind kind;
  double value;
  usher_map labels;
} usher_metric;

static inline void usher_read_metric(usher_reader *r, usher_metric *v) {
  *v = (usher_metric){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "name"))
      v->name = usher_read_text(r);
    else if (usher_is(r->name, "kind"))
      v->kind = usher_metric_kind_of(usher_read_text(r));
    else if (usher_is(r->name, "value"))
      v->value = usher_read_float(r);
    else if (usher_is(r->name, "labels"))
      v->labels = usher_read_map(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_metric(usher_buffer *b, const usher_metric *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"name\":"), usher_put_json(b, v->name);
  usher_put_literal(b, ",\"kind\":"), usher_put_json(b, usher_metric_kind_text(v->kind));
  usher_put_literal(b, ",\"value\":"), usher_put_float(b, v->value);
  if (v->labels.at) usher_put_literal(b, ",\"labels\":"), usher_put_map(b, v->labels);
  usher_end(b, start, '{', '}');
}

/* usher_span begins a span below that of the call, or below the one begun last; those that are open when the call
   ends are ended then. It is shown as plugin.<plugin>.<name>, and its attributes, names of which are snake_case, as
   plugin.<name>. */
typedef struct usher_span {
  /* printable */
  usher_text name;
  usher_map attributes;
} usher_span;

static inline void usher_read_span(usher_reader *r, usher_span *v) {
  *v = (usher_span){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "name"))
      v->name = usher_read_text(r);
    else if (usher_is(r->name, "attributes"))
      v->attributes = usher_read_map(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_span(usher_buffer *b, const usher_span *v) {
  const uint32_t start = b->len;
  usher_put_literal(b, ",\"name\":"), usher_put_json(b, v->name);
  if (v->attributes.at) usher_put_literal(b, ",\"attributes\":"), usher_put_map(b, v->attributes);
  usher_end(b, start, '{', '}');
}

/* usher_span_end ends the span that was begun last. */
typedef struct usher_span_end {
  bool error;
} usher_span_end;

static inline void usher_read_span_end(usher_reader *r, usher_span_end *v) {
  *v = (usher_span_end){0};
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_is(r->name, "error"))
      v->error = usher_read_flag(r);
    else
      usher_skip(r);
  }
}

static inline void usher_put_span_end(usher_buffer *b, const usher_span_end *v) {
  const uint32_t start = b->len;
  if (v->error) usher_put_literal(b, ",\"error\":"), usher_put_flag(b, v->error);
  usher_end(b, start, '{', '}');
}

typedef struct usher_field_error_list {
  usher_field_error *at;
  uint32_t len, room;
} usher_field_error_list;

static inline usher_field_error_list usher_read_field_error_list(usher_reader *r) {
  usher_field_error_list list = {0};
  for (bool more = usher_array(r); more; more = usher_element(r)) {
    usher_field_error e;
    usher_read_field_error(r, &e);
    usher_add(&list, e);
  }
  return list;
}

static inline void usher_put_field_error_list(usher_buffer *b, usher_field_error_list list) {
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < list.len; i++) {
    usher_put_byte(b, ',');
    usher_put_field_error(b, &list.at[i]);
  }
  usher_end(b, start, '[', ']');
}

/* ---- The call ---- */

/* usher_call is what a handler knows of the call that it answers. */
typedef struct usher_call {
  usher_text id;          /* names the call in the plugin log */
  usher_text hook;        /* such as signup.validate */
  usher_text run_id;      /* the signup or activation that the call belongs to */
  usher_text tenant;      /* id, empty before there is one */
  usher_actor actor;      /* who caused the call */
  usher_text traceparent; /* W3C trace context, empty when untraced */
  usher_text config;      /* JSON: the operator's settings, an object; usher_config_text and its like read it */
} usher_call;

/* usher_debug, usher_info, usher_warn and usher_error write a line to the plugin log. */
static inline void usher_debug(usher_text line) { usher_log(USHER_DEBUG, line.at, line.len); }
static inline void usher_info(usher_text line) { usher_log(USHER_INFO, line.at, line.len); }
static inline void usher_warn(usher_text line) { usher_log(USHER_WARN, line.at, line.len); }
static inline void usher_error(usher_text line) { usher_log(USHER_ERROR, line.at, line.len); }

/* usher_setting goes to the value of a setting, and gives false when there is none. */
USHER_ONCE bool usher_setting(const usher_call *call, const char *name, usher_reader *r) {
  const usher_text wanted = usher_text_of(name);
  *r = usher_read(call->config.len ? call->config : USHER_TEXT("{}"));
  for (bool more = usher_object(r); more; more = usher_member(r)) {
    if (usher_same(r->name, wanted)) return true;
    usher_skip(r);
  }
  return false;
}

/* usher_config_text gives a string of the operator's settings, or the fallback where it is missing; the others do the same
   for a list of strings, an object of strings, a boolean, a whole number. Of what type a setting is says the manifest's config_schema. */
static inline usher_text usher_config_text(const usher_call *call, const char *name, usher_text fallback) {
  usher_reader r;
  return usher_setting(call, name, &r) ? usher_read_text(&r) : fallback;
}

static inline usher_texts usher_config_texts(const usher_call *call, const char *name, usher_texts fallback) {
  usher_reader r;
  return usher_setting(call, name, &r) ? usher_read_texts(&r) : fallback;
}

static inline usher_map usher_config_map(const usher_call *call, const char *name, usher_map fallback) {
  usher_reader r;
  return usher_setting(call, name, &r) ? usher_read_map(&r) : fallback;
}

static inline bool usher_config_flag(const usher_call *call, const char *name, bool fallback) {
  usher_reader r;
  return usher_setting(call, name, &r) ? usher_read_flag(&r) : fallback;
}

static inline int64_t usher_config_number(const usher_call *call, const char *name, int64_t fallback) {
  usher_reader r;
  return usher_setting(call, name, &r) ? usher_read_number(&r) : fallback;
}

/* usher_failed says why the call fails. */
static inline int32_t usher_failed(usher_text reason) {
  usher_fail(reason.at, reason.len);
  return USHER_FAILED;
}

/* usher_open reads the envelope of a call and its question. It gives false, and has said why, when that is not readable. */
__attribute__((always_inline)) static inline bool usher_open(usher_call *call, usher_text hook, void (*read)(usher_reader *, void *), void *question) {
  usher_forget();
  *call = (usher_call){0};
  const uint32_t len = usher_input_len();
  char *const input = usher_alloc(len);
  usher_reader r = {input, input + usher_input_read(input, 0, len), {0}, false, true};
  usher_reader none = usher_read(USHER_TEXT("{}"));
  read(&none, question);
  for (bool more = usher_object(&r); more; more = usher_member(&r)) {
    if (usher_is(r.name, "hook"))
      call->hook = usher_read_text(&r);
    else if (usher_is(r.name, "call_id"))
      call->id = usher_read_text(&r);
    else if (usher_is(r.name, "run_id"))
      call->run_id = usher_read_text(&r);
    else if (usher_is(r.name, "tenant"))
      call->tenant = usher_read_text(&r);
    else if (usher_is(r.name, "actor"))
      usher_read_actor(&r, &call->actor);
    else if (usher_is(r.name, "traceparent"))
      call->traceparent = usher_read_text(&r);
    else if (usher_is(r.name, "config"))
      call->config = usher_read_raw(&r);
    else if (usher_is(r.name, "data"))
      read(&r, question);
    else
      usher_skip(&r);
  }
  if (!usher_ended(&r)) {
    usher_failed(USHER_TEXT("the envelope is not readable"));
    return false;
  }
  if (!usher_same(call->hook, hook)) {
    usher_failed(usher_join(USHER_TEXT("the plugin of "), hook, USHER_TEXT(" was asked "), call->hook, USHER_TEXT("; see its exports")));
    return false;
  }
  return true;
}

/* usher_close gives the answer to the host. */
static inline int32_t usher_close(const usher_buffer *output) {
  if (usher_output_write(output->at, output->len) < 0) return usher_failed(USHER_TEXT("the answer is too large"));
  return USHER_OK;
}

/* USHER_SERVE exports a function that has a handler answer the calls of a hook, named with underscores: USHER_SERVE(signup_validate, check). */
#define USHER_SERVE(hook, handler)                                                                            \
  USHER_HOOK(hook) {                                                                                          \
    usher_call call;                                                                                          \
    usher_##hook question;                                                                                    \
    if (!usher_open(&call, USHER_NAME_##hook, usher_read_##hook##_at, &question)) return USHER_FAILED;         \
    const usher_##hook##_answer answer = handler(&call, &question);                                            \
    if (answer.failure.len > 0) return usher_failed(answer.failure);                                           \
    usher_buffer output = {0};                                                                                \
    usher_put_##hook##_answer(&output, &answer);                                                               \
    return usher_close(&output);                                                                              \
  }

/* ---- Capabilities ---- */

/* usher_refused is why a capability did not do what was asked; it did where the status is 0. */
typedef struct usher_refused {
  enum usher_status status;
  usher_text capability; /* such as usher:http/v1.fetch */
  usher_text reason;     /* stable, snake_case */
  usher_text detail;
} usher_refused;

/* usher_temporary tells whether the same may work later: it was tried and failed, or a limit was in the way. */
static inline bool usher_temporary(usher_refused r) { return r.status == USHER_STATUS_FAILED || r.status == USHER_STATUS_OVER; }

/* usher_refused_text says it in one line, as the reason of a failure for example. */
USHER_ONCE usher_text usher_refused_text(usher_refused r) {
  return usher_join(r.capability, USHER_TEXT(": "), r.reason, r.detail.len ? USHER_TEXT(": ") : (usher_text){0}, r.detail);
}

/* usher_use asks a capability, and goes to the answer that it gave. */
USHER_ONCE usher_refused usher_use(usher_text name, usher_result (*ask)(const char *, uint32_t), const usher_buffer *request, usher_reader *answer) {
  const usher_result result = ask(request->at, request->len);
  const uint32_t len = usher_length_of(result);
  char *const place = usher_alloc(len);
  *answer = (usher_reader){place, place + usher_result_read(place, 0, len), {0}, false, true};
  usher_refused r = {usher_status_of(result), name, {0}, {0}};
  if (r.status == USHER_STATUS_OK) return r;
  usher_refusal why;
  usher_read_refusal(answer, &why);
  r.reason = why.reason.len ? why.reason : USHER_TEXT("refused");
  r.detail = why.detail;
  return r;
}

/* usher_judge refuses an answer that breaks the contract. */
static inline usher_refused usher_judge(usher_refused r, const usher_reader *answer) {
  if (r.status == USHER_STATUS_OK && answer->bad) {
    r.status = USHER_STATUS_FAILED;
    r.reason = USHER_TEXT("unreadable_answer");
  }
  return r;
}

/* usher_fetch makes one exchange with an origin that the operator granted; any status of the other side is a response. */
static inline usher_refused usher_fetch(const usher_http_request *request, usher_http_response *response) {
  usher_buffer b = {0};
  usher_reader answer;
  *response = (usher_http_response){0};
  usher_put_http_request(&b, request);
  const usher_refused r = usher_use(USHER_TEXT("usher:http/v1.fetch"), usher_http_fetch, &b, &answer);
  if (r.status == USHER_STATUS_OK) usher_read_http_response(&answer, response);
  return usher_judge(r, &answer);
}

/* usher_entry_get gives the value of a key: nothing when there is none, or not any more. */
static inline usher_refused usher_entry_get(usher_text key, usher_text *value) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_kv_value kept = {0};
  *value = (usher_text){0};
  usher_put_kv_key(&b, &(usher_kv_key){.key = key});
  const usher_refused r = usher_use(USHER_TEXT("usher:kv/v1.get"), usher_kv_get, &b, &answer);
  if (r.status == USHER_STATUS_NOT_FOUND) return (usher_refused){0};
  if (r.status == USHER_STATUS_OK) usher_read_kv_value(&answer, &kept);
  *value = kept.value;
  if (r.status == USHER_STATUS_OK && !value->at) value->at = "";
  return usher_judge(r, &answer);
}

/* usher_entry_put keeps a value for that many seconds, or as long as the host allows when 0, in the place of the one before. */
static inline usher_refused usher_entry_put(usher_text key, usher_text value, int64_t seconds) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_kv_entry(&b, &(usher_kv_entry){.key = key, .value = value, .ttl_s = seconds});
  return usher_use(USHER_TEXT("usher:kv/v1.put"), usher_kv_put, &b, &answer);
}

/* usher_entry_delete forgets a key; one that is not there is fine. */
static inline usher_refused usher_entry_delete(usher_text key) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_kv_key(&b, &(usher_kv_key){.key = key});
  return usher_use(USHER_TEXT("usher:kv/v1.delete"), usher_kv_delete, &b, &answer);
}

static inline usher_refused usher_ask_hmac(const usher_hmac_request *request, usher_hmac_result *result) {
  usher_buffer b = {0};
  usher_reader answer;
  *result = (usher_hmac_result){0};
  usher_put_hmac_request(&b, request);
  const usher_refused r = usher_use(USHER_TEXT("usher:secret/v1.hmac"), usher_secret_hmac, &b, &answer);
  if (r.status == USHER_STATUS_OK) usher_read_hmac_result(&answer, result);
  return usher_judge(r, &answer);
}

/* usher_hmac gives the HMAC-SHA-256 of a message under a secret that the operator gave, in hexadecimal. */
static inline usher_refused usher_hmac(usher_text secret, usher_text message, usher_text *hexadecimal) {
  usher_hmac_result result;
  const usher_refused r = usher_ask_hmac(&(usher_hmac_request){.secret = secret, .message = message}, &result);
  *hexadecimal = result.hmac;
  return r;
}

/* usher_verify tells whether an HMAC-SHA-256 in hexadecimal is that of the message. The host compares in constant time. */
static inline usher_refused usher_verify(usher_text secret, usher_text message, usher_text mac, bool *genuine) {
  *genuine = false;
  if (mac.len == 0) return (usher_refused){0}; /* an empty one would ask for the HMAC */
  usher_hmac_result result;
  const usher_refused r = usher_ask_hmac(&(usher_hmac_request){.secret = secret, .message = message, .expect = mac}, &result);
  *genuine = result.equal;
  return r;
}

static inline usher_refused usher_report(const usher_metric *metric) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_metric(&b, metric);
  return usher_use(USHER_TEXT("usher:telemetry/v1.metric"), usher_telemetry_metric, &b, &answer);
}

/* usher_count adds to a counter that the manifest declares, usher_record records a value in a histogram. */
static inline usher_refused usher_count(usher_text name, double by, usher_map labels) {
  return usher_report(&(usher_metric){.name = name, .kind = {USHER_METRIC_KIND_COUNTER, {0}}, .value = by, .labels = labels});
}

static inline usher_refused usher_record(usher_text name, double value, usher_map labels) {
  return usher_report(&(usher_metric){.name = name, .kind = {USHER_METRIC_KIND_HISTOGRAM, {0}}, .value = value, .labels = labels});
}

/* usher_span_begin begins a span below the one begun last. */
static inline usher_refused usher_span_begin(usher_text name, usher_map attributes) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_span(&b, &(usher_span){.name = name, .attributes = attributes});
  return usher_use(USHER_TEXT("usher:telemetry/v1.span_start"), usher_telemetry_span_start, &b, &answer);
}

/* usher_span_close ends the span begun last; failed marks it as an error. Spans that are open when the call ends are ended then. */
static inline usher_refused usher_span_close(bool failed) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_span_end(&b, &(usher_span_end){.error = failed});
  return usher_use(USHER_TEXT("usher:telemetry/v1.span_end"), usher_telemetry_span_end, &b, &answer);
}

/* ---- The hooks ---- */

#define USHER_NAME_signup_validate USHER_TEXT("signup.validate")
/* usher_signup_validate_answer is what a handler of signup.validate gives: {0} and its data, or why the call fails. */
typedef struct usher_signup_validate_answer {
  usher_text failure;
  usher_outcome outcome; /* continue when it is not set */
  usher_field_error_list errors;
  usher_signup_patch data;
} usher_signup_validate_answer;

static inline void usher_read_signup_validate_at(usher_reader *r, void *v) { usher_read_signup_validate(r, v); }

static inline usher_signup_validate_answer usher_signup_validate_fail(usher_text reason) {
  return (usher_signup_validate_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline usher_signup_validate_answer usher_signup_validate_accept(void) { return (usher_signup_validate_answer){0}; }

static inline usher_signup_validate_answer usher_signup_validate_change(usher_signup_patch data) { return (usher_signup_validate_answer){.data = data}; }

/* It denies for what is wrong with a field; usher_add(&answer.errors, (usher_field_error){...}) says more. */
static inline usher_signup_validate_answer usher_signup_validate_deny(const char *field, const char *code, usher_text message) {
  usher_signup_validate_answer a = {.outcome = {USHER_OUTCOME_DENY, {0}}};
  usher_add(&a.errors, (usher_field_error){usher_text_of(field), usher_text_of(code), message});
  return a;
}

static inline void usher_put_signup_validate_answer(usher_buffer *b, const usher_signup_validate_answer *a) {
  usher_put_literal(b, "{\"outcome\":");
  usher_put_json(b, a->outcome.is ? usher_outcome_text(a->outcome) : USHER_TEXT("continue"));
  usher_put_literal(b, ",\"data\":");
  usher_put_signup_patch(b, &a->data);
  if (a->errors.len) usher_put_literal(b, ",\"errors\":");
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < a->errors.len; i++) {
    usher_put_byte(b, ',');
    usher_put_field_error(b, &a->errors.at[i]);
  }
  if (a->errors.len) usher_end(b, start, '[', ']');
  usher_put_byte(b, '}');
}

#define USHER_NAME_tenant_provision USHER_TEXT("tenant.provision")
/* usher_tenant_provision_answer is what a handler of tenant.provision gives: {0} and its data, or why the call
   fails. */
typedef struct usher_tenant_provision_answer {
  usher_text failure;
  usher_tenant_references data;
} usher_tenant_provision_answer;

static inline void usher_read_tenant_provision_at(usher_reader *r, void *v) { usher_read_tenant_provision(r, v); }

static inline usher_tenant_provision_answer usher_tenant_provision_fail(usher_text reason) {
  return (usher_tenant_provision_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_tenant_provision_answer(usher_buffer *b, const usher_tenant_provision_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_tenant_references(b, &a->data);
  usher_put_byte(b, '}');
}

#define USHER_NAME_invitation_validate USHER_TEXT("invitation.validate")
/* usher_invitation_validate_answer is what a handler of invitation.validate gives: {0} and its data, or why the call
   fails. */
typedef struct usher_invitation_validate_answer {
  usher_text failure;
  usher_outcome outcome; /* continue when it is not set */
  usher_field_error_list errors;
  usher_invitation_patch data;
} usher_invitation_validate_answer;

static inline void usher_read_invitation_validate_at(usher_reader *r, void *v) { usher_read_invitation_validate(r, v); }

static inline usher_invitation_validate_answer usher_invitation_validate_fail(usher_text reason) {
  return (usher_invitation_validate_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline usher_invitation_validate_answer usher_invitation_validate_accept(void) { return (usher_invitation_validate_answer){0}; }

static inline usher_invitation_validate_answer usher_invitation_validate_change(usher_invitation_patch data) { return (usher_invitation_validate_answer){.data = data}; }

/* It denies for what is wrong with a field; usher_add(&answer.errors, (usher_field_error){...}) says more. */
static inline usher_invitation_validate_answer usher_invitation_validate_deny(const char *field, const char *code, usher_text message) {
  usher_invitation_validate_answer a = {.outcome = {USHER_OUTCOME_DENY, {0}}};
  usher_add(&a.errors, (usher_field_error){usher_text_of(field), usher_text_of(code), message});
  return a;
}

static inline void usher_put_invitation_validate_answer(usher_buffer *b, const usher_invitation_validate_answer *a) {
  usher_put_literal(b, "{\"outcome\":");
  usher_put_json(b, a->outcome.is ? usher_outcome_text(a->outcome) : USHER_TEXT("continue"));
  usher_put_literal(b, ",\"data\":");
  usher_put_invitation_patch(b, &a->data);
  if (a->errors.len) usher_put_literal(b, ",\"errors\":");
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < a->errors.len; i++) {
    usher_put_byte(b, ',');
    usher_put_field_error(b, &a->errors.at[i]);
  }
  if (a->errors.len) usher_end(b, start, '[', ']');
  usher_put_byte(b, '}');
}

#define USHER_NAME_activation_validate USHER_TEXT("activation.validate")
/* usher_activation_validate_answer is what a handler of activation.validate gives: {0} and its data, or why the call
   fails. */
typedef struct usher_activation_validate_answer {
  usher_text failure;
  usher_outcome outcome; /* continue when it is not set */
  usher_field_error_list errors;
  usher_activation_patch data;
} usher_activation_validate_answer;

static inline void usher_read_activation_validate_at(usher_reader *r, void *v) { usher_read_activation_validate(r, v); }

static inline usher_activation_validate_answer usher_activation_validate_fail(usher_text reason) {
  return (usher_activation_validate_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline usher_activation_validate_answer usher_activation_validate_accept(void) { return (usher_activation_validate_answer){0}; }

static inline usher_activation_validate_answer usher_activation_validate_change(usher_activation_patch data) { return (usher_activation_validate_answer){.data = data}; }

/* It denies for what is wrong with a field; usher_add(&answer.errors, (usher_field_error){...}) says more. */
static inline usher_activation_validate_answer usher_activation_validate_deny(const char *field, const char *code, usher_text message) {
  usher_activation_validate_answer a = {.outcome = {USHER_OUTCOME_DENY, {0}}};
  usher_add(&a.errors, (usher_field_error){usher_text_of(field), usher_text_of(code), message});
  return a;
}

static inline void usher_put_activation_validate_answer(usher_buffer *b, const usher_activation_validate_answer *a) {
  usher_put_literal(b, "{\"outcome\":");
  usher_put_json(b, a->outcome.is ? usher_outcome_text(a->outcome) : USHER_TEXT("continue"));
  usher_put_literal(b, ",\"data\":");
  usher_put_activation_patch(b, &a->data);
  if (a->errors.len) usher_put_literal(b, ",\"errors\":");
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < a->errors.len; i++) {
    usher_put_byte(b, ',');
    usher_put_field_error(b, &a->errors.at[i]);
  }
  if (a->errors.len) usher_end(b, start, '[', ']');
  usher_put_byte(b, '}');
}

#define USHER_NAME_password_check USHER_TEXT("password.check")
/* usher_password_check_answer is what a handler of password.check gives: {0} and its data, or why the call fails. */
typedef struct usher_password_check_answer {
  usher_text failure;
  usher_outcome outcome; /* continue when it is not set */
  usher_field_error_list errors;
  usher_password_verdict data;
} usher_password_check_answer;

static inline void usher_read_password_check_at(usher_reader *r, void *v) { usher_read_password_check(r, v); }

static inline usher_password_check_answer usher_password_check_fail(usher_text reason) {
  return (usher_password_check_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline usher_password_check_answer usher_password_check_accept(void) { return (usher_password_check_answer){0}; }

/* It denies for what is wrong with a field; usher_add(&answer.errors, (usher_field_error){...}) says more. */
static inline usher_password_check_answer usher_password_check_deny(const char *field, const char *code, usher_text message) {
  usher_password_check_answer a = {.outcome = {USHER_OUTCOME_DENY, {0}}};
  usher_add(&a.errors, (usher_field_error){usher_text_of(field), usher_text_of(code), message});
  return a;
}

static inline void usher_put_password_check_answer(usher_buffer *b, const usher_password_check_answer *a) {
  usher_put_literal(b, "{\"outcome\":");
  usher_put_json(b, a->outcome.is ? usher_outcome_text(a->outcome) : USHER_TEXT("continue"));
  usher_put_literal(b, ",\"data\":");
  usher_put_password_verdict(b, &a->data);
  if (a->errors.len) usher_put_literal(b, ",\"errors\":");
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < a->errors.len; i++) {
    usher_put_byte(b, ',');
    usher_put_field_error(b, &a->errors.at[i]);
  }
  if (a->errors.len) usher_end(b, start, '[', ']');
  usher_put_byte(b, '}');
}

#define USHER_NAME_message_render USHER_TEXT("message.render")
/* usher_message_render_answer is what a handler of message.render gives: {0} and its data, or why the call fails. */
typedef struct usher_message_render_answer {
  usher_text failure;
  usher_rendered_message data;
} usher_message_render_answer;

static inline void usher_read_message_render_at(usher_reader *r, void *v) { usher_read_message_render(r, v); }

static inline usher_message_render_answer usher_message_render_fail(usher_text reason) {
  return (usher_message_render_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_message_render_answer(usher_buffer *b, const usher_message_render_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_rendered_message(b, &a->data);
  usher_put_byte(b, '}');
}

#define USHER_NAME_message_route USHER_TEXT("message.route")
/* usher_message_route_answer is what a handler of message.route gives: {0} and its data, or why the call fails. */
typedef struct usher_message_route_answer {
  usher_text failure;
  usher_message_routing data;
} usher_message_route_answer;

static inline void usher_read_message_route_at(usher_reader *r, void *v) { usher_read_message_route(r, v); }

static inline usher_message_route_answer usher_message_route_fail(usher_text reason) {
  return (usher_message_route_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_message_route_answer(usher_buffer *b, const usher_message_route_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_message_routing(b, &a->data);
  usher_put_byte(b, '}');
}

#define USHER_NAME_message_send USHER_TEXT("message.send")
/* usher_message_send_answer is what a handler of message.send gives: {0} and its data, or why the call fails. */
typedef struct usher_message_send_answer {
  usher_text failure;
  usher_message_sent data;
} usher_message_send_answer;

static inline void usher_read_message_send_at(usher_reader *r, void *v) { usher_read_message_send(r, v); }

static inline usher_message_send_answer usher_message_send_fail(usher_text reason) {
  return (usher_message_send_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_message_send_answer(usher_buffer *b, const usher_message_send_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_message_sent(b, &a->data);
  usher_put_byte(b, '}');
}

#define USHER_NAME_message_status USHER_TEXT("message.status")
/* usher_message_status_answer is what a handler of message.status gives: {0} and its data, or why the call fails. */
typedef struct usher_message_status_answer {
  usher_text failure;
  usher_outcome outcome; /* continue when it is not set */
  usher_field_error_list errors;
  usher_message_reports data;
} usher_message_status_answer;

static inline void usher_read_message_status_at(usher_reader *r, void *v) { usher_read_message_status(r, v); }

static inline usher_message_status_answer usher_message_status_fail(usher_text reason) {
  return (usher_message_status_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline usher_message_status_answer usher_message_status_accept(void) { return (usher_message_status_answer){0}; }

static inline usher_message_status_answer usher_message_status_change(usher_message_reports data) { return (usher_message_status_answer){.data = data}; }

static inline usher_message_status_answer usher_message_status_deny(void) { return (usher_message_status_answer){.outcome = {USHER_OUTCOME_DENY, {0}}}; }

static inline void usher_put_message_status_answer(usher_buffer *b, const usher_message_status_answer *a) {
  usher_put_literal(b, "{\"outcome\":");
  usher_put_json(b, a->outcome.is ? usher_outcome_text(a->outcome) : USHER_TEXT("continue"));
  usher_put_literal(b, ",\"data\":");
  usher_put_message_reports(b, &a->data);
  if (a->errors.len) usher_put_literal(b, ",\"errors\":");
  const uint32_t start = b->len;
  for (uint32_t i = 0; i < a->errors.len; i++) {
    usher_put_byte(b, ',');
    usher_put_field_error(b, &a->errors.at[i]);
  }
  if (a->errors.len) usher_end(b, start, '[', ']');
  usher_put_byte(b, '}');
}

#define USHER_NAME_identity_begin USHER_TEXT("identity.begin")
/* usher_identity_begin_answer is what a handler of identity.begin gives: {0} and its data, or why the call fails. */
typedef struct usher_identity_begin_answer {
  usher_text failure;
  usher_identity_redirect data;
} usher_identity_begin_answer;

static inline void usher_read_identity_begin_at(usher_reader *r, void *v) { usher_read_identity_begin(r, v); }

static inline usher_identity_begin_answer usher_identity_begin_fail(usher_text reason) {
  return (usher_identity_begin_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_identity_begin_answer(usher_buffer *b, const usher_identity_begin_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_identity_redirect(b, &a->data);
  usher_put_byte(b, '}');
}

#define USHER_NAME_identity_finish USHER_TEXT("identity.finish")
/* usher_identity_finish_answer is what a handler of identity.finish gives: {0} and its data, or why the call fails. */
typedef struct usher_identity_finish_answer {
  usher_text failure;
  usher_identity data;
} usher_identity_finish_answer;

static inline void usher_read_identity_finish_at(usher_reader *r, void *v) { usher_read_identity_finish(r, v); }

static inline usher_identity_finish_answer usher_identity_finish_fail(usher_text reason) {
  return (usher_identity_finish_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_identity_finish_answer(usher_buffer *b, const usher_identity_finish_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_identity(b, &a->data);
  usher_put_byte(b, '}');
}

#define USHER_NAME_session_claims USHER_TEXT("session.claims")
/* usher_session_claims_answer is what a handler of session.claims gives: {0} and its data, or why the call fails. */
typedef struct usher_session_claims_answer {
  usher_text failure;
  usher_session_claimed data;
} usher_session_claims_answer;

static inline void usher_read_session_claims_at(usher_reader *r, void *v) { usher_read_session_claims(r, v); }

static inline usher_session_claims_answer usher_session_claims_fail(usher_text reason) {
  return (usher_session_claims_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_session_claims_answer(usher_buffer *b, const usher_session_claims_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_session_claimed(b, &a->data);
  usher_put_byte(b, '}');
}

#define USHER_NAME_event_deliver USHER_TEXT("event.deliver")
/* usher_event_deliver_answer is what a handler of event.deliver gives: {0} and its data, or why the call fails. */
typedef struct usher_event_deliver_answer {
  usher_text failure;
  usher_event_delivered data;
} usher_event_deliver_answer;

static inline void usher_read_event_deliver_at(usher_reader *r, void *v) { usher_read_event_deliver(r, v); }

static inline usher_event_deliver_answer usher_event_deliver_fail(usher_text reason) {
  return (usher_event_deliver_answer){.failure = reason.len ? reason : USHER_TEXT("the handler failed")};
}

static inline void usher_put_event_deliver_answer(usher_buffer *b, const usher_event_deliver_answer *a) {
  usher_put_literal(b, "{\"outcome\":\"continue\",\"data\":");
  usher_put_event_delivered(b, &a->data);
  usher_put_byte(b, '}');
}

/* ---- Tests, without WebAssembly ---- */

#ifndef __wasm__

/*
 * Natively, this header plays the host, and has a main that runs what USHER_TEST begins:
 *
 *   USHER_TEST(a_blocked_domain) {
 *     const usher_call call = usher_test_begin((usher_test){.config = "{\"blocked_domains\": [\"rival.example\"]}"});
 *     const usher_signup_validate signup = {.email_domain = USHER_TEXT("rival.example")};
 *     USHER_EXPECT(check(&call, &signup).outcome.is == USHER_OUTCOME_DENY);
 *   }
 *
 *   cc -std=c11 -I . policy.c policy_test.c -o policy_test && ./policy_test
 */

/* usher_exchange is a request that the plugin is to send, and what comes back. Of the request only what is set is compared. */
typedef struct usher_exchange {
  usher_http_request request;
  usher_http_response response;
  const char *refused; /* in place of a response the reason for which there is none, such as "unreachable" */
} usher_exchange;

/* usher_test is what surrounds a call; {0} is an anonymous call without settings and capabilities. */
typedef struct usher_test {
  const char *config; /* a JSON object */
  const char *tenant; /* id */
  int64_t now_ms;     /* what the clock shows */
  usher_exchange http[8]; /* what stands in for the network, in order */
  struct {
    const char *name, *value;
  } entries[8], secrets[8]; /* the entries that there are, and the values of secrets */
  const char *kv_refused; /* why the store refuses: what is put for "quota_exceeded", anything for "unavailable" */
} usher_test;

/* usher_stage is what there was of the last call that usher_test_begin began. */
struct usher_stage {
  usher_test setting;
  usher_text input;  /* the envelope, for who calls the function of a hook */
  usher_buffer output;
  usher_text failure;
  struct {
    int32_t level;
    usher_text text;
  } lines[64];
  uint32_t line_count;
  usher_map entries;
  usher_metric metrics[USHER_MAX_METRICS];
  uint32_t metric_count;
  usher_span spans[USHER_MAX_SPANS];
  uint32_t span_count;

  uint32_t exchange;
  usher_text result;
  const char *name; /* of the test that runs */
  bool failed;
  struct usher_block *kept;
};

USHER_SHARED struct usher_stage usher_stage;

struct usher_case {
  const char *name;
  void (*run)(void);
  struct usher_case *before;
};

USHER_SHARED struct usher_case *usher_cases;

#define USHER_TEST(title)                                                                \
  static void usher_test_##title(void);                                                  \
  __attribute__((constructor)) static void usher_enlist_##title(void) {                  \
    static struct usher_case one = {#title, usher_test_##title, NULL};                   \
    one.before = usher_cases;                                                            \
    usher_cases = &one;                                                                  \
  }                                                                                      \
  static void usher_test_##title(void)

static inline void usher_wrong(const char *file, int line, const char *what, usher_text got) {
  usher_stage.failed = true;
  printf("%s:%d: %s: %s%s%.*s\n", file, line, usher_stage.name ? usher_stage.name : "", what, got.at ? ", got " : "", (int)got.len, got.at ? got.at : "");
}

/* USHER_EXPECT fails the test when the condition does not hold, USHER_EXPECT_TEXT when a text is not that string. */
#define USHER_EXPECT(condition) ((condition) ? (void)0 : usher_wrong(__FILE__, __LINE__, #condition, (usher_text){0}))
#define USHER_EXPECT_TEXT(got, want) usher_expect_text(__FILE__, __LINE__, (got), (want))

static inline void usher_expect_text(const char *file, int line, usher_text got, const char *want) {
  if (!usher_same(got, usher_text_of(want))) usher_wrong(file, line, want, got.at ? got : USHER_TEXT("nothing"));
}

/* usher_keep copies a text beyond the call. */
static inline usher_text usher_keep(usher_text t) {
  struct usher_block *block = malloc(sizeof *block + t.len + 1);
  if (!block) abort();
  block->before = usher_stage.kept;
  usher_stage.kept = block;
  char *place = (char *)(block + 1);
  if (t.len) memcpy(place, t.at, t.len);
  place[t.len] = 0;
  return (usher_text){place, t.len};
}

static inline void usher_test_end(void) {
  const uint32_t most = sizeof usher_stage.setting.http / sizeof *usher_stage.setting.http;
  for (; usher_stage.exchange < most; usher_stage.exchange++) {
    const usher_text url = usher_stage.setting.http[usher_stage.exchange].request.url;
    if (url.len) usher_wrong("usher.h", __LINE__, "this request was not made", url);
  }
}

/* usher_test_begin sets the stage for a call, and gives what its handler is told of it. */
static inline usher_call usher_test_begin(usher_test setting) {
  if (usher_stage.setting.http[0].request.url.len) usher_test_end();
  usher_forget();
  while (usher_stage.kept) {
    struct usher_block *before = usher_stage.kept->before;
    free(usher_stage.kept);
    usher_stage.kept = before;
  }
  free(usher_stage.output.at);
  usher_stage = (struct usher_stage){.setting = setting, .name = usher_stage.name, .failed = usher_stage.failed};
  for (size_t i = 0; i < sizeof setting.entries / sizeof *setting.entries && setting.entries[i].name; i++)
    usher_set(&usher_stage.entries, usher_text_of(setting.entries[i].name), usher_text_of(setting.entries[i].value));
  return (usher_call){
      .id = USHER_TEXT("test"), .run_id = USHER_TEXT("test"), .tenant = usher_text_of(setting.tenant),
      .actor = {.kind = USHER_TEXT("anonymous")}, .config = usher_text_of(setting.config ? setting.config : "{}"),
  };
}

/* usher_logged tells whether a line was logged. */
static inline bool usher_logged(const char *line) {
  for (uint32_t i = 0; i < usher_stage.line_count; i++)
    if (usher_same(usher_stage.lines[i].text, usher_text_of(line))) return true;
  return false;
}

static inline int usher_run_tests(void) {
  int failed = 0, all = 0;
  for (struct usher_case *c = usher_cases; c; c = c->before, all++) {
    usher_stage.name = c->name;
    usher_stage.failed = false;
    c->run();
    usher_test_end();
    (void)usher_test_begin((usher_test){0});
    failed += usher_stage.failed;
  }
  printf("%d tests, %d failed\n", all, failed);
  return failed > 0;
}

__attribute__((weak)) int main(void) { return usher_run_tests(); }

/* What the host lends. */

static inline uint32_t usher_input_len(void) { return usher_stage.input.len; }

static inline uint32_t usher_copy_out(usher_text from, void *dst, uint32_t off, uint32_t len) {
  const usher_text part = usher_cut(from, off, off + len);
  if (part.len) memcpy(dst, part.at, part.len);
  return part.len;
}

static inline uint32_t usher_input_read(void *dst, uint32_t off, uint32_t len) { return usher_copy_out(usher_stage.input, dst, off, len); }

static inline uint32_t usher_result_read(void *dst, uint32_t off, uint32_t len) { return usher_copy_out(usher_stage.result, dst, off, len); }

static inline int32_t usher_output_write(const void *src, uint32_t len) {
  usher_buffer *const b = &usher_stage.output;
  if (b->len + len > 256 << 10) return USHER_REFUSED;
  if (b->len + len > b->room) {
    b->room = (b->len + len) * 2;
    b->at = realloc(b->at, b->room);
    if (!b->at) abort();
  }
  if (len) memcpy(b->at + b->len, src, len);
  b->len += len;
  return (int32_t)len;
}

static inline void usher_log(int32_t level, const char *line, uint32_t len) {
  if (usher_stage.line_count == sizeof usher_stage.lines / sizeof *usher_stage.lines) return;
  usher_stage.lines[usher_stage.line_count].level = level;
  usher_stage.lines[usher_stage.line_count++].text = usher_keep((usher_text){line, len});
}

static inline void usher_fail(const char *reason, uint32_t len) { usher_stage.failure = usher_keep((usher_text){reason, len}); }

static inline int64_t usher_now_ms(void) { return usher_stage.setting.now_ms; }

static inline int64_t usher_deadline_ms(void) { return usher_stage.setting.now_ms + 100; }

/* natively, chance is anything but random */
static inline int32_t usher_random(void *dst, uint32_t len) {
  if (len > USHER_MAX_RANDOM) return USHER_REFUSED;
  for (uint32_t i = 0; i < len; i++) ((unsigned char *)dst)[i] = (unsigned char)i;
  return (int32_t)len;
}

static inline usher_result usher_give(enum usher_status status, const usher_buffer *answer) {
  usher_stage.result = usher_keep(usher_written(answer));
  return (usher_result)status << 32 | answer->len;
}

static inline usher_result usher_refuse(enum usher_status status, const char *reason) {
  usher_buffer b = {0};
  usher_put_refusal(&b, &(usher_refusal){.reason = usher_text_of(reason)});
  return usher_give(status, &b);
}

static inline usher_text usher_secret(usher_text name) {
  for (size_t i = 0; i < sizeof usher_stage.setting.secrets / sizeof *usher_stage.setting.secrets; i++)
    if (usher_stage.setting.secrets[i].name && usher_same(name, usher_text_of(usher_stage.setting.secrets[i].name)))
      return usher_text_of(usher_stage.setting.secrets[i].value);
  return (usher_text){0};
}

static inline bool usher_differs(usher_text want, usher_text got) { return want.len > 0 && !usher_same(want, got); }

static inline bool usher_is_wanted(const usher_http_request *want, const usher_http_request *got) {
  if (usher_differs(want->method, got->method) || usher_differs(want->url, got->url) || usher_differs(want->body, got->body)) return false;
  for (uint32_t i = 0; i < want->headers.len; i++)
    if (!usher_same(want->headers.at[i].value, usher_get(got->headers, want->headers.at[i].name))) return false;
  if (!want->auth) return true;
  return got->auth && usher_same(want->auth->secret, got->auth->secret) && usher_same(want->auth->header, got->auth->header) &&
         usher_same(want->auth->prefix, got->auth->prefix) && usher_same(want->auth->basic_user, got->auth->basic_user);
}

static inline usher_result usher_http_fetch(const char *request, uint32_t len) {
  usher_reader r = usher_read((usher_text){request, len});
  usher_http_request got;
  usher_read_http_request(&r, &got);
  if (got.auth && !usher_secret(got.auth->secret).at) return usher_refuse(USHER_STATUS_DENIED, "not_granted");
  const uint32_t n = usher_stage.exchange;
  if (n == sizeof usher_stage.setting.http / sizeof *usher_stage.setting.http || !usher_stage.setting.http[n].request.url.len ||
      !usher_is_wanted(&usher_stage.setting.http[n].request, &got)) {
    usher_wrong("usher.h", __LINE__, "this request is not expected", (usher_text){request, len});
    return usher_refuse(USHER_STATUS_FAILED, "broken_exchange");
  }
  usher_stage.exchange++;
  if (usher_stage.setting.http[n].refused) return usher_refuse(USHER_STATUS_FAILED, usher_stage.setting.http[n].refused);
  usher_buffer b = {0};
  usher_put_http_response(&b, &usher_stage.setting.http[n].response);
  return usher_give(USHER_STATUS_OK, &b);
}

static inline bool usher_store_refuses(const char *reason) {
  return usher_stage.setting.kv_refused && usher_same(usher_text_of(usher_stage.setting.kv_refused), usher_text_of(reason));
}

static inline usher_result usher_kv_get(const char *request, uint32_t len) {
  if (usher_store_refuses("unavailable")) return usher_refuse(USHER_STATUS_FAILED, "unavailable");
  usher_reader r = usher_read((usher_text){request, len});
  usher_kv_key key;
  usher_read_kv_key(&r, &key);
  const usher_text value = usher_get(usher_stage.entries, key.key);
  if (!value.at) return usher_refuse(USHER_STATUS_NOT_FOUND, "not_found");
  usher_buffer b = {0};
  usher_put_kv_value(&b, &(usher_kv_value){.value = value, .expires_at = USHER_TEXT("2100-01-01T00:00:00Z")});
  return usher_give(USHER_STATUS_OK, &b);
}

static inline usher_result usher_kv_put(const char *request, uint32_t len) {
  usher_reader r = usher_read((usher_text){request, len});
  usher_kv_entry e;
  usher_read_kv_entry(&r, &e);
  if (e.key.len == 0 || e.key.len > USHER_MAX_KV_KEY || e.value.len > USHER_MAX_KV_VALUE || e.ttl_s < 0 || e.ttl_s > USHER_MAX_KV_TTL)
    return usher_refuse(USHER_STATUS_INVALID, "malformed");
  if (usher_store_refuses("unavailable")) return usher_refuse(USHER_STATUS_FAILED, "unavailable");
  if (usher_store_refuses("quota_exceeded")) return usher_refuse(USHER_STATUS_OVER, "quota_exceeded");
  usher_set(&usher_stage.entries, usher_keep(e.key), usher_keep(e.value));
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_kv_delete(const char *request, uint32_t len) {
  if (usher_store_refuses("unavailable")) return usher_refuse(USHER_STATUS_FAILED, "unavailable");
  usher_reader r = usher_read((usher_text){request, len});
  usher_kv_key key;
  usher_read_kv_key(&r, &key);
  usher_map *const all = &usher_stage.entries;
  for (uint32_t i = 0; i < all->len; i++)
    if (usher_same(all->at[i].name, key.key)) all->at[i] = all->at[--all->len];
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_telemetry_metric(const char *request, uint32_t len) {
  if (usher_stage.metric_count == USHER_MAX_METRICS) return usher_refuse(USHER_STATUS_OVER, "too_many_reports");
  usher_reader r = usher_read(usher_keep((usher_text){request, len}));
  usher_read_metric(&r, &usher_stage.metrics[usher_stage.metric_count++]);
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_telemetry_span_start(const char *request, uint32_t len) {
  if (usher_stage.span_count == USHER_MAX_SPANS) return usher_refuse(USHER_STATUS_OVER, "too_many_reports");
  usher_reader r = usher_read(usher_keep((usher_text){request, len}));
  usher_read_span(&r, &usher_stage.spans[usher_stage.span_count++]);
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

static inline usher_result usher_telemetry_span_end(const char *request, uint32_t len) {
  (void)request, (void)len;
  return usher_give(USHER_STATUS_OK, &(usher_buffer){0});
}

/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104). */

static inline uint32_t usher_turn(uint32_t v, int n) { return v >> n | v << (32 - n); }

static inline void usher_sha256_block(uint32_t *h, const unsigned char *p) {
  static const uint32_t k[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
      0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
      0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
      0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
      0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
      0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[i * 4] << 24 | (uint32_t)p[i * 4 + 1] << 16 | (uint32_t)p[i * 4 + 2] << 8 | p[i * 4 + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + (usher_turn(w[i - 15], 7) ^ usher_turn(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
           (usher_turn(w[i - 2], 17) ^ usher_turn(w[i - 2], 19) ^ w[i - 2] >> 10);
  memcpy(s, h, sizeof s);
  for (int i = 0; i < 64; i++) {
    const uint32_t a = s[7] + (usher_turn(s[4], 6) ^ usher_turn(s[4], 11) ^ usher_turn(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
    const uint32_t b = (usher_turn(s[0], 2) ^ usher_turn(s[0], 13) ^ usher_turn(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += a;
    s[0] = a + b;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

/* usher_sha256 digests a block of 64 bytes and then a text. */
static inline void usher_sha256(const unsigned char *first, usher_text then, unsigned char *digest) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  unsigned char block[64];
  uint32_t off = 0;
  if (first) usher_sha256_block(h, first);
  for (; then.len - off >= 64; off += 64) usher_sha256_block(h, (const unsigned char *)then.at + off);
  const uint32_t rest = then.len - off;
  const uint64_t bits = ((uint64_t)then.len + (first ? 64 : 0)) * 8;
  memset(block, 0, sizeof block);
  if (rest) memcpy(block, then.at + off, rest);
  block[rest] = 0x80;
  if (rest >= 56) {
    usher_sha256_block(h, block);
    memset(block, 0, sizeof block);
  }
  for (int i = 0; i < 8; i++) block[63 - i] = (unsigned char)(bits >> (8 * i));
  usher_sha256_block(h, block);
  for (int i = 0; i < 32; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - i % 4 * 8));
}

/* usher_test_hmac is the HMAC-SHA-256 in hexadecimal that the host gives for a message under this value of a secret. */
static inline usher_text usher_test_hmac(usher_text secret, usher_text message) {
  unsigned char key[64] = {0}, block[64], digest[32];
  if (secret.len > sizeof key)
    usher_sha256(NULL, secret, key);
  else if (secret.len)
    memcpy(key, secret.at, secret.len);
  for (int i = 0; i < 64; i++) block[i] = key[i] ^ 0x36;
  usher_sha256(block, message, digest);
  for (int i = 0; i < 64; i++) block[i] = key[i] ^ 0x5c;
  usher_sha256(block, (usher_text){(const char *)digest, sizeof digest}, digest);
  usher_buffer b = {0};
  for (size_t i = 0; i < sizeof digest; i++) usher_put(&b, (usher_text){(const char[]){"0123456789abcdef"[digest[i] >> 4], "0123456789abcdef"[digest[i] & 15]}, 2});
  return usher_written(&b);
}

static inline usher_result usher_secret_hmac(const char *request, uint32_t len) {
  usher_reader r = usher_read((usher_text){request, len});
  usher_hmac_request q;
  usher_read_hmac_request(&r, &q);
  const usher_text secret = usher_secret(q.secret);
  if (!secret.at) return usher_refuse(USHER_STATUS_DENIED, "not_granted");
  const usher_text mac = usher_test_hmac(secret, q.message);
  usher_hmac_result result = {.hmac = mac};
  if (q.expect.len) result = (usher_hmac_result){.equal = usher_same(mac, q.expect)};
  usher_buffer b = {0};
  usher_put_hmac_result(&b, &result);
  return usher_give(USHER_STATUS_OK, &b);
}

#endif

#endif
