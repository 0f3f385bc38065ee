/* It has the host put random bytes outside of its memory. */
#include "fail.h"

FAILING(usher_random((void *)-16, 100))
