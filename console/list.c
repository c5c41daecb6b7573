#include "console/list.h"

#include <stdlib.h>
#include <string.h>

#include "console/ask.h"

enum { LIST_COLUMNS_MAX = 20 };

int fleet_start(struct fleet *fleet, const struct globals *globals, char **words, int n)
{
    int status = fleet_open(fleet, globals);
    if (status != EXIT_WELL)
        return status;
    status = fleet_add(fleet, words, n);
    if (status != EXIT_WELL)
        fleet_close(fleet);
    return status;
}

static void print_cell(struct out *o, const struct list_column *column, const struct cell *c)
{
    char buf[SHOW_MAX];
    if (c->kind != CELL_NUMBER || column->show == NULL)
        out_mib(o, column->object, c);
    else
        out_cell(o, json_integer(c->number * (column->factor != 0 ? column->factor : 1)),
                 column->show(buf, c->number));
}

static void print_host(struct out *o, const struct list *list, const struct host *h, const struct answer *a)
{
    const struct rows *rows = &a->tables[list->table];
    if (list->table == TABLE_NONE) {
        out_text(o, host_name(h));
        for (size_t k = 0; k < list->n; k++)
            print_cell(o, &list->columns[k], answer_scalar(a, list->columns[k].object));
        return;
    }
    for (size_t i = 0; i < rows->n; i++) {
        out_text(o, host_name(h));
        out_text(o, rows->row[i].index.name);
        for (size_t k = 0; k < list->n; k++)
            print_cell(o, &list->columns[k], row_cell(&rows->row[i], list->columns[k].object));
    }
}

static int print_list(const struct list *list, struct fleet *fleet, enum out_format format,
                      const struct answer *answers)
{
    struct out_column columns[LIST_COLUMNS_MAX] = {
        {"HOST", "host", false}
    };
    size_t n = 1;
    if (list->table != TABLE_NONE)
        columns[n++] = (struct out_column){list->row_title, list->row_key, false};
    for (size_t k = 0; k < list->n && n < LIST_COLUMNS_MAX; k++)
        columns[n++] = (struct out_column){list->columns[k].title, mib_def(list->columns[k].object)->key,
                                           list->columns[k].right};
    struct out *o = out_open(stdout, format, columns, n, false);
    for (size_t i = 0; o != NULL && i < fleet->n; i++)
        if (host_state(fleet->hosts[i]) == HOST_UP)
            print_host(o, list, fleet->hosts[i], &answers[i]);
    return out_close(o) ? EXIT_WELL : EXIT_FAILED;
}

int list_run(const struct list *list, const struct globals *globals, enum out_format format, char **words,
             int n)
{
    struct fleet fleet;
    int status = fleet_start(&fleet, globals, words, n);
    if (status != EXIT_WELL)
        return status;
    struct answer *answers = answers_new(fleet.n);
    if (answers == NULL) {
        fleet_close(&fleet);
        return EXIT_FAILED;
    }
    ask_all(&fleet, list->spec, answers);
    status = print_list(list, &fleet, format, answers);
    answers_free(answers, fleet.n);
    status = worse(status, tell_down(&fleet));
    fleet_close(&fleet);
    return status;
}

/* ---- jobs */

static const char *result_word(enum exit_status status)
{
    switch (status) {
    case EXIT_WELL:
        return "ok";
    case EXIT_REFUSED:
        return "refused";
    case EXIT_USAGE:
        return "usage";
    case EXIT_FAILED:
        return "failed";
    case EXIT_NO_ANSWER:
        return "no answer";
    case EXIT_BAD_AGENT:
        return "bad agent";
    }
    return "?";
}

bool jobs_print(const struct job *jobs, size_t n, enum out_format format)
{
    static const struct out_column columns[] = {
        {"HOST",    "host",    false},
        {"NAME",    "name",    false},
        {"RESULT",  "result",  false},
        {"SECONDS", "seconds", true },
        {"",        "text",    false},
    };
    struct out *o = out_open(stdout, format, columns, sizeof columns / sizeof columns[0], false);
    for (size_t i = 0; o != NULL && i < n; i++) {
        const struct job *job = &jobs[i];
        char seconds[SHOW_MAX];
        double took = (double)(job->ended - job->started) / 1000;
        snprintf(seconds, sizeof seconds, "%.1f", took);
        out_text(o, host_name(job->host));
        out_text(o, job->name);
        out_text(o, result_word(job->status));
        out_cell(o, json_real(took), seconds);
        out_text(o, job->text);
    }
    return out_close(o);
}

struct job *jobs_new(const struct fleet *fleet, const struct job_kind *kind, const char *name,
                     const void *wanted, int timeout)
{
    struct job *jobs = calloc(fleet->n > 0 ? fleet->n : 1, sizeof *jobs);
    for (size_t i = 0; jobs != NULL && i < fleet->n; i++) {
        jobs[i].kind = kind;
        jobs[i].host = fleet->hosts[i];
        jobs[i].name = name;
        jobs[i].wanted = wanted;
        jobs[i].timeout = timeout;
    }
    if (jobs == NULL)
        fputs("scalemon: out of memory\n", stderr);
    return jobs;
}

void jobs_free(struct job *jobs, size_t n)
{
    for (size_t i = 0; jobs != NULL && i < n; i++)
        job_clear(&jobs[i]);
    free(jobs);
}

int jobs_verb(const struct globals *globals, const struct job_kind *kind, const char *name,
              const void *wanted, int timeout, enum out_format format, char **words, int n)
{
    struct fleet fleet;
    int status = fleet_start(&fleet, globals, words, n);
    if (status != EXIT_WELL)
        return status;
    struct job *jobs = jobs_new(&fleet, kind, name, wanted, timeout);
    status = jobs != NULL ? jobs_run(fleet.poller, jobs, fleet.n, 0) : EXIT_FAILED;
    if (jobs != NULL && !jobs_print(jobs, fleet.n, format))
        status = worse(status, EXIT_FAILED);
    jobs_free(jobs, fleet.n);
    fleet_close(&fleet);
    return status;
}
