#include <stdlib.h>
#include <string.h>

#include "console/top.h"

enum { BACKOFF_MAX_MS = 15000 };

static void on_answer(struct host *h, enum host_state state, void *arg);

static void ask(void *arg)
{
    struct top_row *row = arg;
    if (host_busy(row->host)) /* a job, or the event pane */
        poller_after(host_poller(row->host), 20, ask, row);
    else
        host_fetch(row->host, &row->spec, &row->answer, on_answer, row);
}

static void remember(struct top_row *row)
{
    static const enum mib_object objects[SPARKS] = {LOAD1, HOST_IN_RATE, HOST_OUT_RATE};
    if (row->n_history == HISTORY) {
        row->n_history--;
        for (int k = 0; k < SPARKS; k++)
            memmove(row->history[k], row->history[k] + 1, (HISTORY - 1) * sizeof row->history[k][0]);
    }
    for (int k = 0; k < SPARKS; k++)
        row->history[k][row->n_history] = (float)cell_number(answer_scalar(&row->answer, objects[k]), 0);
    row->n_history++;
}

static void on_answer(struct host *h, enum host_state state, void *arg)
{
    struct top_row *row = arg;
    unsigned failures = host_failures(h);
    int delay = row->top->interval << (failures < 4 ? failures : 4);
    summarise(&row->summary, state, &row->answer);
    if (state == HOST_UP) {
        size_t portals = row->answer.tables[TABLE_PORTAL].n, limits = row->answer.tables[TABLE_LIMIT].n;
        row->spec.rows_usual = portals > limits ? portals : limits;
        remember(row);
    } else {
        answer_clear(&row->answer); /* old values are no values */
    }
    row->top->dirty = true;
    if (delay > BACKOFF_MAX_MS)
        delay = row->top->interval > BACKOFF_MAX_MS ? row->top->interval : BACKOFF_MAX_MS;
    poller_after(host_poller(h), delay, ask, row); /* of a dropped host too: the key R forgives it */
}

bool model_start(struct top *top)
{
    top->n = top->fleet->n;
    top->rows = calloc(top->n, sizeof *top->rows);
    top->shown = calloc(top->n, sizeof(struct top_row *));
    if (top->rows == NULL || top->shown == NULL)
        return false;
    for (size_t i = 0; i < top->n; i++) {
        struct top_row *row = &top->rows[i];
        row->top = top;
        row->host = top->fleet->hosts[i];
        row->spec = summary_spec;
        summarise(&row->summary, HOST_NEW, &row->answer);
        ask(row);
    }
    model_arrange(top);
    return true;
}

void model_free(struct top *top)
{
    for (size_t i = 0; top->rows != NULL && i < top->n; i++) {
        answer_clear(&top->rows[i].answer);
        tail_free(top->rows[i].tail);
    }
    for (size_t i = 0; i < TOP_JOBS; i++)
        job_clear(&top->jobs[i].job);
    answer_clear(&top->limits.answer);
    answer_clear(&top->limits.shown);
    free(top->rows);
    free(top->shown);
}

/* ---- order */

static double by_health(const struct top_row *row)
{
    return row->summary.health;
}

static double by_load(const struct top_row *row)
{
    return (double)cell_number(answer_scalar(&row->answer, LOAD1), -1);
}

static double by_memory(const struct top_row *row)
{
    double total = (double)cell_number(answer_scalar(&row->answer, MEM_TOTAL), 0);
    return total > 0 ? (double)cell_number(answer_scalar(&row->answer, MEM_USED), 0) / total : -1;
}

static double by_in(const struct top_row *row)
{
    return (double)cell_number(answer_scalar(&row->answer, HOST_IN_RATE), -1);
}

static double by_out(const struct top_row *row)
{
    return (double)cell_number(answer_scalar(&row->answer, HOST_OUT_RATE), -1);
}

/* The greatest comes first; by name the other way round. */
static const struct sort_key {
    const char *name;
    double (*key)(const struct top_row *);
} sort_keys[] = {
    {"host",   NULL     },
    {"state",  by_health},
    {"load",   by_load  },
    {"memory", by_memory},
    {"in",     by_in    },
    {"out",    by_out   },
};

const char *model_sort_name(const struct top *top)
{
    return sort_keys[top->sort].name;
}

void model_sort_next(struct top *top)
{
    top->sort = (top->sort + 1) % (sizeof sort_keys / sizeof sort_keys[0]);
}

static int compare(const void *a, const void *b)
{
    const struct top_row *x = *(struct top_row *const *)a, *y = *(struct top_row *const *)b;
    const struct sort_key *key = &sort_keys[x->top->sort];
    int c = 0;
    if (key->key != NULL) {
        double k = key->key(x), l = key->key(y);
        c = k > l ? -1 : k < l;
    }
    if (c == 0)
        c = strcmp(host_name(x->host), host_name(y->host));
    return x->top->reverse ? -c : c;
}

static bool matches(const struct top_row *row, const char *filter)
{
    return *filter == '\0' || strcasestr(host_name(row->host), filter) != NULL ||
           strcasestr(row->summary.state, filter) != NULL ||
           strcasestr(row->summary.portal_words, filter) != NULL ||
           strcasestr(row->summary.alarm_words, filter) != NULL;
}

static size_t place(const struct top *top)
{
    for (size_t i = 0; i < top->n_shown; i++)
        if (top->shown[i] == top->selected)
            return i;
    return 0;
}

void model_arrange(struct top *top)
{
    top->n_shown = 0;
    for (size_t i = 0; i < top->n; i++)
        if (matches(&top->rows[i], top->filter))
            top->shown[top->n_shown++] = &top->rows[i];
    if (top->n_shown > 0)
        qsort(top->shown, top->n_shown, sizeof(struct top_row *), compare);
    top->selected = top->n_shown > 0 ? top->shown[place(top)] : NULL;
}

void model_select(struct top *top, long by)
{
    long at = (long)place(top) + by, last = (long)top->n_shown - 1;
    if (last < 0)
        return;
    top->selected = top->shown[at < 0 ? 0 : at > last ? last : at];
}
