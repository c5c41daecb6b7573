/* The table of graphs: what each draws, from which RRD files. Adding a graph is adding a row in
 * graph_kinds.c.
 *
 * File names are collectd's below DIR/HOST, without ".rrd"; '@' stands for the graph's instance (an
 * interface, a test, a portal). In a graph of the pool a file stands for that file of every host, and
 * `combine` says how they become one series; '*' there stands for every interface whose traffic
 * passes no other one (graph_define.c tells them by their names). */
#ifndef SCM_CONSOLE_GRAPH_KINDS_H
#define SCM_CONSOLE_GRAPH_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "console/graph_text.h"
#include "console/graph_theme.h"

enum graph_style {
    STYLE_HIDDEN, /* only for others to compute with, and for limits to be compared with */
    STYLE_AREA,   /* translucent area with a line on top */
    STYLE_SOLID,  /* opaque area, the foot of a stack */
    STYLE_BASE,   /* invisible area, the foot of a band */
    STYLE_STACK,  /* opaque area on the one before */
    STYLE_BAND,   /* translucent area on the one before */
    STYLE_LINE,
    STYLE_THIN,
    STYLE_DASHED,
    STYLE_SHADE /* the whole height of the graph, wherever it is above 0 */
};

/* Unknown values are left out of each. COUNT is the number of hosts that have a value. */
enum graph_combine { COMBINE_SUM, COMBINE_MEAN, COMBINE_MAX, COMBINE_COUNT };

/* Which figures the legend tells. */
enum { FIGURE_LAST = 1, FIGURE_MEAN = 2, FIGURE_MAX = 4, FIGURES = 3 };

struct graph_source {
    const char *file, *ds, *cf;
    double scale; /* the stored value times this is in the graph's unit */
};

enum { SOURCES_MAX = 2 };

struct graph_series {
    const char *id;                          /* an rrd variable: letters and '_' */
    const char *label;                       /* NULL: not in the legend */
    struct graph_source source[SOURCES_MAX]; /* the first whose file is there counts; none: computed */
    const char *rpn;      /* computed from series above, by id; absent when one of those is */
    const char *p95_of;   /* computed: what that series is below for 95 % of the time */
    const char *limit_of; /* a limit on this series is no value of the graph's unit but so many percent of
                           * that series ("": of something not drawn): time over it is shaded, and a line
                           * drawn if it can */
    const char *twin;     /* the file of the other way of a test: where a host has that and not ours, the test goes that
                           * way only, and this graph is none of its */
    enum graph_combine combine;
    enum graph_style style;
    enum graph_role role;
    unsigned figures;
    bool key;      /* a page's summary tells its last value */
    bool optional; /* its absence is nothing to warn of */
};

enum { SERIES_MAX = 16 };

struct graph_kind {
    const char *name;  /* "network-@": names the file and what --graph selects */
    const char *title; /* "Network @" */
    const char *where; /* the directory of HOST whose presence makes this graph, "interface-@" */
    const char *about; /* one line for a page's alternative text */
    enum graph_unit unit;
    double least_top;                  /* the scale reaches at least to this */
    const struct graph_series *series; /* at most SERIES_MAX; ends with a row without id */
    bool band;                         /* a state over time: a low canvas without a value axis */
};

extern const struct graph_kind graph_host_kinds[], graph_pool_kinds[]; /* end with a row without name */

#endif
