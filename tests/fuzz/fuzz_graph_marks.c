/* graph_marks_parse() on any bytes; what was taken is then asked for and drawn upon as graphs do. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "console/graph_marks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct graph_metric host = {"web1", "load/load", "shortterm", NULL};
    static const struct graph_metric pool = {NULL, "portal-a/gauge-running", "value", "sum"};
    struct graph_marks marks = {0};
    char why[GRAPH_MARKS_WHY] = "";

    if (!graph_marks_parse(&marks, NULL, (const char *)data, size, why) && why[0] == '\0')
        abort();
    for (size_t i = 0; i < marks.n_limits; i++) {
        if (!isfinite(marks.limits[i].threshold))
            abort();
        graph_limit_on(&marks.limits[i], &host);
        graph_limit_on(&marks.limits[i], &pool);
    }
    for (size_t i = 1; i < marks.n_events; i++)
        if (marks.events[i].time < marks.events[i - 1].time)
            abort();
    graph_marks_free(&marks);
    return 0;
}
