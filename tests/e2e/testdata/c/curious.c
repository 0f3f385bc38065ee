#define CURIOUS
#include "careful.c"
