#include "console/summary.h"

#include <stdio.h>
#include <string.h>

static const enum mib_object scalars[] = {AGENT_STARTED, AGENT_ADMIN, FEED_STATUS,  LOAD1,        CPU_COUNT,
                                          MEM_TOTAL,     MEM_USED,    HOST_IN_RATE, HOST_OUT_RATE};
static const enum mib_object columns[] = {PORTAL_ADMIN, PORTAL_OPER, LIMIT_SEVERITY, LIMIT_STATE};

const struct fetch_spec summary_spec = {
    .scalars = scalars,
    .n_scalars = sizeof scalars / sizeof scalars[0],
    .columns = columns,
    .n_columns = sizeof columns / sizeof columns[0],
    .rows_max = 256,
    .rows_usual = 2,
};

/* Adds the word a-between-b to words, cut where they are full. */
static void append(char words[SUMMARY_WORDS_MAX], const char *a, const char *between, const char *b)
{
    size_t len = strlen(words);
    if (len > 0 && len + 1 < SUMMARY_WORDS_MAX)
        words[len++] = ' ';
    if (len + 1 < SUMMARY_WORDS_MAX)
        snprintf(words + len, SUMMARY_WORDS_MAX - len, "%s%s%s", a, between, b);
}

static void worsen(struct summary *s, enum health health)
{
    if (health > s->health)
        s->health = health;
}

static void take_portals(struct summary *s, const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *row = &rows->row[i];
        int64_t oper = cell_number(row_cell(row, PORTAL_OPER), OPER_UNKNOWN);
        const char *label = mib_label(PORTAL_OPER, oper);
        append(s->portal_words, row->index.name, ":", label != NULL ? label : "?");
        s->portals++;
        s->running += oper == OPER_ON;
        snprintf(s->portal_brief, sizeof s->portal_brief, "%s", label != NULL ? label : "?");
        if (oper == OPER_FAILED)
            worsen(s, HEALTH_FAILURE);
        else if (oper == OPER_BACKOFF || oper == OPER_UNKNOWN)
            worsen(s, HEALTH_WARNING);
    }
    if (s->portals > 1)
        snprintf(s->portal_brief, sizeof s->portal_brief, "%u/%u on", s->running, s->portals);
}

static void take_limits(struct summary *s, const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *row = &rows->row[i];
        bool failure = cell_number(row_cell(row, LIMIT_SEVERITY), SEVERITY_WARNING) == SEVERITY_FAILURE;
        if (cell_number(row_cell(row, LIMIT_STATE), LIMIT_UNKNOWN) != LIMIT_EXCEEDED)
            continue;
        append(s->alarm_words, row->index.name, failure ? "!" : "", "");
        s->exceeded++;
        worsen(s, failure ? HEALTH_FAILURE : HEALTH_WARNING);
    }
    if (s->exceeded > 0)
        snprintf(s->alarm_brief, sizeof s->alarm_brief, "%u limits", s->exceeded);
}

void summarise(struct summary *s, enum host_state state, const struct answer *answer)
{
    memset(s, 0, sizeof *s);
    s->state = host_state_name(state);
    if (state != HOST_UP) {
        s->health = state == HOST_NEW ? HEALTH_WELL : HEALTH_DOWN;
        return;
    }
    if (cell_number(answer_scalar(answer, FEED_STATUS), FEED_UP) == FEED_DOWN) {
        s->state = "feed down";
        s->health = HEALTH_WARNING;
    }
    if (cell_number(answer_scalar(answer, AGENT_ADMIN), 1) != 1) {
        const char *label = mib_label(AGENT_ADMIN, answer_scalar(answer, AGENT_ADMIN)->number);
        s->state = label != NULL ? label : "?";
    }
    take_portals(s, &answer->tables[TABLE_PORTAL]);
    take_limits(s, &answer->tables[TABLE_LIMIT]);
}
