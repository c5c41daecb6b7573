/* Events: every transition that an operator may ask about, numbered for ever, kept in a ring of the last 4096, written
 * to a journal by the store, and, where type and settings say so, delivered as SNMP notifications.
 *
 * Threads: the loop appends; the agentx thread takes what is undelivered and acknowledges it; the store's thread marks
 * what is on disk. All functions are thread-safe (one mutex inside, held for microseconds, never over I/O).
 * Events are immutable and reference-counted. */
#ifndef SCM_AGENT_EVENT_H
#define SCM_AGENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum { EVENT_RING = 4096, EVENT_TEXT_MAX = 255 };

/* The first six are notifications of SCALEMON-MIB, in the order of their arcs under R.0. The numbers are on disk: append. */
enum event_type {
    EVENT_PORTAL_CHANGE = 1,
    EVENT_LIMIT_EXCEEDED = 2,
    EVENT_LIMIT_CLEARED = 3,
    EVENT_EPERF_FAILED = 4,
    EVENT_FEED_CHANGE = 5,
    EVENT_AGENT_CHANGE = 6,
    EVENT_LIMIT_UNKNOWN = 7, /* a limit's metric went unknown, is unknown for long, or is known again; in the ring only */
    EVENT_STORE = 8,         /* a damaged or newer file was found, or writing failed; in the ring only */
};
enum { EVENT_TYPE_LAST = EVENT_STORE };

/* "portalChange", "limitExceeded" …: what scmEventType shows. NULL for a number that is no type. */
const char *event_type_name(enum event_type type);

enum event_severity { EVENT_OKAY = 1, EVENT_WARNING = 2, EVENT_FAILURE = 3 };

/* Strings are never NULL in an event of the log ("" instead); in a draft for event_append they may be. */
struct scm_event { /* not `struct event': that tag is libevent's */
    unsigned refs;      /* atomic; event.c's own */
    char *record;       /* as it stands in the journal, or NULL; the log's own */
    uint32_t index;     /* 1.., set by event_append */
    int64_t time_ms;    /* wall clock, ms since 1970, set by event_append */
    enum event_type type;
    enum event_severity severity;
    bool notify;        /* to be sent as SNMP notification (types 1..6 only); false: ring and collectd only */
    const char *object; /* portal's, limit's or test's name; "feed", "agent", "store" */
    const char *old_state, *new_state; /* as the MIB's enumerations name them: "off", "exceeded", "up" */
    const char *value;  /* decimal or "" */
    const char *text;   /* one line for people, at most EVENT_TEXT_MAX bytes */

    /* What the notification's varbinds need besides, as it was at the time (the row may be gone when it is sent). */
    const char *metric;    /* limit: the identifier that matched, "host/plugin/type:ds" */
    const char *host;      /* limit: the host the value came from, "" for sum() and count() */
    const char *threshold; /* limit: decimal */
    const char *requester; /* portal, agent: who asked, "" if nobody did */
    int64_t since_ms;      /* limit: when the present state began, wall clock */
    int32_t code;          /* portal: last exit code; limit: severity 1 warning 2 failure; else 0 */
    int32_t state;         /* the new state as the MIB's number: scmPortalOperStatus, scmLimitState, scmFeedStatus … */
    int32_t admin;         /* portal: scmPortalAdminStatus as number; else 0 */
};

void event_ref(const struct scm_event *e);
void event_unref(const struct scm_event *e); /* NULL is allowed */

struct event_log;

/* An empty log; store may be NULL (tests: nothing is written, everything counts as on disk at once). Reads the journal
 * through the store: ring, sequence and undelivered notifications continue. Never fails for a bad journal: what cannot be
 * read is set aside, and an EVENT_STORE says so. NULL only when memory is out. */
struct event_log *event_log_open(struct store *store);
void event_log_close(struct event_log *log); /* after store_close: the store's thread reports here until then */
/* The index of the next event. Who stores a state with it knows after a crash which events are younger than that state. */
uint32_t event_log_next(struct event_log *log);

/* Appends a copy of *draft (its index and time_ms are ignored) and returns it with a reference for the caller, or NULL when
 * memory is out. Never blocks. Oldest events fall out of the ring; more than EVENT_RING undelivered notifications lose the
 * oldest, which is counted. */
const struct scm_event *event_append(struct event_log *log, const struct scm_event *draft, int64_t wall_ms);

/* Called on the loop for each appended event (collectd's PUTNOTIF hangs here), inside event_append. */
void event_log_on_append(struct event_log *log, void (*fn)(void *arg, const struct scm_event *e), void *arg);
/* Called from any thread when there may be something new for event_next_undelivered: poke the agentx thread's eventfd. */
void event_log_on_deliverable(struct event_log *log, void (*fn)(void *arg), void *arg);

/* The ring as an immutable array, ascending by index, for a view: the same object while nothing was appended. */
struct event_list {
    unsigned refs; /* atomic */
    size_t n;      /* 0..EVENT_RING */
    const struct scm_event *events[];
};
struct event_list *event_log_list(struct event_log *log); /* with a reference for the caller; NULL when memory is out */
struct event_list *event_list_ref(struct event_list *l);
void event_list_unref(struct event_list *l); /* NULL is allowed; the last one out lets the events go */

/* The oldest undelivered notification with index > after, with a reference, or NULL. Only what is on disk is handed out (or
 * what could not be written because the disk fails: better told than kept), so an index never means two things. */
const struct scm_event *event_next_undelivered(struct event_log *log, uint32_t after);
/* The notification with this index was answered: it will not be handed out again (over a crash it may be). */
void event_delivered(struct event_log *log, uint32_t index);

/* While silent (maintenance, scmNotificationsEnabled false) events are appended with notify off, and counted as suppressed. */
void event_log_silence(struct event_log *log, bool silent);
/* Transitions that were kept out of the log altogether (flapping limits). */
void event_log_count_suppressed(struct event_log *log, uint32_t n);
uint32_t event_log_sent(struct event_log *log);       /* delivered since start: scmNotificationsSent */
uint32_t event_log_suppressed(struct event_log *log); /* silenced, flapping, or lost because EVENT_RING were waiting */

#endif
