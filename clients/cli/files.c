/*
 * The reader: a stream of bytes cut into records, each made UTF-8.  Knows
 * nothing of entities.  Memory: one record and one block.
 */
#include "clients/cli/files.h"
#include "clients/cli/encoding.h"

#include <csv.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define N_(text) (text)
#define BLOCK_BYTES ((size_t)65536)

struct reader {
    FILE *file;
    char block[BLOCK_BYTES]; /* what was read last */
    size_t block_len;
    enum file_format format;
    char delimiter;
    struct encoding encoding;
    int marked;
    uint64_t size; /* 0: not known */
    uint64_t taken;
    /* The record that is being gathered. */
    struct buffer text;
    size_t ends[RECORD_CELLS_MAX]; /* of each cell in text */
    size_t n;
    size_t row;
    enum err fault;
    const char *hint;
    int after_return; /* CSV: the last row ended at a carriage return */
    int quoted_open;  /* CSV: the file ended inside quotes */
    int (*on_record)(void *to, const struct record *record);
    void *to;
    int result;
};

static const char *const format_names[FILE_FORMATS] = {"csv", "tsv", "ndjson"};

enum file_format file_format_of(const char *name)
{
    for (int f = 0; f < FILE_FORMATS; f++)
        if (!strcasecmp(format_names[f], name))
            return (enum file_format)f;
    if (!strcasecmp(name, "jsonl") || !strcasecmp(name, "json"))
        return FILE_NDJSON;
    return FILE_FORMATS;
}

/* ---- Opening ---------------------------------------------------------- */

/* The extension, past an ending `.rejects'; "" when there is none. */
static void extension(const char *path, char out[16])
{
    size_t len = strlen(path);
    const char *dot;

    while (len > 8 && !strncmp(path + len - 8, ".rejects", 8))
        len -= 8;
    dot = memrchr(path, '.', len);
    out[0] = '\0';
    if (dot && len - (size_t)(dot + 1 - path) < 16)
        snprintf(out, 16, "%.*s", (int)(path + len - dot - 1), dot + 1);
}

/* What stands in quotes parts nothing. */
static size_t count_in_line(const char *text, size_t len, char what)
{
    size_t n = 0;
    int quoted = 0;

    for (size_t i = 0; i < len && (quoted || text[i] != '\n'); i++) {
        if (text[i] == '"')
            quoted = !quoted;
        n += !quoted && text[i] == what;
    }
    return n;
}

/* The header decides: whichever of the three parts it most. */
static void sniff_format(struct reader *r, const char *path)
{
    const char *text = r->block;
    size_t len = r->block_len, start = 0;
    size_t commas, semicolons, tabs;
    enum file_format named;
    char ending[16];

    extension(path, ending);
    named = file_format_of(ending);
    while (start < len && strchr(" \t\r\n", text[start]) && text[start])
        start++;
    commas = count_in_line(text, len, ',');
    semicolons = count_in_line(text, len, ';');
    tabs = count_in_line(text, len, '\t');
    r->delimiter = semicolons > commas ? ';' : ',';
    if (named == FILE_NDJSON || (start < len && text[start] == '{'))
        r->format = FILE_NDJSON;
    else if (tabs > commas && tabs > semicolons)
        r->format = FILE_TSV;
    else if (named == FILE_TSV && !commas && !semicolons)
        r->format = FILE_TSV;
    else
        r->format = FILE_CSV;
    if (r->format == FILE_TSV)
        r->delimiter = '\t';
}

static size_t read_block(struct reader *r)
{
    r->block_len = fread(r->block, 1, sizeof r->block, r->file);
    r->taken += r->block_len;
    return r->block_len;
}

/* The beginning tells what no program would say: a byte order mark, UTF-16, a
 * JSON array, a spreadsheet. */
