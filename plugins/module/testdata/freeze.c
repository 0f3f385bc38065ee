/* A guest with a state in its memory, a table, and two capabilities. */
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("usher:kv/v1", "get") int64_t kv_get(const char *request, uint32_t len);
IMPORT("usher:http/v1", "fetch") int64_t http_fetch(const char *request, uint32_t len);

static int32_t calls = 1000;

static int32_t more(int32_t n) { return n + 1; }

static int32_t (*volatile next)(int32_t) = more;

EXPORT("usher_signup_validate") int32_t signup(void) { return calls = next(calls); }

EXPORT("usher_message_send") int32_t send(void) { return (int32_t)http_fetch("", 0) + (int32_t)(kv_get("", 0) >> 32); }

EXPORT("usher_event_deliver") int32_t deliver(void) { return 0; }
