/*
 * A strict reader of JSON (RFC 8259, UTF-8, no lone surrogates) that walks over bytes and allocates nothing. Strings are
 * unescaped in place, so a part that is to be read again is skipped the first time. After the first thing that is not
 * readable everything is empty and bad is set.
 *
 *   for (bool more = json_object(&j); more; more = json_member(&j)) {
 *     if (json_is(j.name, "slug")) slug = json_string(&j); else json_skip(&j);
 *   }
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>

#define JSON_DEPTH 256 /* of values that are skipped */

struct text {
  const uint8_t *at;
  uint32_t len;
};

struct json {
  uint8_t *at, *end;
  struct text name; /* of the member that was come to last */
  bool bad;
};

static inline bool json_same(const uint8_t *a, const uint8_t *b, uint32_t len) {
  while (len > 0 && *a == *b) a++, b++, len--;
  return len == 0;
}

#define json_is(text, literal) \
  ((text).len == sizeof(literal) - 1 && json_same((text).at, (const uint8_t *)(literal), sizeof(literal) - 1))

static inline void json_space(struct json *j) {
  while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t')) j->at++;
}

static inline bool json_accept(struct json *j, uint8_t c) {
  json_space(j);
  if (j->bad || j->at == j->end || *j->at != c) return false;
  j->at++;
  return true;
}

static inline bool json_expect(struct json *j, uint8_t c) {
  if (json_accept(j, c)) return true;
  j->bad = true;
  return false;
}

static inline bool json_literal(struct json *j, const char *word) {
  const uint8_t *p = j->at;
  for (; *word; word++, p++)
    if (p == j->end || *p != (uint8_t)*word) return false;
  j->at = (uint8_t *)p;
  return true;
}

static inline bool json_null(struct json *j) {
  json_space(j);
  return !j->bad && json_literal(j, "null");
}

/* json_plain tells how many bytes of a string stand for themselves: eight at a time it looks for quotes, backslashes,
   controls and what is not ASCII. */
static inline const uint8_t *json_plain(const uint8_t *p, const uint8_t *end) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  for (; end - p >= 8; p += 8) {
    uint64_t w;
    __builtin_memcpy(&w, p, 8);
    const uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    const uint64_t odd = (w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
    if (odd) return p + (__builtin_ctzll(odd) >> 3); /* the lowest is never a false alarm: borrows go upwards */
  }
  while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') p++;
  return p;
}

/* json_utf8 gives the length of the sequence at p, or 0 when it is broken (table 3-7 of the Unicode standard). */
static inline uint32_t json_utf8(const uint8_t *p, const uint8_t *end) {
  const uint8_t c = p[0];
  const uint32_t n = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
  if (n == 0 || end - p < (int32_t)n) return 0;
  for (uint32_t i = 1; i < n; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  const uint8_t second = p[1];
  if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
      (c == 0xf4 && second > 0x8f))
    return 0;
  return n;
}

static inline bool json_hex(const uint8_t *p, const uint8_t *end, uint32_t *v) {
  if (end - p < 4) return false;
  *v = 0;
  for (int i = 0; i < 4; i++) {
    const uint8_t c = p[i], letter = c | 0x20;
    if (c >= '0' && c <= '9')
      *v = *v << 4 | (uint32_t)(c - '0');
    else if (letter >= 'a' && letter <= 'f')
      *v = *v << 4 | (uint32_t)(letter - 'a' + 10);
    else
      return false;
  }
  return true;
}

/* json_rune reads the digits of \u, and of its second half when it has one; 0xffffffff when they are no character. */
static inline uint32_t json_rune(const uint8_t **p, const uint8_t *end) {
  uint32_t high, low;
  if (!json_hex(*p, end, &high)) return 0xffffffff;
  *p += 4;
  if (high < 0xd800 || high >= 0xe000) return high;
  if (high >= 0xdc00 || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !json_hex(*p + 2, end, &low) ||
      low < 0xdc00 || low >= 0xe000)
    return 0xffffffff;
  *p += 6;
  return ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
}

static inline uint8_t *json_append(uint8_t *out, uint32_t r) {
  if (r < 0x80) {
    *out++ = (uint8_t)r;
    return out;
  }
  const int more = r < 0x800 ? 1 : r < 0x10000 ? 2 : 3;
  *out++ = (uint8_t)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | r >> (6 * more));
  for (int i = more - 1; i >= 0; i--) *out++ = (uint8_t)(0x80 | (r >> (6 * i) & 0x3f));
  return out;
}

/* json_escape reads what follows a backslash; 0xffffffff when that is nothing. */
static inline uint32_t json_escape(const uint8_t **p, const uint8_t *end) {
  if (*p == end) return 0xffffffff;
  switch (*(*p)++) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': return json_rune(p, end);
  }
  return 0xffffffff;
}

