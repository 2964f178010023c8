/*
 * Lines for the operator on stderr, with systemd's <N> priorities.  Never
 * anything of a person: no pseudonyms, no values of profiles, no bodies.
 */
#ifndef ENGINE_LOG_H
#define ENGINE_LOG_H

#include <stdint.h>

enum log_priority {
    LOG_ERROR = 3,
    LOG_WARNING = 4,
    LOG_INFO = 6,
    LOG_DEBUG = 7
};

/* Nothing else may become what stderr is when that was closed: it is then
 * /dev/null, and so are stdin and stdout.  First of all; 0 when even that
 * fails.
 */
int log_open(void);

/* Lines that could not be written, since the start: the disk is full, nobody
 * reads the pipe or is there any more.  The next that can be tells how many. */
uint64_t log_lost(void);

/* Lines with a greater priority number are dropped; LOG_INFO at first. */
void log_level(int priority);

/* One line; newlines in the text are turned into spaces. */
void log_line(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a finished text: what the store is given. */
void log_text(int priority, const char *text);

#endif
