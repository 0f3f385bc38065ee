/* It has the host log a line of four gigabytes. */
#include "fail.h"

FAILING(usher_log(USHER_INFO, (const char *)envelope, (uint32_t)-1))
