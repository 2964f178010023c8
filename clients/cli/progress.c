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
#define DRAW_MS 100
#define LINE_MS 10000
/* A rate of less time says nothing. */
#define RATE_MS 500

/* The state of the one terminal. */
static const char *counted; /* NULL: not begun */
static int lines;
static int drawn;
static int64_t began_ms;
static int64_t last_ms;

static int on_terminal(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(const char *what, int with_lines)
{
    progress_end();
    counted = what;
    lines = with_lines;
    began_ms = last_ms = now_ms();
}

/* What is left takes as long as what was done took. */
void progress_text(char *out, size_t size, const char *what, double part,
                   uint64_t n, int64_t ms)
{
    int len = snprintf(out, size, "%llu %s", (unsigned long long)n, what);
    long long left;

    if (ms < RATE_MS || len < 0 || (size_t)len >= size)
        return;
    len += snprintf(out + len, size - (size_t)len, ", %llu/s",
                    (unsigned long long)(n * 1000 / (uint64_t)ms));
    if (part <= 0 || part > 1 || (size_t)len >= size)
        return;
    left = (long long)((double)ms * (1 - part) / part / 1000 + 0.5);
    if (left >= 3600)
        snprintf(out + len, size - (size_t)len, _(", %lld:%02lld:%02lld left"),
                 left / 3600, left / 60 % 60, left % 60);
    else
        snprintf(out + len, size - (size_t)len, _(", %lld:%02lld left"),
                 left / 60, left % 60);
}

static void draw(double part, const char *text)
{
    int filled = part > 0 ? (int)(part * WIDTH) : 0;

    fprintf(stderr, "\r[");
    for (int i = 0; i < WIDTH; i++)
        putc(i < filled ? '#' : ' ', stderr);
    fprintf(stderr, "] %s\033[K", text);
    drawn = 1;
}

/* Is it time to show something? */
static int due(int64_t now)
{
    int terminal = on_terminal();

    if (!terminal && !lines)
        return 0;
    if (!counted)
        progress_begin(_("rows"), 0);
    else if (now - last_ms < (terminal ? DRAW_MS : LINE_MS))
        return 0;
    last_ms = now;
    return 1;
}

static void show(double part, const char *text)
{
    if (on_terminal())
        draw(part, text);
    else
        fprintf(stderr, "clausectl: %s\n", text);
}

void progress_show(double part, uint64_t n)
{
    int64_t now = now_ms();
    char text[200];

    if (!due(now))
        return;
    progress_text(text, sizeof text, counted, part, n, now - began_ms);
    show(part, text);
}

void progress_say(double part, const char *text)
{
    if (due(now_ms()))
        show(part, text);
}

void progress_end(void)
{
    if (drawn)
        fprintf(stderr, "\r\033[K");
    drawn = 0;
}
