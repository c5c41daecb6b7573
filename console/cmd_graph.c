/* scalemon graph: pictures of what collectd stored. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/graph_options.h"
#include "console/verb.h"

/* One line per series: host, graph, range, series, last, mean, max, in the unit of the graph; "-" where
 * unknown. */
static void print_values(const struct graph *graph, const struct graph_range *range)
{
    for (size_t i = 0; i < graph->n_figures; i++) {
        const struct graph_figure *f = &graph->figures[i];
        const double values[] = {f->last, f->mean, f->max};
        printf("%s\t%s\t%s\t%s", graph->host != NULL ? graph->host : "(pool)", graph->name, range->name,
               f->series->id);
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
            isnan(values[v]) ? printf("\t-") : printf("\t%.9g", values[v]);
        putchar('\n');
    }
}

static bool save(const struct graph_options *o, const struct graph *graph, const struct graph_range *range)
{
    unsigned char *image = NULL;
    size_t size;

    if (!graph_draw(&o->env, graph, &o->look, &image, &size))
        return false;
    char *host = graph->host != NULL ? graph_file_name(graph->host) : graph_print("."),
         *name = graph_file_name(graph->name);
    char *dir = graph_print("%s/%s", o->out, host);
    char *path = graph_print("%s/%s-%s%s.%s", graph->host != NULL ? dir : o->out, name, range->name,
                             o->look.theme == THEME_DARK ? "-dark" : "", o->look.svg ? "svg" : "png");
    bool saved = graph_make_dir(dir) && graph_write_file(path, image, size);
    if (saved)
        puts(path);
    free(path);
    free(dir);
    free(name);
    free(host);
    free(image);
    return saved;
}

struct drawing {
    const struct graph_options *o;
    const struct graph_range *range;
};

static bool draw(void *arg, const struct graph *graph)
{
    const struct drawing *d = arg;
    if (!d->o->values)
        return save(d->o, graph, d->range);
    print_values(graph, d->range);
    return true;
}

/* Every wanted graph of the table, for one host or the pool. Returns an exit_status. */
static int draw_all(const struct graph_options *o, const struct graph_kind *kinds, const char *const *hosts,
                    size_t n, size_t *drawn)
{
    struct graph_tally tally = {0};

    for (size_t r = 0; r < o->n_ranges; r++) {
        struct drawing d = {o, &o->ranges[r]};
        graph_each(o, kinds, hosts, n, o->pool, &o->ranges[r], draw, &d, &tally);
    }
    *drawn += tally.drawn;
    /* a directory without anything of ours (a switch that collectd polls) is no failure unless it was asked
     * for */
    if (tally.drawn == 0 && (o->named || tally.wanted > 0)) {
        fprintf(stderr, "scalemon: %s: nothing to draw\n", o->pool ? "the pool" : hosts[0]);
        return EXIT_FAILED;
    }
    return tally.failed > 0 ? EXIT_FAILED : EXIT_WELL;
}

static int run(const struct globals *globals, int argc, char **argv)
{
    struct graph_options o;
    size_t drawn = 0;
    int status = EXIT_WELL;
    bool go_on = graph_options_read(&o, &verb_graph, argc, argv, &status);

    if (go_on && o.pool) {
        status = draw_all(&o, graph_pool_kinds, (const char *const *)o.hosts.v, o.hosts.n, &drawn);
    } else if (go_on) {
        for (size_t i = 0; i < o.hosts.n; i++) {
            const char *host = o.hosts.v[i];
            int worst = draw_all(&o, graph_host_kinds, &host, 1, &drawn);
            status = worst > status ? worst : status;
        }
    }
    if (go_on && drawn == 0 && status == EXIT_WELL && o.patterns.n > 0)
        status = graph_no_such(&o);
    graph_options_free(&o);
    return status;
}

const struct verb verb_graph = {"graph", "--out DIR [options] [HOST...]",
                                "pictures of what collectd stored in RRD files", graph_option_rows, run};
