/*
 * What makes QuickJS an engine of plugins: one function reads a script, one for each hook asks it, and the script has an
 * object `usher` with what the host lends. The SDK for TypeScript (sdk/typescript) is the only script that knows it.
 *
 * usher_load runs once, when a plugin is built; the module that comes of it begins where usher_load ended. What the
 * script must not learn then, because every call would begin from it, is refused while loading is set.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <wasi/api.h>

#include "quickjs.h"
#include "host.h"

/* Heap that a loaded script finds ready, so that calls do not grow the memory, which would cost the host an instance. */
#define SPARE (1 << 20)

/*
 * Stack of a script, good for some 190 nested calls. Each takes far more of the native stack, which the host bounds and
 * where going beyond is the end of the instance: here it is an exception with a line.
 */
#define MAX_STACK (56 << 10)

/* How deeply an envelope may be nested. The engine reads it by recursion. */
#define MAX_DEPTH 500

static JSContext *context;
static JSValue answer, explain; /* functions of the script, see usher.serve */
static int loading;

/* The clock of the script is the host's. QuickJS asks for no other time. */
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  const int64_t ms = usher_now_ms();
  (void)zone;
  now->tv_sec = ms / 1000;
  now->tv_usec = ms % 1000 * 1000;
  return 0;
}

/* Nothing is printed: a plugin has no standard output. The C library asks for these in its own. */
__wasi_errno_t __wasi_fd_close(__wasi_fd_t fd) { return (void)fd, __WASI_ERRNO_BADF; }

__wasi_errno_t __wasi_fd_fdstat_get(__wasi_fd_t fd, __wasi_fdstat_t *stat) { return (void)fd, (void)stat, __WASI_ERRNO_BADF; }

__wasi_errno_t __wasi_fd_seek(__wasi_fd_t fd, __wasi_filedelta_t offset, __wasi_whence_t whence, __wasi_filesize_t *at) {
  return (void)fd, (void)offset, (void)whence, (void)at, __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *parts, size_t n, __wasi_size_t *written) {
  return (void)fd, (void)parts, (void)n, (void)written, __WASI_ERRNO_BADF;
}

/*
 * What is freed while the script is read is wiped, for all that is not zero is in the module. The engine counts what it
 * has, and looks for cycles when it has more than COLLECT: a call that ends before that leaves them to the reset.
 */
#define COLLECT (4 << 20)

/* wipe clears memory that is freed next, which a compiler would leave out as seen by nobody. */
static void wipe(void *p, size_t size) {
  memset(p, 0, size);
  __asm__ volatile("" : : "r"(p) : "memory");
}

static void *counted(JSMallocState *s, void *p) {
  if (p) s->malloc_count++, s->malloc_size += malloc_usable_size(p);
  return p;
}

static void *js_take(JSMallocState *s, size_t size) { return counted(s, malloc(size)); }

static void js_give(JSMallocState *s, void *p) {
  if (!p) return;
  const size_t size = malloc_usable_size(p);
  s->malloc_count--, s->malloc_size -= size;
  if (loading) wipe(p, size);
  free(p);
}

static void *js_resize(JSMallocState *s, void *p, size_t size) {
  if (!p) return size ? js_take(s, size) : NULL;
  const size_t before = malloc_usable_size(p);
  if (size && !loading) {
    void *resized = realloc(p, size);
    if (resized) s->malloc_size += malloc_usable_size(resized) - before;
    return resized;
  }
  void *moved = size ? js_take(s, size) : NULL;
  if (size && !moved) return NULL;
  if (moved) memcpy(moved, p, size < before ? size : before);
  js_give(s, p);
  return moved;
}

static const JSMallocFunctions memory = {js_take, js_give, js_resize, NULL};

static void fail(JSValue reason) {
  size_t size;
  const char *text = JS_ToCStringLen(context, &size, reason);
  if (text) {
    usher_fail(text, size);
    JS_FreeCString(context, text);
  } else {
    static const char all[] = "out of memory";
    usher_fail(all, sizeof all - 1);
  }
}

