#include "console/tail.h"

#include <stdlib.h>
#include <string.h>

enum { RING = 4096, CHUNK = 400, BACKOFF_MAX_MS = 5000 };

/* The last RING events that were told, by index modulo a power of two: their indexes stand close together. */
struct seen {
    size_t room;
    struct key {
        uint32_t index; /* 0: free */
        uint32_t time;  /* deciseconds, as DateAndTime has them; the low 32 bits are plenty */
    } * keys;
};

struct tail {
    struct host *host;
    const struct tail_calls *calls;
    void *arg;
    enum { PRIMING, FOLLOWING, CHECKING } phase;
    struct fetch_spec spec; /* of the fetch under way */
    struct answer answer;
    struct seen *seen;
    uint32_t last;   /* index of the newest event told */
    int64_t started; /* scmAgentStarted of the agent that `last` is from; -1: none yet */
    size_t old;
    int interval;
    bool polling; /* a question is under way, or a timer waits for the next */
    enum host_state state;
};

static const enum mib_object scalars[] = {AGENT_STARTED};
static const enum mib_object times[] = {EVENT_TIME};
static const enum mib_object columns[] = {EVENT_TIME,      EVENT_TYPE,  EVENT_OBJECT, EVENT_OLD_STATE,
                                          EVENT_NEW_STATE, EVENT_VALUE, EVENT_TEXT};

/* ---- what was seen */

struct seen *seen_new(void)
{
    return calloc(1, sizeof(struct seen));
}

void seen_free(struct seen *s)
{
    if (s != NULL)
        free(s->keys);
    free(s);
}

static bool grow(struct seen *s)
{
    size_t room = s->room == 0 ? 16 : s->room * 2;
    struct key *keys = calloc(room, sizeof *keys);
    if (keys == NULL)
        return false;
    for (size_t i = 0; i < s->room; i++)
        if (s->keys[i].index != 0)
            keys[s->keys[i].index % room] = s->keys[i];
    free(s->keys);
    s->keys = keys;
    s->room = room;
    return true;
}

bool seen_add(struct seen *s, uint32_t index, int64_t time)
{
    while (s->room == 0 || (s->keys[index % s->room].index != 0 && s->room < RING))
        if (!grow(s))
            return false;
    s->keys[index % s->room] = (struct key){.index = index, .time = (uint32_t)(time / 100)};
    return true;
}

static bool was_seen(const struct seen *s, uint32_t index, int64_t time)
{
    const struct key *k = s->room > 0 ? &s->keys[index % s->room] : NULL;
    return k != NULL && k->index == index && k->time == (uint32_t)(time / 100);
}

uint32_t seen_resume(const struct seen *s, const struct rows *ring)
{
    for (size_t i = 0; i < ring->n; i++)
        if (!was_seen(s, ring->row[i].index.number, cell_number(row_cell(&ring->row[i], EVENT_TIME), 0)))
            return ring->row[i].index.number - 1;
    return ring->n > 0 ? ring->row[ring->n - 1].index.number : 0;
}

/* ---- the tail */

struct tail *tail_new(struct host *host, const struct tail_calls *calls, void *arg)
{
    struct tail *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->host = host;
    t->calls = calls;
    t->arg = arg;
    t->started = -1;
    t->seen = seen_new();
    if (t->seen == NULL) {
        free(t);
        return NULL;
    }
    return t;
}

void tail_free(struct tail *t)
{
    if (t == NULL)
        return;
    answer_clear(&t->answer);
    seen_free(t->seen);
    free(t);
}

struct host *tail_host(const struct tail *t)
{
    return t->host;
}

static void on_answer(struct host *h, enum host_state state, void *arg);

static void ask(void *arg)
{
    struct tail *t = arg;
    bool following = t->phase == FOLLOWING;
    if (host_busy(t->host)) { /* top asks this host too */
        poller_after(host_poller(t->host), 50, ask, t);
        return;
    }
    t->spec = (struct fetch_spec){.scalars = scalars,
                                  .n_scalars = 1,
                                  .columns = following ? columns : times,
                                  .n_columns = following ? sizeof columns / sizeof columns[0] : 1,
                                  .rows_max = following ? CHUNK : RING + CHUNK,
                                  .rows_usual = following ? (t->old > 0 ? 8 : 1) : RING,
                                  .after = following ? t->last : 0};
    host_fetch(t->host, &t->spec, &t->answer, on_answer, t);
}

