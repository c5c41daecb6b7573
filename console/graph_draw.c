/* A measured graph as rrd_graph's elements: areas, then what shades them, then lines on top. */
#include "console/graph.h"

#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BAND_HEIGHT = 34,
    LABEL_CHARS = 17,  /* of a legend's first column */
    FIGURE_CHARS = 13, /* of each other */
    TITLE_CHARS = 100,
    EVENT_LINES = 3 /* newest events told in the legend */
};
/* The width in pixels of a character of the legend's and the title's font. */
static const double LEGEND_CHAR = 7.0, TITLE_CHAR = 9.0;
/* What is left and right of the canvas, in pixels. */
static const double MARGIN = 90;
/* A line of a limit (or of the CPUs) farther away than this many times the data is left out: it would press
 * them flat. */
static const double FAR = 3;

struct drawing {
    const struct graph *graph;
    const struct graph_look *look;
    struct graph_args args;
};

const char *graph_clock(time_t t, char buf[GRAPH_CLOCK_MAX])
{
    struct tm tm;
    if (localtime_r(&t, &tm) == NULL || strftime(buf, GRAPH_CLOCK_MAX, "%F %H:%M", &tm) == 0)
        buf[0] = '\0';
    return buf;
}

unsigned graph_told(const struct graph *graph)
{
    unsigned told = 0;
    for (size_t i = 0; i < graph->n_figures; i++)
        told |= graph->figures[i].series->label != NULL ? graph->figures[i].series->figures : 0;
    return told;
}

char *graph_line_text(const struct graph *graph, const struct graph_line *line)
{
    char value[GRAPH_VALUE_MAX];
    /* a share of something unknown is told as it was set */
    if (isfinite(line->value))
        graph_value(graph->kind->unit, line->value, value);
    else
        snprintf(value, sizeof value, "%g", line->limit->threshold);
    return graph_print("limit %s: %s %s%s", line->limit->name, line->limit->below ? "below" : "above", value,
                       isfinite(line->value) && line->value > FAR * graph->top ? " (beyond the scale)" : "");
}

static const char *colour(const struct drawing *d, enum graph_role role)
{
    return graph_colour(d->look->theme, role);
}

/* A legend's text as an argument's field: fit to show, ':' escaped, and no backslash, which at the end would
 * be an order to the layout. malloc'ed. */
static char *field(const char *text, size_t max_chars)
{
    char *clean = graph_grow(NULL, GRAPH_CLEAN_SIZE(max_chars), 1);
    graph_clean(text, max_chars, clean);
    for (char *p = clean; *p != '\0'; p++)
        if (*p == '\\')
            *p = '/';
    char *escaped = graph_escape(clean);
    free(clean);
    return escaped;
}

static size_t legend_chars(const struct drawing *d)
{
    double chars = (d->look->width + MARGIN) / LEGEND_CHAR - 4;
    return chars > 20 ? (size_t)chars : 20;
}

/* How many of last, mean, max there is room for. */
static size_t columns(const struct drawing *d)
{
    size_t room = (legend_chars(d) - LABEL_CHARS) / FIGURE_CHARS;
    return room < FIGURES ? room : FIGURES;
}

static void comment(struct drawing *d, const char *text)
{
    char *s = field(text, legend_chars(d));
    graph_args_add(&d->args, "COMMENT:%s\\l", s);
    free(s);
}

/* The legend of one series: its label and its figures in columns; "" where there is none. */
static void series_legend(const struct drawing *d, const struct graph_figure *figure, char *out, size_t size)
{
    const struct graph_series *s = figure->series;
    const double values[FIGURES] = {figure->last, figure->mean, figure->max};
    size_t len;

    out[0] = '\0';
    if (!d->look->legend || s->label == NULL)
        return;
    len = (size_t)snprintf(out, size, ":%-*s", LABEL_CHARS, s->label);
    for (size_t i = 0; i < columns(d); i++) {
        char value[GRAPH_VALUE_MAX] = "";
        if ((s->figures & (1U << i)) != 0)
            graph_value(d->graph->kind->unit, values[i], value);
        len += (size_t)snprintf(out + len, size - len, "%*s", FIGURE_CHARS, value);
    }
    snprintf(out + len, size - len, "\\l");
}

