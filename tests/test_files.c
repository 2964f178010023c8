/*
 * Files: bytes to records, the rows that are rejected, names.  What becomes of
 * records is in test_import.c.
 */
#include "clients/cli/files.h"
#include "clients/cli/json.h"
#include "clients/cli/names.h"
#include "clients/cli/rejects.h"
#include "clients/cli/seen.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Reading ---------------------------------------------------------- */

/* All records as one text: cells parted by /, records by ;, a fault by its
 * name in brackets, each begun by its row. */
struct heard {
    char text[512];
    size_t n;
};

static void hear(struct heard *h, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    h->n +=
        (size_t)vsnprintf(h->text + h->n, sizeof h->text - h->n, format, args);
    va_end(args);
    cr_assert_lt(h->n, sizeof h->text);
}

static int on_record(void *to, const struct record *record)
{
    struct heard *h = to;

    hear(h, "%zu:", record->row);
    if (record->fault)
        hear(h, "[%s]", err_name(record->fault));
    for (size_t i = 0; i < record->n && !record->fault; i++)
        hear(h, "%s%.*s", i ? "/" : "", (int)record->cells[i].len,
             record->cells[i].data);
    hear(h, ";");
    return 0;
}

/* A file in a fresh directory; its path. */
static void write_file(char path[64], const char *name, const char *bytes,
                       size_t len)
{
    char directory[] = "/tmp/claused-files-XXXXXX";
    FILE *file;

    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, 64, "%s/%s", directory, name);
    file = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static void remove_file(const char *path)
{
    char directory[64];

    unlink(path);
    snprintf(directory, sizeof directory, "%.*s",
             (int)(strrchr(path, '/') - path), path);
    rmdir(directory);
}

struct reading {
    char what[64];
    char name[16];
    char bytes[128];
    size_t len; /* 0: up to the zero byte */
    enum file_format format;
    char heard[128];
};

