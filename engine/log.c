/*
 * The operator's log: one write a line, so that threads do not mix theirs.
 * A log that cannot be written is dropped: the service goes on.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/log.h"

static int level = LOG_INFO;

void log_level(int priority)
{
    __atomic_store_n(&level, priority, __ATOMIC_RELAXED);
}

void log_line(int priority, const char *format, ...)
{
    char line[512];
    va_list args;
    size_t len;
    int n;

    if (priority > __atomic_load_n(&level, __ATOMIC_RELAXED))
        return;
    n = snprintf(line, sizeof line, "<%d>", priority);
    va_start(args, format);
    n += vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    len = n < (int)sizeof line - 1 ? (size_t)n : sizeof line - 2;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

void log_text(int priority, const char *text)
{
    log_line(priority, "%s", text);
}
