/* The frame of a graph: its size, colours, fonts, axes and title. */
#include "console/graph_draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAND_HEIGHT = 34, TITLE_CHARS = 100, HOST_CHARS_LEAST = 8 };
static const double TITLE_CHAR = 9.0; /* the width in pixels of a character of its font */

const char *graph_draw_colour(const struct drawing *d, enum graph_role role)
{
    return graph_colour(d->look->theme, role);
}

char *graph_draw_title(const struct graph *g, size_t chars)
{
    char from[GRAPH_CLOCK_MAX], to[GRAPH_CLOCK_MAX], host[GRAPH_CLEAN_SIZE(TITLE_CHARS)];
    const char *name = g->host != NULL ? g->host : "Pool";

    char *text =
        graph_print("%s: %s, %s to %s", name, g->title, graph_clock(g->start, from), graph_clock(g->end, to));
    if (strlen(text) <= chars)
        return text;
    free(text);
    size_t title = strlen(g->title) + 2, left = chars > title ? chars - title : 0;
    graph_clean(name, left > HOST_CHARS_LEAST ? left : HOST_CHARS_LEAST, host);
    return graph_print("%s: %s", host, g->title);
}

static void title(struct drawing *d)
{
    char clean[GRAPH_CLEAN_SIZE(TITLE_CHARS)];
    size_t room = (size_t)((d->look->width + GRAPH_MARGIN) / TITLE_CHAR),
           chars = room < TITLE_CHARS ? room : TITLE_CHARS;
    char *text = graph_draw_title(d->graph, chars);

    graph_clean(text, chars, clean);
    graph_args_add(&d->args, "--title=%s", clean);
    free(text);
}

void graph_draw_frame(struct drawing *d)
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
        graph_args_add(&d->args, "--color=%s%s%s", colours[i].tag, graph_draw_colour(d, colours[i].role),
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
