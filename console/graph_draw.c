/* A measured graph as rrd_graph's elements: areas, then what shades them, then lines on top. */
#include "console/graph_draw.h"

#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_LINES = 3 }; /* newest events told in the legend */

/* The series in the axis' unit, as d_ID. */
static void scaled(struct drawing *d)
{
    for (size_t i = 0; i < d->graph->n_figures; i++) {
        const char *id = d->graph->figures[i].series->id;
        graph_args_add(&d->args, "CDEF:d_%s=%s,%.15g,/", id, id, d->graph->axis.divisor);
    }
}

static void area(struct drawing *d, const struct graph_figure *figure, bool *stacked)
{
    const struct graph_series *s = figure->series;
    char legend[128];

    graph_legend_series(d, figure, legend, sizeof legend);
    switch (s->style) {
    case STYLE_AREA:
        graph_args_add(&d->args, "AREA:d_%s%s66%s", s->id, graph_draw_colour(d, s->role), legend);
        break;
    case STYLE_SOLID:
        graph_args_add(&d->args, "AREA:d_%s%s%s", s->id, graph_draw_colour(d, s->role), legend);
        *stacked = true;
        break;
    case STYLE_BASE:
        graph_args_add(&d->args, "AREA:d_%s", s->id);
        *stacked = true;
        break;
    case STYLE_STACK:
    case STYLE_BAND:
        /* a stack whose foot is missing stands on the ground */
        graph_args_add(&d->args, "AREA:d_%s%s%s%s%s", s->id, graph_draw_colour(d, s->role),
                       s->style == STYLE_BAND ? "55" : "", legend[0] != '\0' ? legend : ":",
                       *stacked ? ":STACK" : "");
        *stacked = true;
        break;
    case STYLE_SHADE:
        graph_args_add(&d->args, "CDEF:s_%s=%s,0,GT,INF,UNKN,IF", s->id, s->id);
        graph_args_add(&d->args, "AREA:s_%s%s55%s", s->id, graph_draw_colour(d, s->role), legend);
        break;
    case STYLE_HIDDEN:
    case STYLE_LINE:
    case STYLE_THIN:
    case STYLE_DASHED:
        break;
    }
}

static void line(struct drawing *d, const struct graph_figure *figure)
{
    const struct graph_series *s = figure->series;
    char legend[128];

    graph_legend_series(d, figure, legend, sizeof legend);
    switch (s->style) {
    case STYLE_AREA:
        graph_args_add(&d->args, "LINE1:d_%s%s", s->id, graph_draw_colour(d, s->role));
        break;
    case STYLE_LINE:
        graph_args_add(&d->args, "LINE1.5:d_%s%s%s", s->id, graph_draw_colour(d, s->role), legend);
        break;
    case STYLE_THIN:
        graph_args_add(&d->args, "LINE0.7:d_%s%s%s", s->id, graph_draw_colour(d, s->role), legend);
        break;
    case STYLE_DASHED:
        /* the legend's box would be dashed too, and look broken: it belongs to a line of no width */
        graph_args_add(&d->args, "LINE1:d_%s%s::dashes=5,3", s->id, graph_draw_colour(d, s->role));
        if (legend[0] != '\0')
            graph_args_add(&d->args, "LINE0:d_%s%s%s", s->id, graph_draw_colour(d, s->role), legend);
        break;
    case STYLE_HIDDEN:
    case STYLE_SOLID:
    case STYLE_BASE:
    case STYLE_STACK:
    case STYLE_BAND:
    case STYLE_SHADE:
        break;
    }
}

static void limit_shade(struct drawing *d, size_t i)
{
    const struct graph_line *l = &d->graph->lines[i];
    graph_args_add(&d->args, "CDEF:over%zu=%s,%.15g,%s,INF,UNKN,IF", i, l->series->id, l->compare,
                   l->limit->below ? "LT" : "GT");
    graph_args_add(&d->args, "AREA:over%zu%s44", i, graph_draw_colour(d, ROLE_LIMIT));
}

/* Whether the line is on the scale, or near enough for the scale to make room for it. */
static bool on_scale(const struct graph *graph, const struct graph_line *l)
{
    return isfinite(l->value) && l->value <= GRAPH_FAR * graph->top;
}

