#include <stdlib.h>

#include "tests/support/watched.h"

unsigned watched(unsigned whole, unsigned less)
{
#ifdef __SANITIZE_THREAD__
    return (void)whole, less;
#else
    return getenv("WATCHED") ? less : whole;
#endif
}
