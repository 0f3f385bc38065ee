/* It has the host read an answer from outside of its memory. */
#include "fail.h"

FAILING(usher_output_write((const void *)-16, 100))
