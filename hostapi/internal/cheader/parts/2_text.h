
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
