/* What event.c, event_log.c and event_journal.c share. Nobody else includes this. */
#ifndef SCM_AGENT_EVENT_INNER_H
#define SCM_AGENT_EVENT_INNER_H

#include <jansson.h>
#include <pthread.h>

#include "agent/event.h"

/* A copy in one block, its strings cut and clean, with one reference; NULL: no memory. */
struct scm_event *event_copy(const struct scm_event *draft);
/* Malloced JSON on one line, or NULL. */
char *event_dump(const struct scm_event *e);
/* The other way round; NULL: not an event, or no memory. */
struct scm_event *event_load(json_t *o);

/* A notification that nobody has answered yet. */
struct waiting {
    const struct scm_event *event;
    uint64_t ticket; /* of its journal record; 0: on disk */
};

struct event_log {
    pthread_mutex_t lock;
    struct store *store;
    bool journal; /* the store takes records */
    const struct scm_event *ring[EVENT_RING];
    size_t first, n;
    struct waiting *waiting; /* by index, oldest first; room for EVENT_RING */
    size_t n_waiting;
    struct event_list *list; /* of the ring as it is, or NULL */
    uint32_t next_index, sent, suppressed;
    size_t records;          /* in the journal */
    uint64_t tried;       /* tickets up to this one were tried: told even if the disk fails */
    bool silent;
    void (*on_append)(void *arg, const struct scm_event *e);
    void *on_append_arg;
    void (*on_deliverable)(void *arg);
    void *on_deliverable_arg;
};

/* event_journal.c, with the lock: appends a record (NULL: no memory) and now and then writes the whole journal anew. Returns the
 * record's ticket, 0 if there is no journal. */
uint64_t event_journal(struct event_log *log, const char *record);

#endif
