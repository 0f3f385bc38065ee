package cheader

import (
	"strings"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/internal/shape"
)

// verdicts are the hooks at which a handler may deny, and whether it says then what is wrong with which field.
func verdicts() map[hostapi.Hook]bool {
	return map[hostapi.Hook]bool{
		hostapi.HookSignupValidate: true, hostapi.HookInvitationValidate: true, hostapi.HookActivationValidate: true,
		hostapi.HookPasswordCheck: true, hostapi.HookMessageStatus: false,
	}
}

// hooks writes what a handler of each hook answers with.
func (w *writer) hooks() error {
	w.printf("\n/* ---- The hooks ---- */\n")
	for _, h := range shape.Hooks() {
		name := strings.ReplaceAll(string(h.Hook), ".", "_")
		withErrors, verdict := verdicts()[h.Hook]
		answer := "usher_" + name + "_answer"
		w.printf("\n#define USHER_NAME_%s USHER_TEXT(%q)\n", name, h.Hook)
		w.comment("", answer+" is what a handler of "+string(h.Hook)+" gives: {0} and its data, or why the call fails.")
		w.printf("typedef struct %s {\n  usher_text failure;\n", answer)
		if verdict {
			w.printf("  usher_outcome outcome; /* continue when it is not set */\n  usher_field_error_list errors;\n")
		}
		w.printf("  usher_%s data;\n} %s;\n\n", lower(h.Answer), answer)
		w.printf("static inline void usher_read_%s_at(usher_reader *r, void *v) { usher_read_%s(r, v); }\n\n", name, lower(h.Question))
		w.printf("static inline %s usher_%s_fail(usher_text reason) {\n", answer, name)
		w.printf("  return (%s){.failure = reason.len ? reason : USHER_TEXT(\"the handler failed\")};\n}\n\n", answer)
		if verdict {
			w.verdict(name, answer, lower(h.Answer), h.Answer == "PasswordVerdict", withErrors)
		}
		w.answer(name, answer, lower(h.Answer), verdict)
	}
	return nil
}

// verdict writes the functions that make one.
func (w *writer) verdict(name, answer, data string, bare, withErrors bool) {
	w.printf("static inline %s usher_%s_accept(void) { return (%s){0}; }\n\n", answer, name, answer)
	if !bare {
		w.printf("static inline %s usher_%s_change(usher_%s data) { return (%s){.data = data}; }\n\n", answer, name, data, answer)
	}
	if !withErrors {
		w.printf("static inline %s usher_%s_deny(void) { return (%s){.outcome = {USHER_OUTCOME_DENY, {0}}}; }\n\n", answer, name, answer)
		return
	}
	w.comment("", "It denies for what is wrong with a field; usher_add(&answer.errors, (usher_field_error){...}) says more.")
	w.printf("static inline %s usher_%s_deny(const char *field, const char *code, usher_text message) {\n", answer, name)
	w.printf("  %s a = {.outcome = {USHER_OUTCOME_DENY, {0}}};\n", answer)
	w.printf("  usher_add(&a.errors, (usher_field_error){usher_text_of(field), usher_text_of(code), message});\n  return a;\n}\n\n")
}

// answer writes the function that writes one.
func (w *writer) answer(name, answer, data string, verdict bool) {
	w.printf("static inline void usher_put_%s_answer(usher_buffer *b, const %s *a) {\n", name, answer)
	if !verdict {
		w.printf("  usher_put_literal(b, \"{\\\"outcome\\\":\\\"continue\\\",\\\"data\\\":\");\n  usher_put_%s(b, &a->data);\n", data)
	} else {
		w.printf("  usher_put_literal(b, \"{\\\"outcome\\\":\");\n")
		w.printf("  usher_put_json(b, a->outcome.is ? usher_outcome_text(a->outcome) : USHER_TEXT(\"continue\"));\n")
		w.printf("  usher_put_literal(b, \",\\\"data\\\":\");\n  usher_put_%s(b, &a->data);\n", data)
		w.printf("  if (a->errors.len) usher_put_literal(b, \",\\\"errors\\\":\");\n  const uint32_t start = b->len;\n")
		w.printf("  for (uint32_t i = 0; i < a->errors.len; i++) {\n    usher_put_byte(b, ',');\n    usher_put_field_error(b, &a->errors.at[i]);\n  }\n")
		w.printf("  if (a->errors.len) usher_end(b, start, '[', ']');\n")
	}
	w.printf("  usher_put_byte(b, '}');\n}\n")
}
