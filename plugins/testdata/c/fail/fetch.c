/* It fetches what its config says. */
#include "fail.h"

ASKING(event_deliver, usher_http_fetch)
