/* The plugin billing-claims. The folder policy has its logic; here each hook is handed to it. */
#include <usher.h>

#include "policy/policy.h"

USHER_SERVE(event_deliver, on_event_deliver)
USHER_SERVE(session_claims, on_session_claims)
