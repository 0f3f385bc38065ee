
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