/* failed tells the host why, in the script's words as long as it can still speak. */
static int32_t failed(void) {
  JSValue exception = JS_GetException(context);
  JSValue words = JS_Call(context, explain, JS_UNDEFINED, 1, &exception);
  fail(JS_IsString(words) ? words : exception);
  JS_FreeValue(context, words);
  JS_FreeValue(context, exception);
  return USHER_FAILED;
}

/* half tells which half of a surrogate pair an escape is. */
static int half(const char *at) {
  if (at[0] != '\\' || at[1] != 'u' || (at[2] | 0x20) != 'd' || !at[3]) return 0;
  return strchr("89abAB", at[3]) ? 1 : strchr("cdefCDEF", at[3]) ? 2 : 0;
}

/* escape passes over one, or gives NULL; half a pair, which is no text in UTF-8, becomes U+FFFD, which is as long. */
static char *escape(char *at) {
  if (!at[1] || !strchr("\"\\/bfnrtu", at[1])) return NULL;
  if (half(at) == 1 && half(at + 6) == 2) return at + 12;
  if (half(at)) memcpy(at + 2, "fffd", 4);
  return at + 2;
}

/* whole mends JSON that the engine wrote: a text that was cut within a pair has half of it. */
static void whole(const char *json) {
  char *at = (char *)json;
  while (at && (at = strchr(at, '\\'))) at = escape(at);
}

static int32_t written(JSValue text) {
  size_t size;
  const char *output = JS_ToCStringLen(context, &size, text);
  if (!output) return failed();
  whole(output);
  const int refused = usher_output_write(output, size) == USHER_REFUSED;
  JS_FreeCString(context, output);
  if (!refused) return USHER_OK;
  static const char large[] = "the answer is too large";
  usher_fail(large, sizeof large - 1);
  return USHER_FAILED;
}

/* settle runs what promises wait for. */
static int settle(void) {
  JSContext *of;
  int more;
  do more = JS_ExecutePendingJob(JS_GetRuntime(context), &of);
  while (more > 0);
  return more == 0;
}

/* readable looks for what the engine would take and JSON does not have, and for what it would die of. */
static int readable(char *at) {
  int depth = 0, quoted = 0;
  while (at && *at) {
    const char c = *at;
    if (quoted && c == '\\') {
      at = escape(at);
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '[' || c == '{') && ++depth > MAX_DEPTH) return 0;
    if (!quoted && (c == ']' || c == '}')) depth--;
    at++;
  }
  return at != NULL;
}

static JSValue asked(void) {
  const uint32_t length = usher_input_len();
  char *text = malloc(length + 1);
  if (!text) return JS_ThrowOutOfMemory(context);
  text[usher_input_read(text, 0, length)] = 0;
  JSValue question = readable(text) ? JS_ParseJSON(context, text, length, "envelope")
                                    : JS_ThrowSyntaxError(context, "the envelope is no JSON, or has more than %d levels", MAX_DEPTH);
  free(text);
  return question;
}

/* call asks the script: answer(hook, envelope), and after its promises answer(hook) for what came of it. */
static JSValue call(const char *hook) {
  JSValue arguments[2] = {JS_NewString(context, hook), asked()}, result = JS_EXCEPTION;
  if (!JS_IsException(arguments[1])) {
    result = JS_Call(context, answer, JS_UNDEFINED, 2, arguments);
    if (JS_IsUndefined(result)) result = settle() ? JS_Call(context, answer, JS_UNDEFINED, 1, arguments) : JS_EXCEPTION;
  }
  JS_FreeValue(context, arguments[0]);
  JS_FreeValue(context, arguments[1]);
  if (JS_IsException(result)) return result;
  JSValue text = JS_JSONStringify(context, result, JS_UNDEFINED, JS_UNDEFINED);
  JS_FreeValue(context, result);
  return text;
}

static int32_t serve(const char *hook) {
  JSValue text = call(hook);
  const int32_t returned = JS_IsException(text) ? failed() : written(text);
  JS_FreeValue(context, text);
  return returned;
}