/* json_quoted reads a string; with keep it leaves the bytes as they are, and what it gives is of no use. */
static inline struct text json_quoted(struct json *j, bool keep) {
  const struct text none = {0};
  if (!json_expect(j, '"')) return none;
  uint8_t *const start = j->at, *out = start;
  const uint8_t *p = start;
  for (;;) {
    const uint8_t *const plain = json_plain(p, j->end);
    const uint32_t n = (uint32_t)(plain - p);
    if (!keep && out != p) __builtin_memmove(out, p, n);
    out += n;
    p = plain;
    if (p == j->end) break;
    if (*p == '"') {
      j->at = (uint8_t *)p + 1;
      return (struct text){start, (uint32_t)(out - start)};
    }
    if (*p == '\\') {
      p++;
      const uint32_t r = json_escape(&p, j->end);
      if (r == 0xffffffff) break;
      if (!keep) out = json_append(out, r);
      continue;
    }
    uint32_t length = *p < 0x20 ? 0 : json_utf8(p, j->end);
    if (length == 0) break;
    for (; length > 0; length--, p++, out++)
      if (!keep) *out = *p;
  }
  j->bad = true;
  return none;
}

/* json_string reads a string; null is empty. */
static inline struct text json_string(struct json *j) {
  if (json_null(j)) return (struct text){0};
  return json_quoted(j, false);
}

static inline bool json_named(struct json *j) {
  j->name = json_quoted(j, false);
  return json_expect(j, ':');
}

/* json_object enters an object and tells whether it has a member; null has none. */
static inline bool json_object(struct json *j) {
  return !json_null(j) && json_expect(j, '{') && !json_accept(j, '}') && json_named(j);
}

/* json_member goes on to the next member, and leaves the object when there is none. */
static inline bool json_member(struct json *j) { return !json_accept(j, '}') && json_expect(j, ',') && json_named(j); }

/* json_array enters an array and tells whether it has an element; null has none. */
static inline bool json_array(struct json *j) { return !json_null(j) && json_expect(j, '[') && !json_accept(j, ']'); }

/* json_element goes on to the next element, and leaves the array when there is none. */
static inline bool json_element(struct json *j) { return !json_accept(j, ']') && json_expect(j, ','); }

static inline bool json_digits(struct json *j) {
  const uint8_t *const start = j->at;
  while (j->at < j->end && *j->at >= '0' && *j->at <= '9') j->at++;
  return j->at > start;
}

static inline bool json_number(struct json *j) {
  if (*j->at == '-') j->at++;
  if (j->at < j->end && *j->at == '0')
    j->at++;
  else if (!json_digits(j))
    return false;
  if (j->at < j->end && *j->at == '.') {
    j->at++;
    if (!json_digits(j)) return false;
  }
  if (j->at < j->end && (*j->at | 0x20) == 'e') {
    j->at++;
    if (j->at < j->end && (*j->at == '+' || *j->at == '-')) j->at++;
    if (!json_digits(j)) return false;
  }
  return true;
}

/* json_scalar passes over a value that holds no other. */
static inline bool json_scalar(struct json *j) {
  json_space(j);
  if (j->at == j->end) return false;
  switch (*j->at) {
    case '"': json_quoted(j, true); return !j->bad;
    case 't': return json_literal(j, "true");
    case 'f': return json_literal(j, "false");
    case 'n': return json_literal(j, "null");
  }
  return json_number(j);
}

static inline void json_skipped_name(struct json *j) {
  json_quoted(j, true);
  json_expect(j, ':');
}

/* json_skip passes over one value of any kind and checks it; its bytes stay as they are. */
static inline void json_skip(struct json *j) {
  uint8_t closing[JSON_DEPTH];
  uint32_t depth = 0;
  while (!j->bad) {
    const bool object = json_accept(j, '{'), array = !object && json_accept(j, '[');
    if (object || array) {
      if (depth == JSON_DEPTH) break;
      closing[depth++] = object ? '}' : ']';
      if (!json_accept(j, closing[depth - 1])) {
        if (object) json_skipped_name(j);
        continue;
      }
      depth--;
    } else if (!json_scalar(j)) {
      break;
    }
    while (depth > 0 && json_accept(j, closing[depth - 1])) depth--;
    if (depth == 0) return;
    if (json_expect(j, ',') && closing[depth - 1] == '}') json_skipped_name(j);
  }
  j->bad = true;
}

/* json_ended tells whether all was readable and nothing follows. */
static inline bool json_ended(struct json *j) {
  json_space(j);
  return !j->bad && j->at == j->end;
}

#endif
