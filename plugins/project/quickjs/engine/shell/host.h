/*
 * The imports of the contract usher/v1. The engine has its own declarations and not the SDK for C, so that its bytes change
 * with the engine alone. Package hostapi says what each function promises.
 */
#ifndef USHER_HOST_H
#define USHER_HOST_H

#include <stddef.h>
#include <stdint.h>

/* USHER_IMPORT declares a function that the host lends. */
#define USHER_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

/* USHER_HOOK begins the function that serves a hook, dots of its name as underscores. */
#define USHER_HOOK(hook) __attribute__((export_name("usher_" #hook))) int32_t usher_##hook(void)

/* What the function of a hook returns. */
enum { USHER_OK = 0, USHER_FAILED = 1 };

/* What usher_output_write and usher_random refuse with. */
#define USHER_REFUSED (-4)

/* The most that one usher_random gives. */
#define USHER_MAX_RANDOM 4096

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
USHER_IMPORT("usher:core/v1", "now_ms") int64_t usher_now_ms(void);
USHER_IMPORT("usher:core/v1", "deadline_ms") int64_t usher_deadline_ms(void);
/* fills dst; gives len or USHER_REFUSED */
USHER_IMPORT("usher:core/v1", "random") int32_t usher_random(void *dst, uint32_t len);

/*
 * The capabilities. A guest imports those that it calls, and no other: what it imports is what the operator must grant.
 * All take a request in JSON and give a result; the answer is read with usher_result_read.
 */

typedef int64_t usher_result;

enum usher_status {
  USHER_STATUS_OK = 0,
  USHER_STATUS_INVALID = 1,   /* the request is malformed */
  USHER_STATUS_DENIED = 2,    /* the grant does not cover it */
  USHER_STATUS_FAILED = 3,    /* it was tried and failed */
  USHER_STATUS_OVER = 4,      /* a limit is in the way */
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

#endif
