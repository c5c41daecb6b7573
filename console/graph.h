/* A graph in two steps: measure it (which files are there, what the values are), then draw it as often as
 * wanted, in any theme, size and format, without reading a figure again. Not for threads: librrd keeps its
 * errors and its options to itself. */
#ifndef SCM_CONSOLE_GRAPH_H
#define SCM_CONSOLE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "console/graph_args.h"
#include "console/graph_kinds.h"
#include "console/graph_marks.h"
#include "console/graph_theme.h"

struct rrdcached;

/* Where graphs come from and where complaints go. Borrowed by every graph measured with it. */
struct graph_env {
    const char *rrd_dir;
    struct rrdcached *cached; /* asked to flush each file before it is read; NULL: none is used */
    const struct graph_marks *marks;
    void (*warn)(const char *text); /* one line without a line end; it names the file or host */
};

struct graph_range {
    const char *name; /* "day" */
    time_t seconds;
};
extern const struct graph_range graph_ranges[]; /* hour to year; ends with a row without name */
const struct graph_range *graph_range_named(const char *name);

/* What the legend tells of one series, in the graph's unit; NaN: unknown, or not told of this series. */
struct graph_figure {
    const struct graph_series *series;
    double last, mean, max;
};

struct graph_line {
    const struct graph_limit *limit;
    const struct graph_series *series; /* that it is compared with */
    double compare;                    /* in that series' own scale */
    double value; /* in the graph's unit; NaN where it is none, or no data says what it would be */
};

enum { LINES_MAX = 8 };

struct graph {
    const struct graph_kind *kind;
    char *name;       /* "network-eth0", fit for a file name but for what instance holds */
    char *title;      /* "Network eth0" */
    const char *host; /* NULL: the pool */
    time_t start, end;
    struct graph_axis axis;
    double top; /* the greatest value drawn, in the graph's unit */
    struct graph_figure figures[SERIES_MAX];
    size_t n_figures; /* every series that is there, in the table's order, hidden ones too */
    struct graph_line lines[LINES_MAX];
    size_t n_lines;
    const struct graph_event **events; /* n_events, inside the range, in order of time; the array is owned */
    size_t n_events, events_left_out;  /* the oldest are left out */
    struct graph_args data;            /* the DEFs, VDEFs and CDEFs */
};

enum graph_status {
    GRAPH_DRAWN,
    GRAPH_ABSENT, /* no file is there, and none had to be: all its series are optional */
    GRAPH_EMPTY, /* no file is usable, or no value known in this range; a warning was given */
    GRAPH_FAILED /* librrd failed; a warning was given */
};

/* Measures kind for one host or, for a pool's kind, over all of them, from end - seconds to end. *out must be
 * freed whatever is returned. */
struct graph_request {
    const struct graph_kind *kind;
    const char *instance;     /* "" where the kind has none */
    const char *const *hosts; /* n_hosts; a host's kind has 1 */
    size_t n_hosts;
    bool pool;
    time_t end, seconds;
};
enum graph_status graph_measure(const struct graph_env *env, const struct graph_request *request,
                                struct graph *out);
void graph_free(struct graph *graph);

struct graph_look {
    enum graph_theme theme;
    bool svg;          /* else PNG */
    int width, height; /* of the canvas, in pixels, 64..4096; a band's height is its own */
    bool legend;       /* title, legend and figures inside the picture; else only canvas and axes */
    bool spark;        /* nothing but the first series, on nothing */
};

/* Draws into *image (*size bytes, malloc'ed). A failure was told through env->warn. */
bool graph_draw(const struct graph_env *env, const struct graph *graph, const struct graph_look *look,
                unsigned char **image, size_t *size);

/* Which figures, FIGURE_LAST | …, any series of the graph tells in the legend. */
unsigned graph_told(const struct graph *graph);

/* "limit load-high: above 8.00", foreign text in it; malloc'ed. */
char *graph_line_text(const struct graph *graph, const struct graph_line *line);

/* "2026-11-21 22:06", local time. */
enum { GRAPH_CLOCK_MAX = 32 };
const char *graph_clock(time_t t, char buf[GRAPH_CLOCK_MAX]);

#endif
