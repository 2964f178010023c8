/*
 * Files of rows: CSV, TSV and NDJSON, read as a stream and written.
 *
 * Reading finds out the format, the delimiter and the encoding by itself:
 * UTF-8 with or without a mark, or Windows-1252, which becomes UTF-8.  What is
 * wrong with one record is told with that record; only a file that cannot be
 * read at all stops the reading.
 *
 * CSV quotes as RFC 4180 has it.  TSV does not quote: a cell holds neither a
 * tab nor a line end.  Records are numbered as a spreadsheet numbers its
 * rows: the header is row 1 (in NDJSON, the first line).
 */
#ifndef CLIENTS_CLI_FILES_H
#define CLIENTS_CLI_FILES_H

#include "protocol/codec.h"

#include <stdio.h>

enum file_format { FILE_CSV, FILE_TSV, FILE_NDJSON, FILE_FORMATS };

/* The format of that name or ending ("csv", "jsonl"); FILE_FORMATS when it is
 * none. */
enum file_format file_format_of(const char *name);

/* More cells than this are a mistake, and longer records too. */
#define RECORD_CELLS_MAX 1024
#define RECORD_BYTES_MAX ((size_t)1 << 20)

struct record {
    size_t row;
    const struct slice *cells; /* NDJSON: one cell, the line */
    size_t n;
    enum err fault;   /* ERR_NONE, or what is wrong with the whole record */
    const char *hint; /* about the fault */
};

struct reader;

/* Open PATH ("-": stdin) and look at its beginning.  NULL with *why, a text to
 * be translated, and errno when the system said no. */
struct reader *reader_open(const char *path, const char **why);
/* Close it; NULL is fine. */
void reader_close(struct reader *reader);

/* What the beginning of the file showed it to be. */
enum file_format reader_format(const struct reader *reader);

/* What parts its cells; of NDJSON without meaning. */
char reader_delimiter(const struct reader *reader);

/* Whether the file was Windows-1252 so far. */
int reader_converted(const struct reader *reader);

/* Whether it began with a byte order mark. */
int reader_marked(const struct reader *reader);

/* How far it is read, 0 to 1; -1 when its size is not known. */
double reader_progress(const struct reader *reader);

/* Give every record, blank ones left out, to ON_RECORD until it returns other
 * than 0; that is returned, 0 at the end, -1 when reading failed (errno). */
int reader_each(struct reader *reader,
                int (*on_record)(void *to, const struct record *record),
                void *to);

/* Write one row of N cells in a format; the delimiter is for CSV. */
void file_write_row(FILE *file, enum file_format format, char delimiter,
                    const char *const *cells, size_t n);

/* Write one cell, quoted where the format needs it. */
void file_write_cell(FILE *file, enum file_format format, char delimiter,
                     struct slice cell);

#endif
