/* It asks the store what its config says. */
#include "fail.h"

ASKING(signup_validate, usher_kv_get)
