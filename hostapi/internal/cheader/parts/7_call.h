
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
