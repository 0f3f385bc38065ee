/* It never comes back. */
#include "fail.h"

FAILING(for (;;) {
})
