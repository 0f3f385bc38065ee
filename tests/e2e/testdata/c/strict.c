#define STRICT
#include "careful.c"