ParameterizedTestParameters(files, a_file_is_read)
{
    static struct reading rows[] = {
        {"commas", "x.csv", "a,b\n1,2\n", 0, FILE_CSV, "1:a/b;2:1/2;"},
        {"semicolons", "x.csv", "a;b\n1,5;2\n", 0, FILE_CSV, "1:a/b;2:1,5/2;"},
        {"tabs in a .csv", "x.csv", "a\tb\n1,2\t3\n", 0, FILE_TSV,
         "1:a/b;2:1,2/3;"},
        {"a tsv of one column", "x.tsv", "a\n1\n", 0, FILE_TSV, "1:a;2:1;"},
        {"no ending at all", "x", "a;b\n1;2\n", 0, FILE_CSV, "1:a/b;2:1/2;"},
        {"carriage returns", "x.csv", "a,b\r\n1,2\r\n", 0, FILE_CSV,
         "1:a/b;2:1/2;"},
        {"carriage returns in TSV", "x.tsv", "a\tb\r\n1\t2\r\n", 0, FILE_TSV,
         "1:a/b;2:1/2;"},
        {"no line end at the end", "x.csv", "a,b\n1,2", 0, FILE_CSV,
         "1:a/b;2:1/2;"},
        {"no line end, TSV", "x.tsv", "a\tb\n1\t", 0, FILE_TSV, "1:a/b;2:1/;"},
        {"blank lines count", "x.csv", "a,b\n\n1,2\n\n", 0, FILE_CSV,
         "1:a/b;3:1/2;"},
        {"blank lines count, CR LF", "x.csv", "a,b\r\n\r\n1,2\r\n", 0, FILE_CSV,
         "1:a/b;3:1/2;"},
        {"quotes", "x.csv", "a,b\n\"1,\"\"x\"\"\",2\n", 0, FILE_CSV,
         "1:a/b;2:1,\"x\"/2;"},
        {"a line end within quotes", "x.csv", "a,b\n\"1\n2\",3\n4,5\n", 0,
         FILE_CSV, "1:a/b;2:1\n2/3;3:4/5;"},
        {"TSV does not quote", "x.tsv", "a\tb\n\"1\"x\t2\n", 0, FILE_TSV,
         "1:a/b;2:\"1\"x/2;"},
        {"a quote never closed", "x.csv", "a,b\n1,\"2\n3,4\n", 0, FILE_CSV,
         "1:a/b;2:[MALFORMED];"},
        {"a byte order mark", "x.csv",
         "\xef\xbb\xbf"
         "a,b\n1,2\n",
         0, FILE_CSV, "1:a/b;2:1/2;"},
        {"UTF-8", "x.csv", "a,b\n\xc3\xa9,2\n", 0, FILE_CSV,
         "1:a/b;2:\xc3\xa9/2;"},
        {"Windows-1252", "x.csv", "a,b\n\xe9t\xe9,\x80\n", 0, FILE_CSV,
         "1:a/b;2:\xc3\xa9t\xc3\xa9/\xe2\x82\xac;"},
        {"a character that only two cells make", "x.csv", "a,b\n\xcf,\x96\n", 0,
         FILE_CSV, "1:a/b;2:\xc3\x8f/\xe2\x80\x93;"},
        {"no Windows-1252 either", "x.csv", "a,b\n\x81,2\n3,4\n", 0, FILE_CSV,
         "1:a/b;2:[NOT_UTF8];3:3/4;"},
        {"UTF-8, then something else", "x.csv", "a\n\xc3\xa9\n\xe9\nb\n", 0,
         FILE_CSV, "1:a;2:\xc3\xa9;3:[NOT_UTF8];4:b;"},
        {"after a mark only UTF-8", "x.csv",
         "\xef\xbb\xbf"
         "a\n\xe9\n",
         0, FILE_CSV, "1:a;2:[NOT_UTF8];"},
        {"a zero byte", "x.csv", "a,b\n1\0,2\n3,4\n", 13, FILE_CSV,
         "1:a/b;2:[NOT_UTF8];3:3/4;"},
        {"a zero byte in TSV", "x.tsv", "a\tb\n1\0\t2\n3\t4\n", 13, FILE_TSV,
         "1:a/b;2:[NOT_UTF8];3:3/4;"},
        {"objects", "x.ndjson", "{\"a\": 1}\n\n{\"a\": 2}\n", 0, FILE_NDJSON,
         "1:{\"a\": 1};3:{\"a\": 2};"},
        {"objects by their content", "x.txt", " {\"a\": \"1,2\"}\n", 0,
         FILE_NDJSON, "1: {\"a\": \"1,2\"};"},
        {"rejects keep the ending", "x.tsv.rejects", "a\n1\n", 0, FILE_TSV,
         "1:a;2:1;"},
        {"an empty store's export", "x.ndjson", "", 0, FILE_NDJSON, ""},
    };

    return cr_make_param_array(struct reading, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct reading *p, files, a_file_is_read)
{
    struct heard heard = {.n = 0};
    const char *why = NULL;
    struct reader *reader;
    char path[64];

    write_file(path, p->name, p->bytes, p->len ? p->len : strlen(p->bytes));
    reader = reader_open(path, &why);
    cr_assert_not_null(reader, "%s: %s", p->what, why);
    cr_expect_eq(reader_format(reader), p->format, "%s", p->what);
    cr_expect_eq(reader_each(reader, on_record, &heard), 0, "%s", p->what);
    cr_expect_str_eq(heard.text, p->heard, "%s", p->what);
    reader_close(reader);
    remove_file(path);
}

struct refusal_of_file {
    char what[32];
    char bytes[32];
    size_t len;
    char why[80];
};

ParameterizedTestParameters(files, a_file_that_is_none_is_told)
{
    static struct refusal_of_file rows[] = {
        {"nothing", "", 0, "is empty"},
        {"UTF-16",
         "\xff\xfe"
         "a\0,\0b\0",
         8, "is UTF-16; save it as \"CSV UTF-8\""},
        {"a spreadsheet", "PK\x03\x04zzzz", 8,
         "is a spreadsheet or an archive; save it as \"CSV UTF-8\""},
        {"a JSON array", "[{}]\n", 5,
         "is a JSON array; write one object a line, without commas between"},
    };

    return cr_make_param_array(struct refusal_of_file, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct refusal_of_file *p, files, a_file_that_is_none_is_told)
{
    const char *why = NULL;
    char path[64];

    write_file(path, "x.csv", p->bytes, p->len);
    cr_expect_null(reader_open(path, &why), "%s", p->what);
    cr_expect_str_eq(why, p->why, "%s", p->what);
    remove_file(path);
}

TestSuite(files, .timeout = 120);

/* Counts rows, and how long the longest cell was. */
struct counted {
    size_t rows;
    size_t faults;
    size_t longest;
};

static int count_record(void *to, const struct record *record)
{
    struct counted *c = to;

    c->rows++;
    c->faults += record->fault != ERR_NONE;
    for (size_t i = 0; i < record->n; i++)
        if (record->cells[i].len > c->longest)
            c->longest = record->cells[i].len;
    return 0;
}

static struct counted count_file(const char *name, const char *bytes,
                                 size_t len)
{
    struct counted c = {0};
    const char *why;
    struct reader *reader;
    char path[64];

    write_file(path, name, bytes, len);
    reader = reader_open(path, &why);
    cr_assert_not_null(reader);
    cr_assert_eq(reader_each(reader, count_record, &c), 0);
    reader_close(reader);
    remove_file(path);
    return c;
}

/* "a" and LEN times b, and a line end: one long cell after a header. */
static char *long_row(size_t len, size_t *n)
{
    char *bytes = malloc(len + 8);

    memcpy(bytes, "a\n", 2);
    memset(bytes + 2, 'b', len);
    memcpy(bytes + 2 + len, "\nc\n", 3);
    *n = len + 5;
    return bytes;
}

Test(files, a_record_across_blocks_is_whole)
{
    size_t n;
    char *bytes = long_row(200000, &n);
    struct counted csv = count_file("x.csv", bytes, n);
    struct counted tsv = count_file("x.tsv", bytes, n);

    free(bytes);
    cr_assert_eq(csv.longest, 200000);
    cr_assert_eq(tsv.longest, 200000);
    cr_assert_eq(csv.rows, 3);
    cr_assert_eq(tsv.rows, 3);
}

Test(files, a_record_past_its_bound_is_a_fault_and_the_next_is_read)
{
    size_t n;
    char *bytes = long_row(RECORD_BYTES_MAX + 1, &n);
    struct counted csv = count_file("x.csv", bytes, n);
    struct counted tsv = count_file("x.tsv", bytes, n);

    free(bytes);
    cr_assert_eq(csv.faults, 1);
    cr_assert_eq(tsv.faults, 1);
    cr_assert_eq(csv.rows, 3);
    cr_assert_eq(tsv.rows, 3);
}

Test(files, too_many_cells_are_a_fault)
{
    char bytes[2 * RECORD_CELLS_MAX + 8];
    struct counted c;

    memset(bytes, ',', sizeof bytes);
    bytes[sizeof bytes - 1] = '\n';
    c = count_file("x.csv", bytes, sizeof bytes);
    cr_assert_eq(c.faults, 1);
}

struct cell_written {
    enum file_format format;
    char delimiter;
    char cell[32];
    char written[32];
};

ParameterizedTestParameters(files, a_cell_is_quoted_when_it_must_be)
{
    static struct cell_written rows[] = {
        {FILE_CSV, ',', "plain", "plain"},
        {FILE_CSV, ',', "a,b", "\"a,b\""},
        {FILE_CSV, ';', "a,b", "a,b"},
        {FILE_CSV, ',', "a \"b\"", "\"a \"\"b\"\"\""},
        {FILE_CSV, ',', " a", "\" a\""},
        {FILE_CSV, ',', "a\nb", "\"a\nb\""},
        {FILE_TSV, '\t', "a \"b\", c", "a \"b\", c"},
        {FILE_CSV, ',', "", ""},
    };

    return cr_make_param_array(struct cell_written, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct cell_written *p, files,
                  a_cell_is_quoted_when_it_must_be)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    file_write_cell(out, p->format, p->delimiter, slice_of(p->cell));
    fclose(out);
    cr_expect_str_eq(text, p->written);
    free(text);
}

/* ---- Rejects ----------------------------------------------------------- */

static struct saved_row *saved(size_t row, const char *a, const char *b)
{
    struct slice cells[] = {slice_of(a), slice_of(b)};
    struct record record = {row, cells, 2, ERR_NONE, ""};

    return saved_row_new(&record);
}

/* The file's bytes, or "" when there is none. */
static void read_back(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(out, 1, size - 1, file) : 0;

    out[n] = '\0';
    if (file)
        fclose(file);
}

TestSuite(rejects, .timeout = 20);

Test(rejects, a_row_is_written_as_it_was_with_three_columns_more)
{
    static const struct field_name names[] = {{"commune", "insee"},
                                              {NULL, NULL}};
    struct saved_row *row = saved(7, "x;y", "99999");
    struct rejects *r;
    char path[64], text[256];

    write_file(path, "x.csv.rejects", "old", 3);
    r = rejects_new(path, FILE_CSV, ';', 1, saved(1, "name", "insee"));
    rejects_name_fields(r, names);
    cr_assert_eq(rejects_add(r, row, "UNKNOWN_COMMUNE", SLICE("commune"),
                             SLICE("a hint")),
                 0);
    cr_assert_eq(rejects_count(r), 1);
    cr_assert_eq(json_number(rejects_reasons(r), "UNKNOWN_COMMUNE"), 1);
    cr_assert_eq(rejects_close(r), 0);
    read_back(path, text, sizeof text);
    cr_expect_str_eq(text, "\xef\xbb\xbf"
                           "name;insee;row;field;reason\n\"x;y\";99999;7;insee;"
                           "UNKNOWN_COMMUNE: there is no such commune (a "
                           "hint)\n");
    saved_rows_free(row);
    remove_file(path);
}

Test(rejects, columns_of_an_earlier_rejects_file_are_not_doubled)
{
    struct saved_row *row = saved(3, "p", "old reason");
    struct rejects *r;
    char path[64], text[256];

    write_file(path, "x.tsv.rejects", "", 0);
    r = rejects_new(path, FILE_TSV, '\t', 0, saved(1, "id", "reason"));
    rejects_add(r, row, "BAD_ID", SLICE("id"), SLICE(""));
    rejects_close(r);
    read_back(path, text, sizeof text);
    cr_expect_str_eq(text, "id\trow\tfield\treason\np\t3\tid\tBAD_ID: an id is "
                           "letters, digits and . _ : -\n");
    saved_rows_free(row);
    remove_file(path);
}

Test(rejects, without_a_rejected_row_the_old_file_stays)
{
    struct rejects *r;
    char path[64], text[16];

    write_file(path, "x.rejects", "old", 3);
    r = rejects_new(path, FILE_CSV, ',', 0, saved(1, "id", "x"));
    cr_assert_eq(rejects_close(r), 0);
    read_back(path, text, sizeof text);
    cr_expect_str_eq(text, "old");
    remove_file(path);
}

Test(rejects, a_file_that_cannot_be_written_is_told)
{
    struct saved_row *row = saved(2, "a", "b");
    struct rejects *r = rejects_new("/nonexistent/x.rejects", FILE_CSV, ',', 0,
                                    saved(1, "id", "x"));

    cr_assert_neq(rejects_add(r, row, "BAD_ID", SLICE("id"), SLICE("")), 0);
    rejects_close(r);
    saved_rows_free(row);
}

/* ---- Small things ------------------------------------------------------ */

TestSuite(names, .timeout = 20);

Test(names, a_swap_a_slip_and_a_lack_are_one_step_each)
{
    cr_assert_eq(name_distance("siret", "siret"), 0);
    cr_assert_eq(name_distance("sirte", "siret"), 1);
    cr_assert_eq(name_distance("sirwt", "siret"), 1);
    cr_assert_eq(name_distance("sret", "siret"), 1);
    cr_assert_eq(name_distance("", "siret"), 5);
}

Test(names, an_id_is_seen_once)
{
    struct seen seen = {0};
    char id[16];

    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof id, "p-%d", i);
        cr_assert_eq(seen_add(&seen, slice_of(id)), 0, "%s", id);
    }
    cr_assert_eq(seen_add(&seen, slice_of("p-4321")), 1);
    seen_fini(&seen);
}
