/* What a verb prints: rows of named columns as a table for people, as JSON, or as CSV (RFC 4180).
 *
 * Every cell has a raw value for programs (base units: bytes, bits/s, seconds) and, where that is no good to
 * people, a shown one. JSON is an array with one object per line; a stream (events -f) is one object per line
 * without the array. */
#ifndef SCM_CONSOLE_OUT_H
#define SCM_CONSOLE_OUT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "console/answer.h"
#include "console/verb.h"

enum out_format { OUT_TABLE, OUT_JSON, OUT_CSV };

/* The value of -o: "table", "json" or "csv" into an enum out_format. */
const char *out_format(const struct option_row *row, const char *value, void *at);

/* The row of -o in a verb's table of options; member is the enum out_format. */
#define OPTION_OUTPUT(type, member)                                                                          \
    {                                                                                                        \
        'o', "output", "FORMAT", "table, json or csv", out_format, offsetof(type, member), 0, 0              \
    }

struct out_column {
    const char *title; /* of the table; NULL: not in the table */
    const char *key;   /* of JSON and CSV; NULL: not there */
    bool right;        /* the table aligns it to the right */
};

struct out;

/* stream: rows are printed as they come, the table's columns as wide as `title` says at least. NULL: out of
 * memory. */
struct out *out_open(FILE *file, enum out_format format, const struct out_column *columns, size_t n,
                     bool stream);

/* The next cell of the row; the row ends with its last column. value (stolen; NULL: absent) is for programs,
 * show (NULL: value as text, "-" where absent) for people. */
void out_cell(struct out *o, json_t *value, const char *show);
void out_text(struct out *o, const char *text);                            /* "" is absent */
void out_mib(struct out *o, enum mib_object object, const struct cell *c); /* as the object's syntax says */

/* Prints what is left and frees. false: writing failed, stderr has told. */
bool out_close(struct out *o);

/* ---- how numbers look to people; each fills buf and returns it */
enum { SHOW_MAX = 64 };
const char *show_bits(char buf[SHOW_MAX], int64_t kbits); /* "12.3M": bits/s with k, M, G */
const char *show_bytes(char buf[SHOW_MAX], int64_t kib);  /* "3.1Gi" */
const char *show_load(char buf[SHOW_MAX], int64_t hundredths);
const char *show_time(char buf[SHOW_MAX], int64_t ms); /* local: "2026-11-21 22:05:01" */

#endif
