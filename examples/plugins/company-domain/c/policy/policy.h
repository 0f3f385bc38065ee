/* Whose addresses may sign up: those of companies, not those of free mail services. */
#ifndef POLICY_H
#define POLICY_H

#include <usher.h>

/* It refuses a signup whose address is not a company's, or is of a domain that the operator blocks. */
usher_signup_validate_answer check_signup(const usher_call *call, const usher_signup_validate *signup);

#endif
