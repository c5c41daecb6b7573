#include "console/portal_job.h"

#include <stdio.h>

static const enum mib_object scalars[] = {AGENT_STARTED};
static const enum mib_object columns[] = {
    PORTAL_DESCRIPTION, PORTAL_ADMIN,          PORTAL_OPER,        PORTAL_LAST_CHANGE, PORTAL_REQUESTER,
    PORTAL_LAST_ACTION, PORTAL_LAST_EXIT_CODE, PORTAL_LAST_OUTPUT, PORTAL_STARTS,      PORTAL_FAILURES};

const struct fetch_spec portal_spec = {.scalars = scalars,
                                       .n_scalars = 1,
                                       .columns = columns,
                                       .n_columns = sizeof columns / sizeof columns[0],
                                       .rows_max = 256,
                                       .rows_usual = 1};

/* What plan() remembers in job->before. */
enum { FAILURES_BEFORE, SET_AT };

/* A failure that was there before the SET counts as ours only when it is still there after this time: the
 * agent publishes a SET within 200 ms. */
enum { STALE_MS = 2000 };

bool portal_may_run(int64_t oper)
{
    return oper != OPER_OFF && oper != OPER_FAILED;
}

static size_t plan(struct job *job, struct assignment *out)
{
    const struct row *row = answer_row_named(&job->answer, TABLE_PORTAL, job->name);
    if (row == NULL) {
        job_end(job, EXIT_REFUSED, "no portal %s", job->name);
        return 0;
    }
    job->before[FAILURES_BEFORE] = cell_number(row_cell(row, PORTAL_FAILURES), 0);
    job->before[SET_AT] = now_ms();
    out[0] =
        (struct assignment){.object = PORTAL_ADMIN, .index = row->index, .number = *(const int *)job->wanted};
    out[1] = (struct assignment){.object = PORTAL_REQUESTER, .index = row->index, .text = job_requester()};
    return 2;
}

/* "failed: exit status 1: no such file": what the script left behind. */
static bool end_failed(struct job *job, const struct row *row, const char *label)
{
    const char *action = mib_label(PORTAL_LAST_ACTION, cell_number(row_cell(row, PORTAL_LAST_ACTION), 0));
    const char *output = cell_text(row_cell(row, PORTAL_LAST_OUTPUT));
    return job_end(job, EXIT_FAILED, "%s: %s: exit status %lld%s%.100s", label,
                   action != NULL ? action : "script",
                   (long long)cell_number(row_cell(row, PORTAL_LAST_EXIT_CODE), -1),
                   *output != '\0' ? ": " : "", output);
}

static bool judge(struct job *job)
{
    const struct row *row = answer_row_named(&job->answer, TABLE_PORTAL, job->name);
    int wanted = *(const int *)job->wanted;
    if (row == NULL)
        return job_end(job, EXIT_FAILED, "the portal is gone");
    int64_t admin = cell_number(row_cell(row, PORTAL_ADMIN), 0),
            oper = cell_number(row_cell(row, PORTAL_OPER), OPER_UNKNOWN);
    const char *label = mib_label(PORTAL_OPER, oper);
    bool fresh = now_ms() - job->before[SET_AT] < STALE_MS;

    if (admin != wanted) { /* the SET was lost, or somebody was quicker */
        const char *is = mib_label(PORTAL_ADMIN, admin);
        return !fresh &&
               job_end(job, EXIT_FAILED, "overruled: it is to be %s", is != NULL ? is : "something else");
    }
    if (wanted == ADMIN_HOLD || oper == (wanted == ADMIN_ON ? OPER_ON : OPER_OFF))
        return job_end(job, EXIT_WELL, "%s", label);
    bool failed = oper == OPER_FAILED || oper == OPER_BACKOFF;
    if (failed && (!fresh || cell_number(row_cell(row, PORTAL_FAILURES), 0) != job->before[FAILURES_BEFORE]))
        return end_failed(job, row, label);
    snprintf(job->text, sizeof job->text, "%s", label != NULL ? label : "?");
    return false;
}

const struct job_kind portal_job_kind = {.spec = &portal_spec, .plan = plan, .judge = judge};
