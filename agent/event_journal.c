/* The journal of the log: a record {"d": INDEX} for each notification that was delivered, one of event_dump() for each event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/event_inner.h"
#include "agent/store.h"
#include "agent/store_file.h"

enum { JOURNAL_RECORDS = 3 * EVENT_RING /* then it is written anew */ };

struct text {
    char *buf;
    size_t len, cap;
    bool failed;
};

static void text_add(struct text *t, const char *record)
{
    size_t n = strlen(record);

    if (!t->failed && t->cap - t->len < n + 16) {
        size_t want = 2 * (t->cap + n + 16);
        char *p = realloc(t->buf, want);
        if (p) {
            t->buf = p;
            t->cap = want;
        }
    }
    if (t->failed || !store_record(t->buf, t->cap, &t->len, record, n))
        t->failed = true;
}

static void text_event(struct text *t, const struct scm_event *e, bool waits)
{
    if (!e->record)
        return; /* there was no memory for it; the journal never had it */
    text_add(t, e->record);
    if (e->notify && !waits) {
        char ack[32];
        snprintf(ack, sizeof ack, "{\"d\":%u}", e->index);
        text_add(t, ack);
    }
}

/* Writes the journal anew: what is in the ring, and what waits without being there any more. The loop waits meanwhile, so events keep
 * their records: to make all of them again takes ten times as long. */
static void rewrite(struct event_log *log)
{
    struct text t = {0};
    size_t records = 0, w = 0;
    uint32_t oldest = log->n ? log->ring[log->first]->index : 0;

    for (; w < log->n_waiting && log->waiting[w].event->index < oldest; w++, records++)
        text_event(&t, log->waiting[w].event, true);
    for (size_t i = 0; i < log->n; i++, records++) {
        const struct scm_event *e = log->ring[(log->first + i) % EVENT_RING];
        bool waits = w < log->n_waiting && log->waiting[w].event->index == e->index;
        w += waits;
        text_event(&t, e, waits);
    }
    if (t.failed) {
        free(t.buf); /* no memory: later */
        return;
    }
    log->records = records;
    store_journal_replace(log->store, t.buf, t.len);
}

uint64_t event_journal(struct event_log *log, const char *record)
{
    if (!log->journal || !record)
        return 0;
    uint64_t ticket = store_journal_append(log->store, record, strlen(record));
    if (++log->records > JOURNAL_RECORDS)
        rewrite(log);
    return ticket;
}
