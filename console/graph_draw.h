/* What the parts of a drawing share: graph_draw.c (its elements), graph_frame.c and graph_legend.c. */
#ifndef SCM_CONSOLE_GRAPH_DRAW_H
#define SCM_CONSOLE_GRAPH_DRAW_H

#include "console/graph.h"

enum {
    GRAPH_MARGIN = 90, /* what is left and right of the canvas, in pixels */
    /* A line of a limit (or of the CPUs) farther away than this many times the data is left out: it would
     * press them flat. */
    GRAPH_FAR = 3
};

struct drawing {
    const struct graph *graph;
    const struct graph_look *look;
    struct graph_args args;
};

const char *graph_draw_colour(const struct drawing *d, enum graph_role role);
/* "web1: Network eth0, 2026-11-21 00:00 to …". Where that is longer than chars the times are left to the
 * axis, then the host's name is cut: what a picture shows comes last, and stays. malloc'ed. */
char *graph_draw_title(const struct graph *graph, size_t chars);
void graph_draw_frame(struct drawing *d);

/* A legend's text as an argument's field, cut to fit; malloc'ed. */
char *graph_legend_field(const struct drawing *d, const char *text);
void graph_legend_comment(struct drawing *d, const char *text); /* a line of its own */
void graph_legend_head(struct drawing *d);                      /* "last mean max" */
/* The legend of one series: its label and its figures in columns; "" where there is none. */
void graph_legend_series(const struct drawing *d, const struct graph_figure *figure, char *out, size_t size);

#endif
