/* What graph_measure.c and graph_define.c share: a graph while it is being measured. */
#ifndef SCM_CONSOLE_GRAPH_BUILD_H
#define SCM_CONSOLE_GRAPH_BUILD_H

#include "console/graph.h"

struct graph_build {
    const struct graph_env *env;
    const struct graph_request *request;
    struct graph *graph;
};

/* Appends what defines the series to graph->data, where the files or the series that it needs are there;
 * those are the ones in graph->figures so far. A file missing that should be there is warned of. Returns
 * whether it is defined. */
bool graph_define(const struct graph_build *m, const struct graph_series *series);

#endif
