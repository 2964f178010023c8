/*
 * How fast one core reads memory that no cache holds.
 */
#ifndef BENCHMARKS_STREAM_H
#define BENCHMARKS_STREAM_H

/* Gigabytes (10^9) a second of the best of a few passes over a gigabyte. */
double stream_bandwidth(void);

#endif
