/* What a script needs to be a guest: an engine that has read it, and a function that asks it. */
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"
#include "usher.h"

static const char script[] = {
#include "script.h"
	0};

static JSContext *context;

static int32_t failed(void) {
	JSValue exception = JS_GetException(context);
	const char *reason = JS_ToCString(context, exception);
	if (reason) usher_fail(reason, strlen(reason));
	return USHER_FAILED;
}

__attribute__((constructor)) static void begin(void) {
	context = JS_NewContext(JS_NewRuntime());
	if (JS_IsException(JS_Eval(context, script, sizeof script - 1, "guest.js", JS_EVAL_TYPE_GLOBAL))) abort();
}

USHER_HOOK(signup_validate) {
	uint32_t length = usher_input_len();
	char *question = malloc(length);
	if (!question) abort();
	usher_input_read(question, 0, length);
	JSValue global = JS_GetGlobalObject(context), asked = JS_NewStringLen(context, question, length);
	JSValue answer = JS_Call(context, JS_GetPropertyStr(context, global, "answer"), global, 1, &asked);
	if (JS_IsException(answer)) return failed();
	size_t size;
	const char *output = JS_ToCStringLen(context, &size, answer);
	if (!output) return failed();
	usher_output_write(output, size);
	return USHER_OK; /* nothing is freed: the instance goes back to what it was */
}
