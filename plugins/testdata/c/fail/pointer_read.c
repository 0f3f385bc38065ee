/* It has the host write the question outside of its memory. */
#include "fail.h"

FAILING(usher_input_read((void *)-16, 0, 100))
