/* scalemon limit: list, set, delete. */
#include <string.h>

#include "console/limit_job.h"
#include "console/list.h"

static const struct list_column list_columns[] = {
    {"METRIC",     LIMIT_METRIC,     false, 0, NULL},
    {"DIRECTION",  LIMIT_DIRECTION,  false, 0, NULL},
    {"THRESHOLD",  LIMIT_THRESHOLD,  true,  0, NULL},
    {"CLEAR",      LIMIT_CLEAR,      true,  0, NULL},
    {"HITS",       LIMIT_HITS,       true,  0, NULL},
    {"CLEAR HITS", LIMIT_CLEAR_HITS, true,  0, NULL},
    {"SEVERITY",   LIMIT_SEVERITY,   false, 0, NULL},
    {"STATE",      LIMIT_STATE,      false, 0, NULL},
    {"VALUE",      LIMIT_VALUE,      true,  0, NULL},
    {"SINCE",      LIMIT_SINCE,      false, 0, NULL},
    {NULL,         LIMIT_STORAGE,    false, 0, NULL},
};
static const struct list list = {.spec = &limit_spec,
                                 .table = TABLE_LIMIT,
                                 .row_title = "LIMIT",
                                 .row_key = "limit",
                                 .columns = list_columns,
                                 .n = sizeof list_columns / sizeof list_columns[0]};

struct request {
    struct limit_wanted wanted;
    bool settings; /* one was given */
    enum out_format format;
};

static const char *take(const struct option_row *row, const char *value, void *at)
{
    struct request *r = at;
    r->settings = true;
    return limit_setting(&r->wanted, row->name, value);
}

/* clang-format off */
static const struct option_row options[] = {
    {0, "metric",     "METRIC",   "an identifier with :ds, a pattern, sum(PATTERN) or count(PATTERN)", take, 0, 0, 0},
    {0, "above",      "X",        "exceeded when the metric is above X", take, 0, 0, 0},
    {0, "below",      "X",        "exceeded when the metric is below X", take, 0, 0, 0},
    {0, "clear",      "X",        "over when it is back at X (where it was exceeded)", take, 0, 0, 0},
    {0, "hits",       "N",        "exceeded after N values in a row (1)", take, 0, 0, 0},
    {0, "clear-hits", "N",        "over after N values in a row (1)", take, 0, 0, 0},
    {0, "severity",   "SEVERITY", "warning (if not given) or failure", take, 0, 0, 0},
    OPTION_OUTPUT(struct request, format),
    {0},
};
/* clang-format on */

static int run(const struct globals *globals, int n, char **words)
{
    struct request r = {0};
    struct mib_index index;
    int status;
    if (!options_read(&verb_limit, &n, &words, &r, &status))
        return status;
    const char *what = n > 0 ? words[0] : "";
    if (strcmp(what, "list") == 0)
        return list_run(&list, globals, r.format, words + 1, n - 1);
    r.wanted.destroy = strcmp(what, "delete") == 0;
    if (!r.wanted.destroy && strcmp(what, "set") != 0)
        return verb_usage(&verb_limit, "expected list, set or delete");
    if (n < 2 || !mib_index_name(&index, words[1]))
        return verb_usage(&verb_limit, "expected the name of a limit, 1 to %d bytes", MIB_NAME_MAX);
    if (r.wanted.destroy == r.settings)
        return verb_usage(&verb_limit, r.settings ? "delete takes no settings" : "set needs settings");
    return jobs_verb(globals, &limit_job_kind, words[1], &r.wanted, 10000, r.format, words + 2, n - 2);
}

const struct verb verb_limit = {"limit", "list | set NAME | delete NAME [options] [HOST|@POOL...]",
                                "the limits, and their change", options, run};
