/*
 * The yardstick of the daemon's transport: a ROUTER that sends every message
 * back as it came, in the daemon's loop (libuv on ZMQ_FD).
 */
#ifndef BENCHMARKS_BARE_H
#define BENCHMARKS_BARE_H

/* Bind, print `listening ENDPOINT', echo until SIGTERM.  Returns an exit
 * status. */
int bare_serve(const char *endpoint);

#endif
