/* scalemon agent: what the agents are doing, and their admin status. */
#include <string.h>

#include "console/list.h"

static const enum mib_object scalars[] = {
    AGENT_STARTED, AGENT_VERSION,         AGENT_ADMIN,        FEED_STATUS,
    FEED_AGE,      NOTIFICATIONS_ENABLED, NOTIFICATIONS_SENT, NOTIFICATIONS_SUPPRESSED};
static const struct fetch_spec spec = {.scalars = scalars, .n_scalars = sizeof scalars / sizeof scalars[0]};

static const struct list_column list_columns[] = {
    {"VERSION",       AGENT_VERSION,            false, 0, NULL},
    {"STARTED",       AGENT_STARTED,            false, 0, NULL},
    {"STATUS",        AGENT_ADMIN,              false, 0, NULL},
    {"FEED",          FEED_STATUS,              false, 0, NULL},
    {"AGE ms",        FEED_AGE,                 true,  0, NULL},
    {"NOTIFICATIONS", NOTIFICATIONS_ENABLED,    false, 0, NULL},
    {"SENT",          NOTIFICATIONS_SENT,       true,  0, NULL},
    {"SUPPRESSED",    NOTIFICATIONS_SUPPRESSED, true,  0, NULL},
};
static const struct list list = {.spec = &spec,
                                 .table = TABLE_NONE,
                                 .columns = list_columns,
                                 .n = sizeof list_columns / sizeof list_columns[0]};

static size_t plan(struct job *job, struct assignment *out)
{
    out[0] = (struct assignment){.object = AGENT_ADMIN, .number = *(const int *)job->wanted};
    return 1;
}
static const struct job_kind kind = {.spec = &spec, .plan = plan};

struct request {
    enum out_format format;
};
static const struct option_row options[] = {OPTION_OUTPUT(struct request, format), {0}};

static int run(const struct globals *globals, int n, char **words)
{
    struct request r = {OUT_TABLE};
    int status;
    if (!options_read(&verb_agent, &n, &words, &r, &status))
        return status;
    if (n == 0)
        return verb_usage(&verb_agent, "expected list, running, maintenance or shutdown");
    if (strcmp(words[0], "list") == 0)
        return list_run(&list, globals, r.format, words + 1, n - 1);
    int wanted = mib_value(AGENT_ADMIN, words[0]);
    if (wanted == 0)
        return verb_usage(&verb_agent, "%s: expected list, running, maintenance or shutdown", words[0]);
    return jobs_verb(globals, &kind, "agent", &wanted, 10000, r.format, words + 1, n - 1);
}

const struct verb verb_agent = {"agent", "list | running | maintenance | shutdown [options] [HOST|@POOL...]",
                                "the agents and their admin status", options, run};
