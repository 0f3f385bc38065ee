/*
 * What the plugin billing-claims does:
 *   event.deliver: it asks the billing system what a tenant has subscribed to, when what is known is not fresh.
 *   session.claims: it says in the token what is known. Nobody who signs in waits for the billing system.
 *
 * It is plain C: make test runs it without WebAssembly.
 */
#ifndef POLICY_H
#define POLICY_H

#include <usher.h>

usher_event_deliver_answer on_event_deliver(const usher_call *call, const usher_event_deliver *question);
usher_session_claims_answer on_session_claims(const usher_call *call, const usher_session_claims *question);

/* What is known of a tenant's subscription; of one that the billing system does not know the status is "none". */
typedef struct subscription {
  int64_t fetched; /* when, in milliseconds since 1970 */
  usher_text plan;
  usher_text status;
  int64_t seats;
  usher_text features; /* JSON, a list of strings */
} subscription;

/* recall gives what is kept of the tenant; found is false where that is nothing. */
usher_refused recall(subscription *s, bool *found);

/* keep has it kept for as long as the operator says. */
usher_refused keep(const usher_call *call, const subscription *s);

/* understood reads what the billing system answers, and gives false when that is no subscription. */
bool understood(usher_text body, subscription *s);

#endif
