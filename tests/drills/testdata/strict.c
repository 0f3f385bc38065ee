/* The doors, closed. */
#define STRICT
#include "doors.c"
