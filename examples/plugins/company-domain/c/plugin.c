/* The plugin company-domain: it lets only people with a company's address sign up, and writes the mails. */
#include <usher.h>

#include "letter/letter.h"
#include "policy/policy.h"

USHER_SERVE(signup_validate, check_signup)
USHER_SERVE(message_render, write_letter)
