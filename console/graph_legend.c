/* The legend of a graph: labels, figures in columns, limits and events in words. */
#include "console/graph_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL_CHARS = 17, /* of a legend's first column */
    FIGURE_CHARS = 13 /* of each other */
};
static const double LEGEND_CHAR = 7.0; /* the width in pixels of a character of its font */

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
                       isfinite(line->value) && line->value > GRAPH_FAR * graph->top ? " (beyond the scale)"
                                                                                     : "");
}

static size_t graph_legend_chars(const struct drawing *d)
{
    double chars = (d->look->width + GRAPH_MARGIN) / LEGEND_CHAR - 4;
    return chars > 20 ? (size_t)chars : 20;
}

/* A legend's text as an argument's field: fit to show, ':' escaped, and no backslash, which at the end would
 * be an order to the layout. */
char *graph_legend_field(const struct drawing *d, const char *text)
{
    size_t max_chars = graph_legend_chars(d);
    char *clean = graph_grow(NULL, GRAPH_CLEAN_SIZE(max_chars), 1);
    graph_clean(text, max_chars, clean);
    for (char *p = clean; *p != '\0'; p++)
        if (*p == '\\')
            *p = '/';
    char *escaped = graph_escape(clean);
    free(clean);
    return escaped;
}

/* How many of last, mean, max there is room for. */
static size_t columns(const struct drawing *d)
{
    size_t room = (graph_legend_chars(d) - LABEL_CHARS) / FIGURE_CHARS;
    return room < FIGURES ? room : FIGURES;
}

void graph_legend_comment(struct drawing *d, const char *text)
{
    char *s = graph_legend_field(d, text);
    graph_args_add(&d->args, "COMMENT:%s\\l", s);
    free(s);
}

/* The legend of one series: its label and its figures in columns; "" where there is none. */
void graph_legend_series(const struct drawing *d, const struct graph_figure *figure, char *out, size_t size)
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

void graph_legend_head(struct drawing *d)
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
