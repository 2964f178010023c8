/*
 * The yardstick of the daemon's transport: a ROUTER that sends every message
 * back as it came, in the daemon's loop (libuv on ZMQ_FD).
 */
#ifndef BENCHMARKS_BARE_H
#define BENCHMARKS_BARE_H

#include <stdint.h>

/* Bind, print `listening ENDPOINT', echo until SIGTERM; each message after
 * THINK_NS nanoseconds of processor.  Returns an exit status. */
int bare_serve(const char *endpoint, uint64_t think_ns);

#endif
