/* scalemon limit: list, set, delete. */
#include <getopt.h>
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

int cmd_limit(const struct globals *globals, int argc, char **argv)
{
    static const struct option longs[] = {
        {"metric",     required_argument, NULL, 's'},
        {"above",      required_argument, NULL, 's'},
        {"below",      required_argument, NULL, 's'},
        {"clear",      required_argument, NULL, 's'},
        {"hits",       required_argument, NULL, 's'},
        {"clear-hits", required_argument, NULL, 's'},
        {"severity",   required_argument, NULL, 's'},
        {"output",     required_argument, NULL, 'o'},
        {NULL,         0,                 NULL, 0  }
    };
    enum out_format format = OUT_TABLE;
    struct limit_wanted wanted = {0};
    struct mib_index index;
    bool settings = false;
    int c, which = 0;
    while ((c = getopt_long(argc, argv, "o:", longs, &which)) != -1) {
        if (c == 's') {
            const char *expected = limit_setting(&wanted, longs[which].name, optarg);
            settings = true;
            if (expected != NULL)
                return verb_usage(argv[0], "--%s %s: expected %s", longs[which].name, optarg, expected);
        } else if (c != 'o' || !out_format(optarg, &format)) {
            return verb_usage(argv[0], "a wrong option");
        }
    }
    char **words = argv + optind;
    int n = argc - optind;
    const char *what = n > 0 ? words[0] : "";
    if (strcmp(what, "list") == 0)
        return list_run(&list, globals, format, words + 1, n - 1);
    wanted.destroy = strcmp(what, "delete") == 0;
    if (!wanted.destroy && strcmp(what, "set") != 0)
        return verb_usage(argv[0], "expected list, set or delete");
    if (n < 2 || !mib_index_name(&index, words[1]))
        return verb_usage(argv[0], "expected the name of a limit, 1 to %d bytes", MIB_NAME_MAX);
    if (wanted.destroy == settings)
        return verb_usage(argv[0], wanted.destroy ? "delete takes no settings" : "set needs settings");
    return jobs_verb(globals, &limit_job_kind, words[1], &wanted, 10000, format, words + 2, n - 2);
}