static void legend_head(struct drawing *d)
{
    static const char *const heads[FIGURES] = {"last", "mean", "max"};
    char text[128];
    unsigned told = graph_told(d->graph);
    size_t len = (size_t)snprintf(text, sizeof text, "  %-*s", LABEL_CHARS, "");

    for (size_t i = 0; i < columns(d); i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%*s", FIGURE_CHARS,
                                (told & 1U << i) != 0 ? heads[i] : "");
    graph_args_add(&d->args, "COMMENT:%s\\l", text);
}

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

    series_legend(d, figure, legend, sizeof legend);
    switch (s->style) {
    case STYLE_AREA:
        graph_args_add(&d->args, "AREA:d_%s%s66%s", s->id, colour(d, s->role), legend);
        break;
    case STYLE_SOLID:
        graph_args_add(&d->args, "AREA:d_%s%s%s", s->id, colour(d, s->role), legend);
        *stacked = true;
        break;
    case STYLE_BASE:
        graph_args_add(&d->args, "AREA:d_%s", s->id);
        *stacked = true;
        break;
    case STYLE_STACK:
    case STYLE_BAND:
        /* a stack whose foot is missing stands on the ground */
        graph_args_add(&d->args, "AREA:d_%s%s%s%s%s", s->id, colour(d, s->role),
                       s->style == STYLE_BAND ? "55" : "", legend[0] != '\0' ? legend : ":",
                       *stacked ? ":STACK" : "");
        *stacked = true;
        break;
    case STYLE_SHADE:
        graph_args_add(&d->args, "CDEF:s_%s=%s,0,GT,INF,UNKN,IF", s->id, s->id);
        graph_args_add(&d->args, "AREA:s_%s%s55%s", s->id, colour(d, s->role), legend);
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

    series_legend(d, figure, legend, sizeof legend);
    switch (s->style) {
    case STYLE_AREA:
        graph_args_add(&d->args, "LINE1:d_%s%s", s->id, colour(d, s->role));
        break;
    case STYLE_LINE:
        graph_args_add(&d->args, "LINE1.5:d_%s%s%s", s->id, colour(d, s->role), legend);
        break;
    case STYLE_THIN:
        graph_args_add(&d->args, "LINE0.7:d_%s%s%s", s->id, colour(d, s->role), legend);
        break;
    case STYLE_DASHED:
        /* the legend's box would be dashed too, and look broken: it belongs to a line of no width */
        graph_args_add(&d->args, "LINE1:d_%s%s::dashes=5,3", s->id, colour(d, s->role));
        if (legend[0] != '\0')
            graph_args_add(&d->args, "LINE0:d_%s%s%s", s->id, colour(d, s->role), legend);
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
    graph_args_add(&d->args, "AREA:over%zu%s44", i, colour(d, ROLE_LIMIT));
}

/* Whether the line is on the scale, or near enough for the scale to make room for it. */
static bool on_scale(const struct graph *graph, const struct graph_line *l)
{
    return isfinite(l->value) && l->value <= FAR * graph->top;
}

static void limit_line(struct drawing *d, size_t i)
{
    const struct graph_line *l = &d->graph->lines[i];
    char *text = graph_line_text(d->graph, l), *legend = field(text, legend_chars(d));

    if (on_scale(d->graph, l))
        /* a line of data, not a rule: the scale makes room for it */
        graph_args_add(&d->args, "LINE1.5:%.15g%s%s%s%s", l->value / d->graph->axis.divisor,
                       colour(d, ROLE_LIMIT), d->look->legend ? ":" : "", d->look->legend ? legend : "",
                       d->look->legend ? "\\l" : "");
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
                       colour(d, ROLE_EVENT));
    for (size_t i = g->n_events - told; i < g->n_events; i++) {
        char when[GRAPH_CLOCK_MAX];
        char *text = graph_print("%s  %s", graph_clock(g->events[i]->time, when), g->events[i]->text);
        comment(d, text);
        free(text);
    }
    if (d->look->legend && g->n_events + g->events_left_out > told) {
        char *text = graph_print("and %zu events before", g->n_events + g->events_left_out - told);
        comment(d, text);
        free(text);
    }
}

