#include "console/out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console/text.h"

enum { COLUMNS_MAX = 32 };

struct out {
    FILE *file;
    enum out_format format;
    bool stream, failed;
    const struct out_column *columns;
    size_t n, at; /* columns; the next cell's */
    size_t rows;
    json_t *object; /* OUT_JSON: the row so far */
    char **cells;   /* OUT_TABLE: n per row */
    size_t room;
    size_t width[COLUMNS_MAX];
};

const char *out_format(const struct option_row *row, const char *value, void *at)
{
    static const char *const words[] = {"table", "json", "csv"};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0) {
            *(enum out_format *)at = (enum out_format)i;
            return NULL;
        }
    return row->help;
}

/* A field of CSV: quoted where it must be. */
static void csv(FILE *f, const char *s)
{
    if (strpbrk(s, ",\"\r\n") == NULL) {
        fputs(s, f);
        return;
    }
    fputc('"', f);
    for (; *s != '\0'; s++) {
        if (*s == '"')
            fputc('"', f);
        fputc(*s, f);
    }
    fputc('"', f);
}

static void csv_head(struct out *o)
{
    bool first = true;
    for (size_t i = 0; i < o->n; i++) {
        if (o->columns[i].key == NULL)
            continue;
        fprintf(o->file, "%s%s", first ? "" : ",", o->columns[i].key);
        first = false;
    }
    fputs("\r\n", o->file);
}

static void table_cell(struct out *o, size_t column, const char *text, bool last)
{
    size_t width = text_width(text), pad = width < o->width[column] ? o->width[column] - width : 0;
    if (o->columns[column].right)
        fprintf(o->file, "%*s%s", (int)pad, "", text);
    else
        fprintf(o->file, "%s%*s", text, last ? 0 : (int)pad, "");
    fputs(last ? "\n" : "  ", o->file);
}

/* The last column that the table has. */
static size_t table_last(const struct out *o)
{
    size_t last = 0;
    for (size_t i = 0; i < o->n; i++)
        if (o->columns[i].title != NULL)
            last = i;
    return last;
}

static void table_row(struct out *o, char **cells)
{
    size_t last = table_last(o);
    for (size_t i = 0; i < o->n; i++)
        if (o->columns[i].title != NULL)
            table_cell(o, i, cells != NULL ? (cells[i] != NULL ? cells[i] : "?") : o->columns[i].title,
                       i == last);
}

struct out *out_open(FILE *file, enum out_format format, const struct out_column *columns, size_t n,
                     bool stream)
{
    struct out *o = calloc(1, sizeof *o);
    if (o == NULL || n > COLUMNS_MAX) {
        free(o);
        return NULL;
    }
    *o = (struct out){.file = file, .format = format, .columns = columns, .n = n, .stream = stream};
    for (size_t i = 0; i < n; i++)
        o->width[i] = columns[i].title != NULL ? text_width(columns[i].title) : 0;
    if (format == OUT_CSV)
        csv_head(o);
    else if (format == OUT_JSON && !stream)
        fputs("[", file);
    else if (format == OUT_TABLE && stream)
        table_row(o, NULL);
    return o;
}

static void keep_cell(struct out *o, const char *show)
{
    size_t have = o->stream ? 0 : o->rows * o->n;
    if (have + o->n > o->room) {
        size_t room = o->room == 0 ? o->n * 16 : o->room * 2;
        char **cells = reallocarray(o->cells, room, sizeof *cells);
        if (cells == NULL) {
            o->failed = true;
            return;
        }
        o->cells = cells;
        o->room = room;
    }
    size_t width = text_width(show);
    if (!o->stream && width > o->width[o->at])
        o->width[o->at] = width;
    o->cells[have + o->at] = strdup(show);
}

static void end_row(struct out *o)
{
    if (o->format == OUT_JSON) {
        if (!o->stream)
            fputs(o->rows == 0 ? "\n" : ",\n", o->file);
        if (o->object == NULL || json_dumpf(o->object, o->file, JSON_COMPACT | JSON_REAL_PRECISION(12)) != 0)
            o->failed = true;
        if (o->stream)
            fputc('\n', o->file);
        json_decref(o->object);
        o->object = NULL;
    } else if (o->format == OUT_CSV) {
        fputs("\r\n", o->file);
    } else if (o->stream && o->cells != NULL) {
        table_row(o, o->cells);
        for (size_t i = 0; i < o->n; i++)
            free(o->cells[i]);
    }
    o->at = 0;
    o->rows++;
    if (o->stream)
        fflush(o->file);
}

