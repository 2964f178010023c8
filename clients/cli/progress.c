/*
 * The bar is drawn over itself; whoever else writes on stderr ends it first.
 */
#include "clients/cli/progress.h"
#include "clients/cli/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 30

/* The state of the one terminal. */
static int drawn;
static int64_t last_ms;

static int on_terminal(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_show(double part, size_t rows)
{
    struct timespec now;
    int64_t ms;
    int filled = part > 0 ? (int)(part * WIDTH) : 0;

    if (!on_terminal())
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (drawn && ms - last_ms < 100)
        return;
    last_ms = ms;
    drawn = 1;
    fprintf(stderr, "\r[");
    for (int i = 0; i < WIDTH; i++)
        putc(i < filled ? '#' : ' ', stderr);
    fprintf(stderr, _("] %zu rows"), rows);
}

void progress_end(void)
{
    if (drawn)
        fprintf(stderr, "\r\033[K");
    drawn = 0;
}
