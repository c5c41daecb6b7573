/* scalemon report: the graphs as pages. */
#include <stdio.h>
#include <stdlib.h>

#include "console/report.h"
#include "console/verb.h"

static int write_report(const struct graph_options *o)
{
    struct graph_tally tally = {0};
    struct report_row *rows = graph_grow(NULL, o->hosts.n, sizeof *rows);
    char *dir = graph_print("%s/host", o->out);
    int status = graph_make_dir(dir) ? EXIT_WELL : EXIT_FAILED;
    size_t n = 0;

    for (; status == EXIT_WELL && n < o->hosts.n; n++) {
        size_t drawn = tally.drawn, wanted = tally.wanted;
        report_host(o, o->hosts.v[n], &rows[n], &tally);
        if (tally.drawn == drawn && (o->named || tally.wanted > wanted)) {
            fprintf(stderr, "scalemon: %s: nothing to draw\n", o->hosts.v[n]);
            tally.failed++;
        }
    }
    if (status == EXIT_WELL)
        report_pool(o, rows, n, &tally);
    for (size_t i = 0; i < n; i++)
        report_row_free(&rows[i]);
    free(rows);
    free(dir);
    if (status == EXIT_WELL && tally.drawn == 0 && tally.failed == 0 && o->patterns.n > 0)
        status = graph_no_such(o);
    return tally.failed > 0 ? EXIT_FAILED : status;
}

static int run(const struct globals *globals, int argc, char **argv)
{
    struct graph_options o;
    int status = EXIT_WELL;
    bool go_on = graph_options_read(&o, &verb_report, argc, argv, &status);

    if (go_on)
        status = write_report(&o);
    graph_options_free(&o);
    return status;
}

const struct verb verb_report = {"report", "--out DIR [options] [HOST...]",
                                 "the graphs as an HTML page for each host and one for the pool",
                                 report_option_rows, run};
