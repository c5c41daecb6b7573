/* What values a graph has, and which limits and events belong on it. */
#include "console/graph_build.h"

#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/num.h"

/* The figures are those of data as wide as this, whatever size is drawn: pictures of one graph agree. */
#define MEASURE_WIDTH "800"
enum { EVENTS_MAX = 100 };

const struct graph_range graph_ranges[] = {
    {"hour",      3600},
    {"day",           86400},
    {"week",7 * 86400},
    {"month",      31 * 86400},
    {"year",           366 * 86400},
    {0},
};

const struct graph_range *graph_range_named(const char *name)
{
    for (const struct graph_range *r = graph_ranges; r->name != NULL; r++)
        if (strcmp(r->name, name) == 0)
            return r;
    return NULL;
}

static void print_args(const struct graph *graph, struct graph_args *args)
{
    static const char *const functions[] = {"LAST", "AVERAGE", "MAXIMUM"};

    for (size_t i = 0; i < graph->n_figures; i++) {
        const char *id = graph->figures[i].series->id;
        for (size_t f = 0; f < FIGURES; f++) {
            graph_args_add(args, "VDEF:v%zu_%s=%s,%s", f, id, id, functions[f]);
            graph_args_add(args, "PRINT:v%zu_%s:%%.12le", f, id);
        }
    }
}

/* Reads "print[N]" into the figures, in the order of print_args. */
static void take_prints(struct graph *graph, const rrd_info_t *info)
{
    size_t n = 0;
    for (const rrd_info_t *i = info; i != NULL && n < graph->n_figures * FIGURES; i = i->next) {
        if (i->type != RD_I_STR || strncmp(i->key, "print[", 6) != 0)
            continue;
        struct graph_figure *figure = &graph->figures[n / FIGURES];
        double *const slots[FIGURES] = {&figure->last, &figure->mean, &figure->max};
        /* "nan" is no number to num_decimal: the slot stays NaN */
        num_decimal(i->value.u_str, strlen(i->value.u_str), slots[n % FIGURES]);
        n++;
    }
}

static bool measure_values(const struct graph_build *m)
{
    struct graph *graph = m->graph;
    struct graph_args args = {0};

    graph_args_add(&args, "graph");
    graph_args_add(&args, "/dev/null");
    graph_args_add(&args, "--start=%lld", (long long)graph->start);
    graph_args_add(&args, "--end=%lld", (long long)graph->end);
    graph_args_add(&args, "--width=" MEASURE_WIDTH);
    graph_args_add_all(&args, &graph->data);
    print_args(graph, &args);
    rrd_clear_error();
    rrd_info_t *info = rrd_graph_v((int)args.n, args.v);
    if (info != NULL) {
        take_prints(graph, info);
        rrd_info_free(info);
    } else {
        char *text = graph_print("%s: %s", graph->name, rrd_get_error());
        m->env->warn(text);
        free(text);
    }
    graph_args_free(&args);
    return info != NULL;
}

/* The top of the scale: a stack's parts add up. Returns false where nothing that would be seen has a known
 * value. */
static bool find_top(struct graph *graph)
{
    double stack = 0;
    bool known = false;

    graph->top = graph->kind->least_top;
    for (size_t i = 0; i < graph->n_figures; i++) {
        const struct graph_figure *figure = &graph->figures[i];
        if (figure->series->style == STYLE_HIDDEN)
            continue;
        known = known || !isnan(figure->mean);
        switch (figure->series->style) {
        case STYLE_HIDDEN:
        case STYLE_SHADE:
            continue;
        case STYLE_SOLID:
        case STYLE_BASE:
        case STYLE_AREA:
            stack = fmax(figure->max, 0); /* fmax passes NaN over */
            break;
        case STYLE_STACK:
        case STYLE_BAND:
            stack += fmax(figure->max, 0);
            break;
        case STYLE_LINE:
        case STYLE_THIN:
        case STYLE_DASHED:
            graph->top = fmax(graph->top, figure->max);
            continue;
        }
        graph->top = fmax(graph->top, stack);
    }
    graph->axis = graph_axis_for(graph->kind->unit, graph->top);
    return known;
}

/* The value in the graph's unit of a limit on the series, NaN where it has none. */
static double limit_value(const struct graph *graph, const struct graph_series *series, double compare)
{
    if (series->limit_of == NULL)
        return compare;
    for (size_t i = 0; i < graph->n_figures; i++)
        if (strcmp(graph->figures[i].series->id, series->limit_of) == 0)
            return graph->figures[i].max * compare / 100;
    return NAN;
}

