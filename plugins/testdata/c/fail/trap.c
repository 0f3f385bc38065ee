/* It crashes. */
#include "fail.h"

FAILING(__builtin_trap())