static const char *look(struct reader *r, const char *path)
{
    struct stat st;

    if (!fstat(fileno(r->file), &st)) {
        if (S_ISDIR(st.st_mode)) {
            errno = EISDIR;
            return N_("cannot be read");
        }
        r->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    }
    if (!read_block(r) && ferror(r->file))
        return N_("cannot be read");
    errno = 0;
    if (!r->block_len) {
        sniff_format(r, path);
        /* No object is what an empty store exports. */
        return r->format == FILE_NDJSON ? NULL : N_("is empty");
    }
    if (r->block_len >= 2 &&
        (!memcmp(r->block, "\xff\xfe", 2) || !memcmp(r->block, "\xfe\xff", 2)))
        return N_("is UTF-16; save it as \"CSV UTF-8\"");
    if (r->block_len >= 4 && !memcmp(r->block, "PK\x03\x04", 4))
        return N_("is a spreadsheet or an archive; save it as \"CSV UTF-8\"");
    if (r->block_len >= 3 && !memcmp(r->block, "\xef\xbb\xbf", 3)) {
        r->marked = 1;
        r->encoding.is = ENCODING_UTF8;
        r->block_len -= 3;
        memmove(r->block, r->block + 3, r->block_len);
    }
    if (r->block_len && r->block[0] == '[')
        return N_("is a JSON array; write one object a line, without commas "
                  "between");
    sniff_format(r, path);
    return NULL;
}

struct reader *reader_open(const char *path, const char **why)
{
    struct reader *r = calloc(1, sizeof *r);

    *why = N_("cannot be read");
    if (!r)
        return NULL;
    r->file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    if (!r->file)
        goto free_reader;
    if ((*why = look(r, path)))
        goto close_file;
    return r;

close_file:
    if (r->file != stdin)
        fclose(r->file);
free_reader:
    free(r);
    return NULL;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    if (r->file != stdin)
        fclose(r->file);
    buffer_free(&r->text);
    encoding_fini(&r->encoding);
    free(r);
}

enum file_format reader_format(const struct reader *r)
{
    return r->format;
}

char reader_delimiter(const struct reader *r)
{
    return r->delimiter;
}

int reader_converted(const struct reader *r)
{
    return r->encoding.is == ENCODING_WINDOWS;
}

int reader_marked(const struct reader *r)
{
    return r->marked;
}

double reader_progress(const struct reader *r)
{
    return r->size ? (double)r->taken / (double)r->size : -1;
}

/* ---- Records ---------------------------------------------------------- */

static void set_fault(struct reader *r, enum err fault, const char *hint)
{
    if (r->fault)
        return;
    r->fault = fault;
    r->hint = hint;
}

static void add_bytes(struct reader *r, const void *data, size_t len)
{
    if (r->text.len + len > RECORD_BYTES_MAX) {
        set_fault(r, ERR_TOO_LARGE,
                  N_("a row of more than 1 MiB: is a quote not closed?"));
        return;
    }
    if (buffer_add(&r->text, data, len))
        set_fault(r, ERR_NOMEM, "");
}

static void end_cell(struct reader *r)
{
    if (r->n == RECORD_CELLS_MAX) {
        set_fault(r, ERR_TOO_LARGE, N_("a row of more than 1024 cells"));
        return;
    }
    r->ends[r->n++] = r->text.len;
}

/* Turn the gathered bytes to UTF-8, moving the ends of cells along. */
static void make_utf8(struct reader *r, struct slice *cells)
{
    struct slice text = {r->text.data, r->text.len};
    size_t begin = 0;

    if (text.len && memchr(text.data, 0, text.len))
        set_fault(r, ERR_NOT_UTF8, N_("the row holds a zero byte"));
    if (encoding_take(&r->encoding, &text, r->ends, r->n))
        set_fault(r, ERR_NOT_UTF8,
                  N_("the row is neither UTF-8 nor Windows-1252 like the rows "
                     "before it"));
    for (size_t i = 0; i < r->n; i++) {
        cells[i] = (struct slice){text.data ? text.data + begin : "",
                                  r->ends[i] - begin};
        begin = r->ends[i];
    }
}

/* A blank row counts, so that numbers stay those of a spreadsheet, but is not
 * told. */
static void end_record(struct reader *r)
{
    struct slice cells[RECORD_CELLS_MAX];
    struct record record;
    int blank = !r->fault && (r->n == 0 || (r->n == 1 && !r->text.len));

    r->row++;
    if (!blank && !r->result) {
        make_utf8(r, cells);
        record = (struct record){r->row, cells, r->n, r->fault,
                                 r->hint ? r->hint : ""};
        r->result = r->on_record(r->to, &record);
    }
    r->text.len = 0;
    r->n = 0;
    r->fault = ERR_NONE;
    r->hint = NULL;
}

/* ---- Lines: TSV and NDJSON -------------------------------------------- */