static void ask_later(struct tail *t)
{
    unsigned failures = host_failures(t->host);
    int delay = t->interval << (failures < 3 ? failures : 3);
    t->polling = t->interval > 0 && host_state(t->host) != HOST_BAD;
    if (!t->polling)
        return;
    if (delay > BACKOFF_MAX_MS && delay > t->interval)
        delay = t->interval > BACKOFF_MAX_MS ? t->interval : BACKOFF_MAX_MS;
    poller_after(host_poller(t->host), delay, ask, t);
}

/* All but the newest `old` count as told. */
static void primed(struct tail *t)
{
    const struct rows *ring = &t->answer.tables[TABLE_EVENT];
    size_t skip = ring->n > t->old ? ring->n - t->old : 0;
    for (size_t i = 0; i < skip; i++)
        seen_add(t->seen, ring->row[i].index.number, cell_number(row_cell(&ring->row[i], EVENT_TIME), 0));
    t->last = ring->n == 0 ? 0 : skip > 0 ? ring->row[skip - 1].index.number : ring->row[0].index.number - 1;
}

/* An event that happened while the answer was made stands in its later columns only: it is told next time,
 * whole. */
static size_t whole_rows(const struct rows *rows)
{
    size_t n = rows->n;
    while (n > 0 && (row_cell(&rows->row[n - 1], EVENT_TIME)->kind == CELL_ABSENT ||
                     row_cell(&rows->row[n - 1], EVENT_TEXT)->kind == CELL_ABSENT))
        n--;
    return n;
}

static void tell(struct tail *t)
{
    const struct rows *rows = &t->answer.tables[TABLE_EVENT];
    size_t n = whole_rows(rows);
    for (size_t i = 0; i < n; i++) {
        const struct row *row = &rows->row[i];
        uint32_t index = row->index.number;
        if (t->last + 1 < index)
            t->calls->lost(t, index - t->last - 1, t->arg);
        seen_add(t->seen, index, cell_number(row_cell(row, EVENT_TIME), 0));
        t->last = index;
        t->calls->event(t, row, t->arg);
    }
}

/* The ring of an agent that was started anew. */
static void checked(struct tail *t)
{
    const struct rows *ring = &t->answer.tables[TABLE_EVENT];
    uint32_t resume = seen_resume(t->seen, ring);
    bool overrun = ring->n > 0 && resume + 1 == ring->row[0].index.number && resume > t->last;
    if (!overrun) /* else tell() counts what fell out */
        t->last = resume;
}

static void on_answer(struct host *h, enum host_state state, void *arg)
{
    struct tail *t = arg;
    int64_t started = cell_number(answer_scalar(&t->answer, AGENT_STARTED), -1);
    bool again = false;
    if (state != t->state && t->calls->state != NULL)
        t->calls->state(t, state, t->arg);
    t->state = state;
    if (state != HOST_UP) {
        ask_later(t);
        return;
    }
    if (t->phase == FOLLOWING && started != t->started) {
        t->phase = CHECKING; /* nothing of this answer is told: its numbers may mean something else */
        again = true;
    } else if (t->phase == FOLLOWING) {
        tell(t);
        again = t->answer.tables[TABLE_EVENT].n >= CHUNK;
    } else {
        if (t->phase == PRIMING)
            primed(t);
        else
            checked(t);
        t->phase = FOLLOWING;
        t->started = started;
        again = true;
    }
    if (again) {
        ask(t);
        return;
    }
    t->old = 0;
    ask_later(t);
}

void tail_start(struct tail *t, size_t old, int interval)
{
    t->old = old;
    t->interval = interval;
    if (!t->polling)
        ask(t);
    t->polling = true;
}
