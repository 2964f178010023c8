/*
 * The operator's log: one write a line, so that threads do not mix theirs.
 * A line that cannot be written, or only if somebody reads, is dropped and
 * counted: the service goes on.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/log.h"

static int level = LOG_INFO;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t lost; /* lines, since the start */
static uint64_t told; /* of these, in the log */

int log_open(void)
{
    int fd;

    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
        ;
    return fd > STDERR_FILENO && close(fd) == 0;
}

void log_level(int priority)
{
    __atomic_store_n(&level, priority, __ATOMIC_RELAXED);
}

uint64_t log_lost(void)
{
    return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

/* A pipe that says it is writable takes a line whole; a journal's socket and a
 * file take it or fail. */
static int put(const char *line, size_t len)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) &&
           write(STDERR_FILENO, line, len) == (ssize_t)len;
}

/* Nobody else writes between the look and the write. */
static void put_or_lose(const char *line, size_t len)
{
    char text[80];
    int n;

    pthread_mutex_lock(&mutex);
    if (lost != told) {
        n = snprintf(text, sizeof text,
                     "<%d>%llu lines of this log were lost\n", LOG_WARNING,
                     (unsigned long long)(lost - told));
        if (put(text, (size_t)n))
            told = lost;
    }
    if (!put(line, len))
        __atomic_add_fetch(&lost, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&mutex);
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
    put_or_lose(line, len);
}

void log_text(int priority, const char *text)
{
    log_line(priority, "%s", text);
}
