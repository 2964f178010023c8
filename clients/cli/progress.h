/*
 * How far a long command is, on stderr: a bar for a person at a terminal, a
 * line every ten seconds where there is none.
 */
#ifndef CLIENTS_CLI_PROGRESS_H
#define CLIENTS_CLI_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* From here on WHAT is counted (its plural, in the person's language), and
 * time is taken.  LINES: also where there is no terminal. */
void progress_begin(const char *what, int lines);

/* Show how far it is (0 to 1, -1 unknown) and how many; draws at most ten
 * times a second.  Without a begin it counts rows, for a terminal only. */
void progress_show(double part, uint64_t n);

/* The same with the caller's own words: who knows better what is left. */
void progress_say(double part, const char *text);

/* Take the bar away, until the next is shown. */
void progress_end(void);

/* "1200 rows, 400/s, 0:05 left" after MS milliseconds, into OUT.  What cannot
 * be known yet is left out. */
void progress_text(char *out, size_t size, const char *what, double part,
                   uint64_t n, int64_t ms);

#endif
