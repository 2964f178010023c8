/*
 * The servers that benchmarks ask: child processes, so that what they do is
 * theirs.
 */
#ifndef BENCHMARKS_SPAWNED_H
#define BENCHMARKS_SPAWNED_H

#include <stdint.h>
#include <sys/types.h>

struct spawned {
    pid_t pid;
    char endpoint[256]; /* as bound */
};

/* The daemon beside this program's directory, on STORE.  Ends the program
 * when it does not listen. */
struct spawned spawn_daemon(const char *store, const char *listen);

/* A bare echo over the same loop that thinks for THINK_NS before each answer;
 * call it before this process has a ZeroMQ context. */
struct spawned spawn_echo(const char *listen, uint64_t think_ns);

/* Seconds of processor that the child has taken so far, all its threads. */
double spawned_cpu(const struct spawned *child);

/* SIGTERM, and wait; ends the program when the child did not end well. */
void spawned_stop(struct spawned *child);

#endif