static void limit_line(struct drawing *d, size_t i)
{
    const struct graph_line *l = &d->graph->lines[i];
    char *text = graph_line_text(d->graph, l), *legend = graph_legend_field(d, text);

    if (on_scale(d->graph, l))
        /* a line of data, not a rule: the scale makes room for it */
        graph_args_add(&d->args, "LINE1.5:%.15g%s%s%s%s", l->value / d->graph->axis.divisor,
                       graph_draw_colour(d, ROLE_LIMIT), d->look->legend ? ":" : "",
                       d->look->legend ? legend : "", d->look->legend ? "\\l" : "");
    else if (d->look->legend)
        graph_args_add(&d->args, "COMMENT:  %s\\l", legend);
    free(legend);
    free(text);
}

static void events(struct drawing *d)
{
    const struct graph *g = d->graph;
    size_t told = d->look->legend ? (g->n_events < EVENT_LINES ? g->n_events : EVENT_LINES) : 0;

    for (size_t i = 0; i < g->n_events; i++)
        graph_args_add(&d->args, "VRULE:%lld%s::dashes=2,3", (long long)g->events[i]->time,
                       graph_draw_colour(d, ROLE_EVENT));
    for (size_t i = g->n_events - told; i < g->n_events; i++) {
        char when[GRAPH_CLOCK_MAX];
        char *text = graph_print("%s  %s", graph_clock(g->events[i]->time, when), g->events[i]->text);
        graph_legend_comment(d, text);
        free(text);
    }
    if (d->look->legend && g->n_events + g->events_left_out > told) {
        char *text = graph_print("and %zu events before", g->n_events + g->events_left_out - told);
        graph_legend_comment(d, text);
        free(text);
    }
}

static void elements(struct drawing *d)
{
    const struct graph *g = d->graph;
    bool stacked = false;

    if (d->look->legend)
        graph_legend_head(d);
    for (size_t i = 0; i < g->n_figures; i++)
        area(d, &g->figures[i], &stacked);
    for (size_t i = 0; i < g->n_lines; i++)
        limit_shade(d, i);
    for (size_t i = 0; i < g->n_figures; i++)
        line(d, &g->figures[i]);
    for (size_t i = 0; i < g->n_lines; i++)
        limit_line(d, i);
    events(d);
}

/* One translucent shape on nothing, small in bytes too: a pool's page has two of them for each host. */
static void spark(struct drawing *d)
{
    for (size_t i = 0; i < d->graph->n_figures; i++) {
        const struct graph_series *s = d->graph->figures[i].series;
        if (s->style == STYLE_HIDDEN)
            continue;
        graph_args_add(&d->args, "AREA:d_%s%saa", s->id, graph_draw_colour(d, s->role));
        return;
    }
}

/* Takes the picture out of what rrd_graph_v returned. */
static bool take_image(const rrd_info_t *info, unsigned char **image, size_t *size)
{
    for (const rrd_info_t *i = info; i != NULL; i = i->next) {
        if (i->type != RD_I_BLO || strcmp(i->key, "image") != 0)
            continue;
        *size = i->value.u_blo.size;
        *image = graph_grow(NULL, *size + 1, 1);
        memcpy(*image, i->value.u_blo.ptr, *size);
        return true;
    }
    return false;
}

bool graph_draw(const struct graph_env *env, const struct graph *graph, const struct graph_look *look,
                unsigned char **image, size_t *size)
{
    struct drawing d = {.graph = graph, .look = look};

    graph_draw_frame(&d);
    graph_args_add_all(&d.args, &graph->data);
    scaled(&d);
    if (look->spark)
        spark(&d);
    else
        elements(&d);
    rrd_clear_error();
    rrd_info_t *info = rrd_graph_v((int)d.args.n, d.args.v);
    bool drawn = info != NULL && take_image(info, image, size);
    if (!drawn) {
        char *text =
            graph_print("%s: %s", graph->name, rrd_test_error() ? rrd_get_error() : "no picture was drawn");
        env->warn(text);
        free(text);
    }
    if (info != NULL)
        rrd_info_free(info);
    graph_args_free(&d.args);
    return drawn;
}
