
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