static void title(struct drawing *d)
{
    const struct graph *g = d->graph;
    char from[GRAPH_CLOCK_MAX], to[GRAPH_CLOCK_MAX], clean[GRAPH_CLEAN_SIZE(TITLE_CHARS)];
    size_t chars = (size_t)((d->look->width + MARGIN) / TITLE_CHAR);

    char *text = graph_print("%s: %s, %s to %s", g->host != NULL ? g->host : "Pool", g->title,
                             graph_clock(g->start, from), graph_clock(g->end, to));
    /* narrow pictures tell what they are and leave the times to the axis */
    if (strlen(text) > chars) {
        free(text);
        text = graph_print("%s: %s", g->host != NULL ? g->host : "Pool", g->title);
    }
    graph_clean(text, chars < TITLE_CHARS ? chars : TITLE_CHARS, clean);
    graph_args_add(&d->args, "--title=%s", clean);
    free(text);
}

static void frame(struct drawing *d)
{
    static const struct {
        const char *tag;
        enum graph_role role;
    } colours[] = {
        {"BACK",   ROLE_PAGE      },
        {"CANVAS", ROLE_CANVAS    },
        {"SHADEA", ROLE_PAGE      },
        {"SHADEB", ROLE_PAGE      },
        {"FONT",   ROLE_TEXT      },
        {"GRID",   ROLE_GRID      },
        {"MGRID",  ROLE_MAJOR_GRID},
        {"AXIS",   ROLE_MAJOR_GRID},
        {"ARROW",  ROLE_PAGE      },
        {"FRAME",  ROLE_MUTED     },
    };
    const struct graph *g = d->graph;
    bool band = g->kind->band;

    graph_args_add(&d->args, "graph");
    graph_args_add(&d->args, "-");
    graph_args_add(&d->args, "--start=%lld", (long long)g->start);
    graph_args_add(&d->args, "--end=%lld", (long long)g->end);
    graph_args_add(&d->args, "--imgformat=%s", d->look->svg ? "SVG" : "PNG");
    graph_args_add(&d->args, "--width=%d", d->look->width);
    graph_args_add(&d->args, "--height=%d", band && !d->look->spark ? BAND_HEIGHT : d->look->height);
    graph_args_add(&d->args, "--border=0");
    graph_args_add(&d->args, "--disable-rrdtool-tag");
    graph_args_add(&d->args, "--lower-limit=0");
    graph_args_add(&d->args, "--units-exponent=0");
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        graph_args_add(&d->args, "--color=%s%s%s", colours[i].tag, colour(d, colours[i].role),
                       d->look->spark ? "00" : "");
    /* a count may stay at its greatest for long: not on the upper edge */
    double top = band                          ? 100
                 : g->kind->unit == UNIT_COUNT ? g->top * 1.05
                                               : g->kind->least_top / g->axis.divisor;
    graph_args_add(&d->args, "--upper-limit=%.15g", top);
    if (d->look->spark) {
        graph_args_add(&d->args, "--only-graph");
        return;
    }
    /* without a legend it is for a page, which may shrink it */
    graph_args_add(&d->args, "--font=DEFAULT:%d:sans-serif", d->look->legend ? 8 : 9);
    graph_args_add(&d->args, "--font=TITLE:10:sans-serif");
    graph_args_add(&d->args, "--font=LEGEND:8:monospace");
    graph_args_add(&d->args, "--vertical-label=%s",
                   band                       ? " "
                   : g->axis.label[0] != '\0' ? g->axis.label
                                              : " ");
    graph_args_add(&d->args, "--units-length=5");
    if (g->kind->unit == UNIT_COUNT && g->top <= 10)
        graph_args_add(&d->args, "--y-grid=1:1"); /* there are no half hosts */
    if (band) {
        graph_args_add(&d->args, "--y-grid=none");
        graph_args_add(&d->args, "--rigid");
    }
    if (d->look->legend)
        title(d);
    else
        graph_args_add(&d->args, "--no-legend");
}

static void elements(struct drawing *d)
{
    const struct graph *g = d->graph;
    bool stacked = false;

    if (d->look->legend)
        legend_head(d);
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
        graph_args_add(&d->args, "AREA:d_%s%saa", s->id, colour(d, s->role));
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

    frame(&d);
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
