/*
 * For the suites under ThreadSanitizer.
 *
 * Criterion maps the memory that its processes share where rand_r says:
 * 0x200000000000 and 24 bits below it are empty.  ThreadSanitizer takes most
 * addresses for itself and refuses; it leaves 0x550000000000 and on, and
 * programs lie from 0x555555554000 on.
 */
#ifdef __SANITIZE_THREAD__
#include <stdlib.h>

int rand_r(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return (int)(0x350000u + (*seed >> 16) % 0x4000u);
}

/* A life in a process of its own (rescored.h) begins threads in it. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0";
}
#else
typedef int tsan_has_no_part;
#endif
