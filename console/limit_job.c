#include "console/limit_job.h"

#include <string.h>

#include "common/num.h"

static const enum mib_object scalars[] = {AGENT_STARTED};
static const enum mib_object columns[] = {LIMIT_METRIC, LIMIT_DIRECTION,  LIMIT_THRESHOLD, LIMIT_CLEAR,
                                          LIMIT_HITS,   LIMIT_CLEAR_HITS, LIMIT_SEVERITY,  LIMIT_STATE,
                                          LIMIT_VALUE,  LIMIT_SINCE,      LIMIT_STORAGE,   LIMIT_ROW_STATUS};

const struct fetch_spec limit_spec = {.scalars = scalars,
                                      .n_scalars = 1,
                                      .columns = columns,
                                      .n_columns = sizeof columns / sizeof columns[0],
                                      .rows_max = 1000,
                                      .rows_usual = 2};

static const char *decimal(const char *value, const char **out)
{
    double d;
    if (!num_decimal(value, strlen(value), &d))
        return "a decimal number";
    *out = value;
    return NULL;
}

static const char *hits(const char *value, int64_t *out)
{
    return num_i64(value, strlen(value), 1, 1000, out) ? NULL : "a number, 1 to 1000";
}

const char *limit_setting(struct limit_wanted *w, const char *name, const char *value)
{
    if (strcmp(name, "metric") == 0) {
        if (*value == '\0' || strlen(value) > 255)
            return "an identifier, a pattern, or sum() or count() of one";
        w->metric = value;
        return NULL;
    }
    if (strcmp(name, "above") == 0 || strcmp(name, "below") == 0) {
        w->direction = mib_value(LIMIT_DIRECTION, name);
        return decimal(value, &w->threshold);
    }
    if (strcmp(name, "clear") == 0)
        return decimal(value, &w->clear);
    if (strcmp(name, "hits") == 0)
        return hits(value, &w->hits);
    if (strcmp(name, "clear-hits") == 0)
        return hits(value, &w->clear_hits);
    if (strcmp(name, "severity") == 0) {
        w->severity = mib_value(LIMIT_SEVERITY, value);
        return w->severity != 0 ? NULL : "warning or failure";
    }
    return "metric, above, below, clear, hits, clear-hits or severity";
}

static double value_of(const char *s)
{
    double d = 0;
    num_decimal(s, strlen(s), &d);
    return d;
}

/* A new threshold takes the clear threshold along that was equal to it, or that would be beyond it. */
static bool clear_follows(const struct limit_wanted *w, const struct row *row)
{
    if (row == NULL || w->threshold == NULL || w->clear != NULL)
        return false;
    double clear = value_of(cell_text(row_cell(row, LIMIT_CLEAR))), to = value_of(w->threshold);
    int64_t direction = w->direction != 0 ? w->direction : cell_number(row_cell(row, LIMIT_DIRECTION), 0);
    bool above = direction == mib_value(LIMIT_DIRECTION, "above");
    return clear == value_of(cell_text(row_cell(row, LIMIT_THRESHOLD))) || (above ? clear > to : clear < to);
}

static size_t plan(struct job *job, struct assignment *out)
{
    const struct limit_wanted *w = job->wanted;
    const struct row *row = answer_row_named(&job->answer, TABLE_LIMIT, job->name);
    size_t n = 0;
    struct mib_index index = {0};
    mib_index_name(&index, job->name);
#define SET_TO(object_, ...)                                                                                 \
    out[n++] = (struct assignment)                                                                           \
    {                                                                                                        \
        .object = object_, .index = index, __VA_ARGS__                                                       \
    }
    if (w->destroy) {
        if (row == NULL) {
            job_end(job, EXIT_REFUSED, "no limit %s", job->name);
            return 0;
        }
        SET_TO(LIMIT_ROW_STATUS, .number = ROW_DESTROY);
        return n;
    }
    if (row == NULL && (w->metric == NULL || w->threshold == NULL)) {
        job_end(job, EXIT_REFUSED, "no limit %s yet: a new one needs a metric, and above or below",
                job->name);
        return 0;
    }
    if (w->metric != NULL)
        SET_TO(LIMIT_METRIC, .text = w->metric);
    if (w->direction != 0)
        SET_TO(LIMIT_DIRECTION, .number = w->direction);
    if (w->threshold != NULL)
        SET_TO(LIMIT_THRESHOLD, .text = w->threshold);
    if (w->clear != NULL || clear_follows(w, row))
        SET_TO(LIMIT_CLEAR, .text = w->clear != NULL ? w->clear : w->threshold);
    if (w->hits != 0)
        SET_TO(LIMIT_HITS, .number = w->hits);
    if (w->clear_hits != 0)
        SET_TO(LIMIT_CLEAR_HITS, .number = w->clear_hits);
    if (w->severity != 0)
        SET_TO(LIMIT_SEVERITY, .number = w->severity);
    if (row == NULL)
        SET_TO(LIMIT_ROW_STATUS, .number = ROW_CREATE_AND_GO);
#undef SET_TO
    return n;
}

const struct job_kind limit_job_kind = {.spec = &limit_spec, .plan = plan};
