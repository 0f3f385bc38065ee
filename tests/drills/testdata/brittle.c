/* The gate with a mistake in it. */
#define BRITTLE
#include "gate.c"