#define SERVE(function, hook) \
  USHER_HOOK(function) { return serve(hook); }

SERVE(signup_validate, "signup.validate")
SERVE(tenant_provision, "tenant.provision")
SERVE(invitation_validate, "invitation.validate")
SERVE(activation_validate, "activation.validate")
SERVE(password_check, "password.check")
SERVE(message_render, "message.render")
SERVE(message_route, "message.route")
SERVE(message_send, "message.send")
SERVE(message_status, "message.status")
SERVE(identity_begin, "identity.begin")
SERVE(identity_finish, "identity.finish")
SERVE(session_claims, "session.claims")
SERVE(event_deliver, "event.deliver")

/* usher.serve(answer, explain, facts): facts are for the builder. */
static JSValue js_serve(JSContext *c, JSValueConst this, int n, JSValueConst *v) {
  (void)this, (void)n;
  if (!loading) return JS_ThrowTypeError(c, "usher.serve is for the script's beginning");
  answer = JS_DupValue(c, v[0]);
  explain = JS_DupValue(c, v[1]);
  return written(v[2]) == USHER_OK ? JS_UNDEFINED : JS_EXCEPTION;
}

/* usher.log(level, line) */
static JSValue js_log(JSContext *c, JSValueConst this, int n, JSValueConst *v) {
  (void)this, (void)n;
  int32_t level;
  size_t size;
  const char *line = JS_ToInt32(c, &level, v[0]) ? NULL : JS_ToCStringLen(c, &size, v[1]);
  if (!line) return JS_EXCEPTION;
  usher_log(level, line, size);
  JS_FreeCString(c, line);
  return JS_UNDEFINED;
}

/* usher.now() and usher.deadline() */
static JSValue js_now(JSContext *c, JSValueConst this, int n, JSValueConst *v) {
  (void)this, (void)n, (void)v;
  return JS_NewInt64(c, usher_now_ms());
}

static JSValue js_deadline(JSContext *c, JSValueConst this, int n, JSValueConst *v) {
  (void)this, (void)n, (void)v;
  return JS_NewInt64(c, usher_deadline_ms());
}

static JSValue early(JSContext *c) {
  return JS_ThrowTypeError(c, "random numbers at the top of a file would be the same in every call: ask for them in a handler");
}

/* usher.random(size): an ArrayBuffer, or undefined when that is too much */
static JSValue js_random(JSContext *c, JSValueConst this, int n, JSValueConst *v) {
  (void)this, (void)n;
  uint32_t size;
  uint8_t bytes[USHER_MAX_RANDOM];
  if (loading) return early(c);
  if (JS_ToUint32(c, &size, v[0])) return JS_EXCEPTION;
  if (size > sizeof bytes || usher_random(bytes, size) == USHER_REFUSED) return JS_UNDEFINED;
  return JS_NewArrayBufferCopy(c, bytes, size);
}

/* Math.random(): 52 bits of the host's secure source */
static JSValue js_math_random(JSContext *c, JSValueConst this, int n, JSValueConst *v) {
  (void)this, (void)n, (void)v;
  union {
    uint64_t bits;
    double number;
  } u;
  if (loading) return early(c);
  usher_random(&u.bits, sizeof u.bits);
  u.bits = u.bits >> 12 | 0x3ffULL << 52;
  return JS_NewFloat64(c, u.number - 1);
}

static usher_result use(const char *name, const char *request, uint32_t size) {
  if (!strcmp(name, "usher:http/v1.fetch")) return usher_http_fetch(request, size);
  if (!strcmp(name, "usher:kv/v1.get")) return usher_kv_get(request, size);
  if (!strcmp(name, "usher:kv/v1.put")) return usher_kv_put(request, size);
  if (!strcmp(name, "usher:kv/v1.delete")) return usher_kv_delete(request, size);
  if (!strcmp(name, "usher:secret/v1.hmac")) return usher_secret_hmac(request, size);
  if (!strcmp(name, "usher:telemetry/v1.metric")) return usher_telemetry_metric(request, size);
  if (!strcmp(name, "usher:telemetry/v1.span_start")) return usher_telemetry_span_start(request, size);
  if (!strcmp(name, "usher:telemetry/v1.span_end")) return usher_telemetry_span_end(request, size);
  return (usher_result)USHER_STATUS_INVALID << 32;
}

