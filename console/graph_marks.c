#include "console/graph_marks.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "console/graph_args.h"

enum { FILE_MAX = 64 << 20 };

static const char *member(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s != NULL ? s : "";
}

static bool decimal(const json_t *value, double *out)
{
    if (json_is_number(value)) {
        *out = json_number_value(value);
        return isfinite(*out);
    }
    return json_is_string(value) && num_decimal(json_string_value(value), json_string_length(value), out);
}

static bool digits(const char *s, size_t at, size_t len, int *out)
{
    uint64_t n;
    if (!num_u64(s + at, len, 0, 9999, &n))
        return false;
    *out = (int)n;
    return true;
}

/* "2026-11-21T22:06:35Z", fractions of a second allowed and dropped, 'T' or a blank, "Z" or "+01:00". */
static bool rfc3339(const char *s, time_t *out)
{
    struct tm tm = {0};
    int hours = 0, minutes = 0;
    size_t len = strlen(s), end = 19;

    if (len < 20 || len > 40 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != ' ') ||
        s[13] != ':' || s[16] != ':' || !digits(s, 0, 4, &tm.tm_year) || !digits(s, 5, 2, &tm.tm_mon) ||
        !digits(s, 8, 2, &tm.tm_mday) || !digits(s, 11, 2, &tm.tm_hour) || !digits(s, 14, 2, &tm.tm_min) ||
        !digits(s, 17, 2, &tm.tm_sec))
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    if (s[end] == '.')
        end += 1 + strspn(s + end + 1, "0123456789");
    if (strcmp(s + end, "Z") != 0) {
        if ((s[end] != '+' && s[end] != '-') || strlen(s + end) != 6 || s[end + 3] != ':' ||
            !digits(s, end + 1, 2, &hours) || !digits(s, end + 4, 2, &minutes))
            return false;
        if (hours > 23 || minutes > 59)
            return false;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *out = timegm(&tm) - (s[end] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static bool event_time(const json_t *value, time_t *out)
{
    if (json_is_string(value))
        return rfc3339(json_string_value(value), out);
    double seconds = json_number_value(value);
    if (!json_is_number(value) || !(seconds >= 0 && seconds < 1e11))
        return false;
    *out = (time_t)seconds;
    return true;
}

/* The host of a row: the one that the caller knows, else the one that it names. */
static char *row_host(const json_t *row, const char *host)
{
    return graph_print("%s", host != NULL ? host : member(row, "host"));
}

static bool add_limit(struct graph_marks *marks, const json_t *row, const char *host,
                      char why[GRAPH_MARKS_WHY])
{
    double threshold;
    const char *metric = member(row, "metric"), *direction = member(row, "direction"),
               *name = member(row, "limit");

    if (name[0] == '\0')
        name = member(row, "name");
    if (!decimal(json_object_get(row, "threshold"), &threshold)) {
        snprintf(why, GRAPH_MARKS_WHY, "limit %.40s: its threshold is not a decimal number", name);
        return false;
    }
    if (metric[0] == '\0' ||
        (direction[0] != '\0' && strcmp(direction, "above") != 0 && strcmp(direction, "below") != 0)) {
        snprintf(why, GRAPH_MARKS_WHY, "limit %.40s: expected a metric, and a direction of above or below",
                 name);
        return false;
    }
    marks->limits = graph_grow(marks->limits, marks->n_limits + 1, sizeof *marks->limits);
    marks->limits[marks->n_limits++] = (struct graph_limit){
        .host = row_host(row, host),
        .name = graph_print("%s", name),
        .metric = graph_print("%s", metric),
        .below = strcmp(direction, "below") == 0,
        .threshold = threshold,
    };
    return true;
}

/* An event that tells nothing itself: "portal liferay: on to off". */
static char *event_text(const json_t *row)
{
    const char *text = member(row, "text"), *old = member(row, "old"), *new = member(row, "new");
    if (text[0] != '\0')
        return graph_print("%s", text);
    return graph_print("%s %s%s%s%s%s", member(row, "type"), member(row, "object"),
                       new[0] != '\0' ? ": " : "", old, old[0] != '\0' && new[0] != '\0' ? " to " : "", new);
}

static bool add_event(struct graph_marks *marks, const json_t *row, const char *host,
                      char why[GRAPH_MARKS_WHY])
{
    time_t when;
    if (!event_time(json_object_get(row, "time"), &when)) {
        snprintf(why, GRAPH_MARKS_WHY, "event %zu: its time is neither seconds nor like 2026-11-21T22:06:35Z",
                 marks->n_events + 1);
        return false;
    }
    marks->events = graph_grow(marks->events, marks->n_events + 1, sizeof *marks->events);
    marks->events[marks->n_events++] =
        (struct graph_event){.host = row_host(row, host), .time = when, .text = event_text(row)};
    return true;
}

static bool told(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    return value != NULL && !json_is_null(value);
}

/* A row whose agent did not tell what we need (null) is passed over: the rest is good. */
static bool add_row(struct graph_marks *marks, const json_t *row, const char *host, char why[GRAPH_MARKS_WHY])
{
    if (marks->n_limits + marks->n_events >= GRAPH_MARKS_MAX) {
        snprintf(why, GRAPH_MARKS_WHY, "more than %d limits and events", GRAPH_MARKS_MAX);
        return false;
    }
    if (told(row, "metric") && (told(row, "threshold") || json_object_get(row, "threshold") == NULL))
        return add_limit(marks, row, host, why);
    return !told(row, "time") || add_event(marks, row, host, why);
}

static bool add_rows(struct graph_marks *marks, const json_t *rows, const char *host,
                     char why[GRAPH_MARKS_WHY])
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (!add_row(marks, row, host, why))
            return false;
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    time_t x = ((const struct graph_event *)a)->time, y = ((const struct graph_event *)b)->time;
    return (x > y) - (x < y);
}

static bool add_document(struct graph_marks *marks, json_t *root, const char *host, char why[GRAPH_MARKS_WHY])
{
    const char *key;
    json_t *value;

    if (json_is_array(root))
        return add_rows(marks, root, host, why);
    if (json_object_get(root, "metric") != NULL || json_object_get(root, "time") != NULL)
        return add_row(marks, root, host, why);
    json_object_foreach(root, key, value)
    {
        if (!add_rows(marks, value, host, why))
            return false;
    }
    return true;
}

bool graph_marks_parse(struct graph_marks *marks, const char *host, const char *text, size_t len,
                       char why[GRAPH_MARKS_WHY])
{
    bool good = true;

    while (good && len > 0) {
        json_error_t error;
        json_t *root = json_loadb(text, len, JSON_DISABLE_EOF_CHECK, &error);
        if (root == NULL) {
            snprintf(why, GRAPH_MARKS_WHY, "line %d: %s", error.line, error.text);
            good = false;
            break;
        }
        good = add_document(marks, root, host, why);
        json_decref(root);
        size_t used = (size_t)error.position;
        while (used < len &&
               (text[used] == '\n' || text[used] == '\r' || text[used] == ' ' || text[used] == '\t'))
            used++;
        text += used;
        len -= used;
    }
    if (marks->n_events > 1)
        qsort(marks->events, marks->n_events, sizeof *marks->events, by_time);
    return good;
}

bool graph_marks_read(struct graph_marks *marks, const char *host, const char *path,
                      char why[GRAPH_MARKS_WHY])
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = NULL;
    size_t len = 0, got;
    bool good = false;

    if (in == NULL) {
        snprintf(why, GRAPH_MARKS_WHY, "%s", strerror(errno));
        return false;
    }
    do {
        text = graph_grow(text, len + 65536, 1);
        got = fread(text + len, 1, 65536, in);
        len += got;
    } while (got > 0 && len <= FILE_MAX);
    if (ferror(in))
        snprintf(why, GRAPH_MARKS_WHY, "%s", strerror(errno));
    else if (len > FILE_MAX)
        snprintf(why, GRAPH_MARKS_WHY, "larger than 64 MiB");
    else
        good = graph_marks_parse(marks, host, text, len, why);
    free(text);
    if (in != stdin)
        fclose(in);
    return good;
}

void graph_marks_free(struct graph_marks *marks)
{
    for (size_t i = 0; i < marks->n_limits; i++) {
        free(marks->limits[i].host);
        free(marks->limits[i].name);
        free(marks->limits[i].metric);
    }
    for (size_t i = 0; i < marks->n_events; i++) {
        free(marks->events[i].host);
        free(marks->events[i].text);
    }
    free(marks->limits);
    free(marks->events);
    *marks = (struct graph_marks){0};
}
