/*
 * What time it is: the one door to the system's clocks.
 */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970, as the system has it: may jump. */
int64_t clock_wall_ms(void);

/* Microseconds since some time before the start: never goes back.  What a
 * request's arrived_us is of. */
uint64_t clock_steady_us(void);

#endif
