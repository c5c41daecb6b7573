/* scalemon portal: list, and on, off, hold with the wait for the acknowledgement. */
#include <stdlib.h>
#include <string.h>

#include "console/ask.h"
#include "console/list.h"
#include "console/portal_job.h"

static const struct list_column list_columns[] = {
    {"WANTED",    PORTAL_ADMIN,          false, 0, NULL     },
    {"STATE",     PORTAL_OPER,           false, 0, NULL     },
    {"SINCE",     PORTAL_LAST_CHANGE,    false, 0, show_time},
    {"LAST",      PORTAL_LAST_ACTION,    false, 0, NULL     },
    {"EXIT",      PORTAL_LAST_EXIT_CODE, true,  0, NULL     },
    {"STARTS",    PORTAL_STARTS,         true,  0, NULL     },
    {"FAILURES",  PORTAL_FAILURES,       true,  0, NULL     },
    {"REQUESTER", PORTAL_REQUESTER,      false, 0, NULL     },
    {NULL,        PORTAL_DESCRIPTION,    false, 0, NULL     },
    {NULL,        PORTAL_LAST_OUTPUT,    false, 0, NULL     },
};
static const struct list list = {.spec = &portal_spec,
                                 .table = TABLE_PORTAL,
                                 .row_title = "PORTAL",
                                 .row_key = "portal",
                                 .columns = list_columns,
                                 .n = sizeof list_columns / sizeof list_columns[0]};

struct request {
    const char *name;
    int admin;
    uint64_t parallel, max_running, timeout; /* parallel 0: all at once; timeout in seconds */
    bool quiet;
    struct option_list among; /* hosts and pools that count, but are not switched */
    enum out_format format;
};
enum { HOSTS_MAX = 100000 }; /* for --parallel and --max-running; more is no limit */

/* clang-format off */
#define AT(member) offsetof(struct request, member)
static const struct option_row options[] = {
    {0, "parallel", "N", "at most N hosts at a time (all at once)", option_number, AT(parallel), 1, HOSTS_MAX},
    {0, "max-running", "N", "refuse to let more than N of the hosts run it", option_number, AT(max_running), 0, HOSTS_MAX},
    {0, "among", "HOST|@POOL", "counts for --max-running, is not switched; repeatable", option_list, AT(among), 0, 0},
    {0, "timeout", "SECONDS", "wait so long for each host's acknowledgement (300)", option_number, AT(timeout), 1, 86400},
    {'q', "quiet", NULL, "tell no progress", option_flag, AT(quiet), 0, 0},
    OPTION_OUTPUT(struct request, format),
    {0},
};
#undef AT
/* clang-format on */

static void progress(struct job *job, void *arg)
{
    static const char *const words[] = {
        [JOB_NEW] = "", [JOB_READING] = "", [JOB_SETTING] = "asked", [JOB_WAITING] = "", [JOB_OVER] = ""};
    const char *text = job->text[0] != '\0' ? job->text : words[job->state];
    if (*text != '\0')
        fprintf(stderr, "%s: %s: %s\n", host_name(job->host), job->name, text);
}

/* May the portal be running there? A host that does not say counts: better one too few. */
static bool may_run(const struct host *h, const struct answer *a, const char *name)
{
    const struct row *row = answer_row_named(a, TABLE_PORTAL, name);
    if (host_state(h) != HOST_UP)
        return true;
    return row != NULL && portal_may_run(cell_number(row_cell(row, PORTAL_OPER), OPER_UNKNOWN));
}

/* Refuses the jobs that would pass --max-running. The first n_targets hosts of the fleet are the jobs' own.
 */
static int limit_running(struct fleet *fleet, size_t n_targets, struct job *jobs, const struct request *r)
{
    uint64_t running = 0;
    struct answer *answers = answers_new(fleet->n);
    if (answers == NULL)
        return EXIT_FAILED;
    ask_all(fleet, &portal_spec, answers);
    for (size_t i = 0; i < fleet->n; i++) {
        if (!may_run(fleet->hosts[i], &answers[i], r->name))
            continue;
        running++;
        if (host_state(fleet->hosts[i]) != HOST_UP)
            fprintf(stderr, "scalemon: %s: %s: counted as running\n", host_name(fleet->hosts[i]),
                    host_state_name(host_state(fleet->hosts[i])));
    }
    for (size_t i = 0; i < n_targets; i++) {
        if (may_run(fleet->hosts[i], &answers[i], r->name))
            continue;
        if (running < r->max_running) {
            running++;
            continue;
        }
        job_end(&jobs[i], EXIT_REFUSED, "%llu hosts run it, or may (--max-running %llu)",
                (unsigned long long)running, (unsigned long long)r->max_running);
        jobs[i].state = JOB_OVER;
    }
    answers_free(answers, fleet->n);
    return EXIT_WELL;
}

static int run_jobs(struct fleet *fleet, const struct request *r)
{
    size_t n = fleet->n;
    struct job *jobs = jobs_new(fleet, &portal_job_kind, r->name, &r->admin, (int)r->timeout * 1000);
    int status = jobs != NULL ? EXIT_WELL : EXIT_FAILED;
    for (size_t i = 0; i < n && status == EXIT_WELL && !r->quiet; i++)
        jobs[i].changed = progress;
    if (status == EXIT_WELL && r->max_running <= HOSTS_MAX && r->admin == ADMIN_ON) {
        if (r->among.n > 0)
            status = fleet_add(fleet, (char **)(uintptr_t)r->among.v, (int)r->among.n);
        if (status == EXIT_WELL)
            status = limit_running(fleet, n, jobs, r);
    }
    if (status == EXIT_WELL) {
        status = jobs_run(fleet->poller, jobs, n, r->parallel);
        if (!jobs_print(jobs, n, r->format))
            status = worse(status, EXIT_FAILED);
    }
    jobs_free(jobs, n);
    return status;
}

static int switch_portal(const struct globals *globals, struct request *r, char **words, int n)
{
    struct fleet fleet;
    int status = fleet_start(&fleet, globals, words, n);
    if (status != EXIT_WELL)
        return status;
    status = run_jobs(&fleet, r);
    fleet_close(&fleet);
    return status;
}

static int run(const struct globals *globals, int n, char **words)
{
    struct request r = {.timeout = 300, .max_running = UINT64_MAX};
    struct mib_index index;
    int status;
    if (!options_read(&verb_portal, &n, &words, &r, &status))
        return status;
    if (n == 0)
        return verb_usage(&verb_portal, "expected list, on, off or hold");
    if (strcmp(words[0], "list") == 0)
        return list_run(&list, globals, r.format, words + 1, n - 1);
    r.admin = mib_value(PORTAL_ADMIN, words[0]);
    if (r.admin == 0)
        return verb_usage(&verb_portal, "%s: expected list, on, off or hold", words[0]);
    if (n < 2 || !mib_index_name(&index, words[1]))
        return verb_usage(&verb_portal, "expected the name of a portal, 1 to %d bytes", MIB_NAME_MAX);
    r.name = words[1];
    return switch_portal(globals, &r, words + 2, n - 2);
}

const struct verb verb_portal = {"portal", "list | on NAME | off NAME | hold NAME [options] [HOST|@POOL...]",
                                 "the portals; switching waits for the acknowledgement", options, run};
