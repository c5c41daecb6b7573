/* The pages of a report: one per host, and one for the pool that leads to them. */
#ifndef SCM_CONSOLE_REPORT_H
#define SCM_CONSOLE_REPORT_H

#include "console/graph_options.h"
#include "console/report_html.h"

/* A host's row on the pool's page. */
struct report_row {
    char *host;
    char *link; /* of its page, below --out: "host/web1.html" */
    char load[GRAPH_VALUE_MAX], used[GRAPH_VALUE_MAX], total[GRAPH_VALUE_MAX];
    char in[GRAPH_VALUE_MAX], out[GRAPH_VALUE_MAX];
    double busiest; /* mean in and out of the interface that `in` and `out` are of; NaN: none yet */
    size_t portals, running;
    struct html load_spark, network_spark;
};
void report_row_free(struct report_row *row);

/* Writes the host's page and fills the row (to be freed in any case). */
void report_host(const struct graph_options *o, const char *host, struct report_row *row,
                 struct graph_tally *tally);

/* Writes index.html. */
void report_pool(const struct graph_options *o, const struct report_row *rows, size_t n,
                 struct graph_tally *tally);

#endif
