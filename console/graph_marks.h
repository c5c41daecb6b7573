/* What is drawn on top of the data: limits (lines, and a shade while they are passed) and events (vertical
 * lines). They are read from JSON as `scalemon -o json limit list` and `scalemon -o json events` print it. */
#ifndef SCM_CONSOLE_GRAPH_MARKS_H
#define SCM_CONSOLE_GRAPH_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct graph_limit {
    char *host; /* "": every host */
    char *name;
    char *metric; /* [HOST/]PLUGIN[-INST]/TYPE[-INST][:DS], each part may be a pattern; sum(...) and
                     count(...) of one */
    bool below;
    double threshold; /* in the unit of the metric as collectd stores it */
};

struct graph_event {
    char *host; /* "": every host */
    time_t time;
    char *text;
};

struct graph_marks {
    struct graph_limit *limits;
    size_t n_limits;
    struct graph_event *events; /* in order of time */
    size_t n_events;
};

/* Adds what the text holds: an array of objects, objects one after the other (as `events -f` prints them), or
 * an object whose members are such arrays. An object with "metric" and "threshold" is a limit (limit or name,
 * host, direction "above" or "below"; the threshold a number or a decimal string), one with "time" an event
 * (host; time in seconds of the epoch or as "2026-11-21T22:06:35Z" or with an offset "+01:00"; text, else
 * type, object, old and new). Unknown members are passed over, and objects whose metric, threshold or time is
 * null. host, where not NULL, is the host of them all, whatever they say. Returns false and says why, with
 * everything that was read before left in place. */
enum { GRAPH_MARKS_WHY = 256, GRAPH_MARKS_MAX = 100000 };
bool graph_marks_parse(struct graph_marks *marks, const char *host, const char *text, size_t len,
                       char why[GRAPH_MARKS_WHY]);

/* The same from a file ("-": standard input) of at most 64 MiB. */
bool graph_marks_read(struct graph_marks *marks, const char *host, const char *path,
                      char why[GRAPH_MARKS_WHY]);

void graph_marks_free(struct graph_marks *marks);

/* "web1" is "web1.example.org" and the other way round; "" is every host; a host with a port is that host. */
bool graph_same_host(const char *mark, const char *host);

/* What a limit may be compared with: one host's metric or, where host is NULL, a figure of the whole pool. */
struct graph_metric {
    const char *host;
    const char *file; /* PLUGIN[-INST]/TYPE[-INST] */
    const char *ds;
    const char *function; /* "sum" or "count" for the pool, NULL for a host */
};
bool graph_limit_on(const struct graph_limit *limit, const struct graph_metric *metric);

#endif
