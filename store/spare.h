/*
 * The last descriptors: connections may take all but these, so that a file
 * that the daemon must open is opened all the same.
 *
 * They are no open files, which a connection that waits would take as soon as
 * one were given up, but the numbers above the limit that is in force; it is
 * lifted for as long as opening takes.
 */
#ifndef STORE_SPARE_H
#define STORE_SPARE_H

/* Have some: once, before others open anything.  A process that may have very
 * few keeps none. */
void spare_keep(void);

/* As open(2), close-on-exec and for the owner alone when the file is made, of
 * the spare ones when there is no other.  -1 and errno. */
int spare_open(const char *path, int flags);

/* What is opened between the two, on any thread, may be spare ones: for what
 * does not open its files through us.  Briefly, for others wait here. */
void spare_begin(void);
void spare_end(void);

/* Is there one for somebody else? */
int spare_left(void);

#endif