static void end_line(struct reader *r)
{
    /* A line may end in CR LF. */
    if (r->text.len && r->text.data[r->text.len - 1] == '\r' &&
        (!r->n || r->ends[r->n - 1] < r->text.len))
        r->text.len--;
    end_cell(r);
    end_record(r);
}

/* Where the cell that begins there ends, or the block. */
static size_t next_end(const struct reader *r, size_t begin)
{
    const char *line;
    size_t at = begin;

    if (r->format == FILE_TSV) {
        while (at < r->block_len && r->block[at] != '\n' &&
               r->block[at] != '\t')
            at++;
        return at;
    }
    line = memchr(r->block + begin, '\n', r->block_len - begin);
    return line ? (size_t)(line - r->block) : r->block_len;
}

/* A line may lie across blocks: what is left over waits in the text. */
static void take_lines(struct reader *r)
{
    size_t begin = 0, at;

    while ((at = next_end(r, begin)) < r->block_len) {
        add_bytes(r, r->block + begin, at - begin);
        begin = at + 1;
        if (r->block[at] == '\n')
            end_line(r);
        else
            end_cell(r);
    }
    add_bytes(r, r->block + begin, r->block_len - begin);
}

static int each_line(struct reader *r)
{
    do
        take_lines(r);
    while (!r->result && read_block(r));
    if (r->text.len || r->n)
        end_line(r);
    return r->result;
}

/* ---- CSV -------------------------------------------------------------- */

static void on_cell(void *data, size_t len, void *to)
{
    struct reader *r = to;

    add_bytes(r, data, len);
    end_cell(r);
}

static void on_row(int end, void *to)
{
    struct reader *r = to;

    /* Blank lines count as rows; the second half of CR LF does not. */
    if (end == '\n' && r->after_return && !r->n) {
        r->after_return = 0;
        return;
    }
    r->after_return = end == '\r';
    if (r->quoted_open)
        set_fault(r, ERR_MALFORMED,
                  N_("a quote was opened in this row and never closed"));
    if (r->n || end != -1)
        end_record(r);
}

/* libcsv's own name for "within a quoted cell" is not exported: 2. */
#define CSV_WITHIN 2

/* libcsv keeps its state across blocks; records come through the callbacks. */
static int each_csv(struct reader *r)
{
    struct csv_parser parser;

    if (csv_init(&parser, CSV_REPALL_NL))
        return -1;
    csv_set_delim(&parser, (unsigned char)r->delimiter);
    do {
        if (csv_parse(&parser, r->block, r->block_len, on_cell, on_row, r) !=
            r->block_len) {
            errno = ENOMEM;
            r->result = -1;
        }
        /* A quote that is never closed would take the rest of the file. */
        if (!r->result && parser.entry_pos > 64 * RECORD_BYTES_MAX) {
            errno = EFBIG;
            r->result = -1;
        }
    } while (!r->result && read_block(r));
    if (!r->result) {
        r->quoted_open = parser.quoted && parser.pstate == CSV_WITHIN;
        csv_fini(&parser, on_cell, on_row, r);
    }
    csv_free(&parser);
    return r->result;
}

int reader_each(struct reader *r,
                int (*on_record)(void *to, const struct record *record),
                void *to)
{
    int result;

    r->on_record = on_record;
    r->to = to;
    result = r->format == FILE_CSV ? each_csv(r) : each_line(r);
    return !result && ferror(r->file) ? -1 : result;
}

/* ---- Writing ---------------------------------------------------------- */

static int needs_quotes(char delimiter, struct slice cell)
{
    if (!cell.len)
        return 0;
    for (size_t i = 0; i < cell.len; i++)
        if (cell.data[i] == delimiter || cell.data[i] == '"' ||
            (unsigned char)cell.data[i] < 0x20)
            return 1;
    return cell.data[0] == ' ' || cell.data[cell.len - 1] == ' ';
}

void file_write_cell(FILE *file, enum file_format format, char delimiter,
                     struct slice cell)
{
    if (format != FILE_CSV || !needs_quotes(delimiter, cell)) {
        fwrite(cell.data, 1, cell.len, file);
        return;
    }
    putc('"', file);
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"')
            putc('"', file);
        putc(cell.data[i], file);
    }
    putc('"', file);
}

void file_write_row(FILE *file, enum file_format format, char delimiter,
                    const char *const *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            putc(delimiter, file);
        file_write_cell(file, format, delimiter, slice_of(cells[i]));
    }
    putc('\n', file);
}