/* Whether the limit is one on the series, and on which of its sources. */
static const struct graph_source *limited(const struct graph_build *m, const struct graph_limit *limit,
                                          const struct graph_series *series)
{
    const struct graph_request *r = m->request;
    const struct graph_source *hit = NULL;

    for (size_t k = 0; k < SOURCES_MAX && series->source[k].file != NULL && hit == NULL; k++) {
        const struct graph_source *source = &series->source[k];
        char *file = graph_expand(source->file, r->instance);
        struct graph_metric metric = {r->pool ? NULL : r->hosts[0], file, source->ds, NULL};
        if (r->pool)
            metric.function = series->combine == COMBINE_COUNT ? "count" : "sum";
        if ((!r->pool || series->combine == COMBINE_SUM || series->combine == COMBINE_COUNT) &&
            graph_limit_on(limit, &metric))
            hit = source;
        free(file);
    }
    return hit;
}

static void find_lines(const struct graph_build *m)
{
    const struct graph_marks *marks = m->env->marks;
    struct graph *graph = m->graph;

    for (size_t l = 0; l < marks->n_limits; l++) {
        for (size_t i = 0; i < graph->n_figures && graph->n_lines < LINES_MAX; i++) {
            const struct graph_series *series = graph->figures[i].series;
            const struct graph_source *source = limited(m, &marks->limits[l], series);
            if (source == NULL)
                continue;
            double compare = marks->limits[l].threshold * source->scale;
            graph->lines[graph->n_lines++] =
                (struct graph_line){&marks->limits[l], series, compare, limit_value(graph, series, compare)};
            break; /* in and its peak may both carry the metric: one line */
        }
    }
}

static void find_events(const struct graph_build *m)
{
    const struct graph_marks *marks = m->env->marks;
    struct graph *graph = m->graph;
    size_t n = 0;

    const struct graph_event **hits = graph_grow(NULL, marks->n_events + 1, sizeof *hits);
    for (size_t i = 0; i < marks->n_events; i++) {
        const struct graph_event *event = &marks->events[i];
        if (event->time >= graph->start && event->time <= graph->end &&
            (m->request->pool || graph_same_host(event->host, m->request->hosts[0])))
            hits[n++] = event;
    }
    graph->events_left_out = n > EVENTS_MAX ? n - EVENTS_MAX : 0;
    graph->n_events = n - graph->events_left_out;
    memmove(hits, hits + graph->events_left_out, graph->n_events * sizeof *hits);
    graph->events = hits;
}

/* Whether the host has to have a file for it. */
static bool expected(const struct graph_kind *kind)
{
    for (const struct graph_series *s = kind->series; s->id != NULL; s++)
        if (s->source[0].file != NULL && !s->optional)
            return true;
    return false;
}

static bool has_file(const struct graph_build *m, const char *file)
{
    char *name = graph_expand(file, m->request->instance);
    char *path = graph_path(m->env->rrd_dir, m->request->hosts[0], name);
    bool has = access(path, F_OK) == 0;
    free(path);
    free(name);
    return has;
}

/* A test that goes the other way only has no file of this one, and that is well. */
static bool other_way_only(const struct graph_build *m)
{
    for (const struct graph_series *s = m->request->kind->series; s->id != NULL; s++)
        if (s->twin != NULL)
            return !has_file(m, s->source[0].file) && has_file(m, s->twin);
    return false;
}

enum graph_status graph_measure(const struct graph_env *env, const struct graph_request *request,
                                struct graph *out)
{
    struct graph_build m = {env, request, out};

    *out = (struct graph){
        .kind = request->kind,
        .name = graph_expand(request->kind->name, request->instance),
        .title = graph_expand(request->kind->title, request->instance),
        .host = request->pool ? NULL : request->hosts[0],
        .start = request->end - request->seconds,
        .end = request->end,
    };
    if (other_way_only(&m))
        return GRAPH_ABSENT;
    for (const struct graph_series *s = request->kind->series; s->id != NULL; s++)
        if (graph_define(&m, s))
            out->figures[out->n_figures++] = (struct graph_figure){s, NAN, NAN, NAN};
    if (out->n_figures == 0 && !expected(request->kind))
        return GRAPH_ABSENT;
    if (out->n_figures > 0 && !measure_values(&m))
        return GRAPH_FAILED;
    if (out->n_figures == 0 || !find_top(out)) {
        char *text = graph_print("%s: %s: no %s", out->host != NULL ? out->host : "the pool", out->name,
                                 out->n_figures == 0 ? "usable RRD file" : "value known in this range");
        env->warn(text);
        free(text);
        return GRAPH_EMPTY;
    }
    find_lines(&m);
    find_events(&m);
    return GRAPH_DRAWN;
}

void graph_free(struct graph *graph)
{
    free(graph->name);
    free(graph->title);
    free(graph->events);
    graph_args_free(&graph->data);
    *graph = (struct graph){0};
}
