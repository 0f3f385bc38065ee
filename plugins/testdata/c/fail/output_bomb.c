/* It answers without end. */
#include "fail.h"

FAILING(while (usher_output_write(envelope, MOST) > 0){})