/* A raw value as text; what has parts is shown as people see it. */
static const char *raw_text(const json_t *value, const char *show, char buf[SHOW_MAX])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        snprintf(buf, SHOW_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(buf, SHOW_MAX, "%.10g", json_real_value(value));
    else if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    else
        return value != NULL && show != NULL ? show : "";
    return buf;
}

void out_cell(struct out *o, json_t *value, const char *show)
{
    const struct out_column *column = &o->columns[o->at];
    char buf[SHOW_MAX];
    if (o->format == OUT_TABLE) {
        const char *text = show != NULL ? show : raw_text(value, NULL, buf);
        if (column->title != NULL)
            keep_cell(o, *text != '\0' ? text : "-");
        else
            keep_cell(o, "");
    } else if (column->key != NULL && o->format == OUT_JSON) {
        if (o->object == NULL)
            o->object = json_object();
        json_object_set(o->object, column->key, value != NULL ? value : json_null());
    } else if (column->key != NULL) {
        bool first = true;
        for (size_t i = 0; i < o->at; i++)
            first = first && o->columns[i].key == NULL;
        if (!first)
            fputc(',', o->file);
        csv(o->file, raw_text(value, show, buf));
    }
    json_decref(value);
    if (++o->at == o->n)
        end_row(o);
}

/* A text that was cut to fit may end inside a character, which jansson does not take. */
static json_t *text_json(const char *text)
{
    json_t *value = json_string(text);
    size_t len = strlen(text);
    char *clean = value == NULL ? malloc(len + 1) : NULL;
    if (clean != NULL) {
        text_clean(clean, len + 1, text, len, true);
        value = json_string(clean);
        free(clean);
    }
    return value;
}

void out_text(struct out *o, const char *text)
{
    out_cell(o, *text != '\0' ? text_json(text) : NULL, NULL);
}

static json_t *time_json(int64_t ms)
{
    char buf[SHOW_MAX], whole[SHOW_MAX];
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    if (gmtime_r(&t, &tm) == NULL || strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return NULL;
    snprintf(whole, sizeof whole, "%.40s.%03dZ", buf, (int)(ms % 1000));
    return json_string(whole);
}

void out_mib(struct out *o, enum mib_object object, const struct cell *c)
{
    char buf[SHOW_MAX];
    const char *label;
    double d;
    if (c->kind == CELL_ABSENT) {
        out_cell(o, NULL, NULL);
        return;
    }
    switch (mib_def(object)->syntax) {
    case SYNTAX_TEXT:
        out_text(o, cell_text(c));
        return;
    case SYNTAX_DECIMAL:
        d = strtod(cell_text(c), NULL); /* num_decimal() has passed it */
        out_cell(o, json_real(d), cell_text(c));
        return;
    case SYNTAX_ENUM:
        label = mib_label(object, c->number);
        out_cell(o, label != NULL ? json_string(label) : json_integer(c->number), NULL);
        return;
    case SYNTAX_DATE:
        out_cell(o, time_json(c->number), show_time(buf, c->number));
        return;
    case SYNTAX_INTEGER:
    case SYNTAX_GAUGE:
    case SYNTAX_COUNTER:
        break;
    }
    out_cell(o, json_integer(c->number), NULL);
}

bool out_close(struct out *o)
{
    if (o == NULL)
        return false;
    FILE *file = o->file;
    if (o->format == OUT_JSON && !o->stream)
        fputs(o->rows == 0 ? "]\n" : "\n]\n", file);
    if (o->format == OUT_TABLE && !o->stream) {
        table_row(o, NULL);
        for (size_t i = 0; i < o->rows && o->cells != NULL; i++)
            table_row(o, o->cells + i * o->n);
        for (size_t i = 0; i < o->rows * o->n && o->cells != NULL; i++)
            free(o->cells[i]);
    }
    free(o->cells);
    json_decref(o->object);
    bool well = !o->failed && fflush(file) == 0 && !ferror(file);
    free(o);
    if (!well)
        fprintf(stderr, "scalemon: output: %s\n", strerror(errno));
    return well;
}