static JSValue result_text(JSContext *c, uint32_t size) {
  char *text = malloc(size + 1);
  if (!text) return JS_ThrowOutOfMemory(c);
  JSValue value = JS_NewStringLen(c, text, usher_result_read(text, 0, size));
  free(text);
  return value;
}

/* usher.use(function, request): [status, answer], both texts JSON */
static JSValue js_use(JSContext *c, JSValueConst this, int n, JSValueConst *v) {
  (void)this, (void)n;
  size_t size;
  if (loading) return JS_ThrowTypeError(c, "at the top of a file the host lends nothing yet: do it in a handler");
  const char *name = JS_ToCString(c, v[0]), *request = JS_ToCStringLen(c, &size, v[1]);
  JSValue pair = JS_EXCEPTION;
  if (name && request) {
    whole(request);
    const usher_result result = use(name, request, size);
    pair = JS_NewArray(c);
    JS_SetPropertyUint32(c, pair, 0, JS_NewInt32(c, usher_status_of(result)));
    JS_SetPropertyUint32(c, pair, 1, result_text(c, usher_length_of(result)));
  }
  JS_FreeCString(c, name);
  JS_FreeCString(c, request);
  return pair;
}

static const JSCFunctionListEntry lent[] = {
    JS_CFUNC_DEF("serve", 3, js_serve),       JS_CFUNC_DEF("log", 2, js_log),       JS_CFUNC_DEF("now", 0, js_now),
    JS_CFUNC_DEF("deadline", 0, js_deadline), JS_CFUNC_DEF("random", 1, js_random), JS_CFUNC_DEF("use", 2, js_use),
};

static void lend(void) {
  JSValue global = JS_GetGlobalObject(context), usher = JS_NewObject(context), of = JS_GetPropertyStr(context, global, "Math");
  JS_SetPropertyFunctionList(context, usher, lent, sizeof lent / sizeof *lent);
  JS_SetPropertyStr(context, of, "random", JS_NewCFunction(context, js_math_random, "random", 0));
  JS_SetPropertyStr(context, global, "usher", usher);
  JS_FreeValue(context, of);
  JS_FreeValue(context, global);
}

/* evaluate runs the script, which it forgets: it would be in every module twice. */
static JSValue evaluate(void) {
  const uint32_t length = usher_input_len();
  char *script = malloc(length + 1);
  if (!script) return JS_ThrowOutOfMemory(context);
  script[usher_input_read(script, 0, length)] = 0;
  JSValue value = JS_Eval(context, script, length, "plugin.js", JS_EVAL_TYPE_GLOBAL);
  wipe(script, length);
  free(script);
  return value;
}

/* usher_load reads the script that is the input, and gives its facts as the output. */
__attribute__((export_name("usher_load"))) int32_t usher_load(void) {
  loading = 1;
  JSRuntime *runtime = JS_NewRuntime2(&memory, NULL);
  JS_SetMaxStackSize(runtime, MAX_STACK);
  JS_SetGCThreshold(runtime, COLLECT);
  context = JS_NewContext(runtime);
  answer = explain = JS_UNDEFINED;
  lend();
  JSValue value = evaluate();
  if (JS_IsException(value) || !settle()) {
    JSValue exception = JS_GetException(context), stack = JS_GetPropertyStr(context, exception, "stack");
    fail(exception);
    fail(stack);
    return USHER_FAILED;
  }
  JS_FreeValue(context, value);
  JS_RunGC(runtime);
  void *volatile spare = malloc(SPARE); /* volatile: a compiler would see that nobody needs it */
  free(spare);
  loading = 0;
  return USHER_OK;
}
