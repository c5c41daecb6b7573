/* The settings: everything that an SNMP SET can change.
 *
 * One struct settings is immutable once posted, refcounted, and newer ones have greater generations. The
 * AgentX thread is the only writer: a SET PDU clones the current settings, changes the clone, has it stored
 * durably, and posts it. The loop is the reader: woken by the wake callback, it takes the newest
 * (settings_acquire) and acts on what differs from those that it saw last (a portal's admin, an eperf run id
 * …). A change that is undone before COMMIT is never posted.
 *
 * At start: settings_new, one settings_add_portal / settings_add_limit per section of the configuration, then
 * settings_load with the stored document (if there is one), then settings_hub_new. Strings: UTF-8, no control
 * bytes. */
#ifndef SCM_AGENT_SETTINGS_H
#define SCM_AGENT_SETTINGS_H

#include "agent/view.h"

/* The numbers of these enums are those of SCALEMON-MIB; enum portal_admin is in agent/portal.h. */
enum limit_direction { LIMIT_ABOVE = 1, LIMIT_BELOW = 2 };
enum limit_severity { LIMIT_WARNING = 1, LIMIT_FAILURE = 2 };
enum agent_admin { AGENT_RUNNING = 1, AGENT_MAINTENANCE = 2, AGENT_SHUTDOWN = 3 };
enum storage_type { STORAGE_VOLATILE = 2, STORAGE_NONVOLATILE = 3, STORAGE_PERMANENT = 4 };
enum row_status {
    ROW_ACTIVE = 1,
    ROW_NOT_IN_SERVICE = 2,
    ROW_NOT_READY = 3,
    ROW_CREATE_AND_GO = 4,   /* only as a verb of a SET */
    ROW_CREATE_AND_WAIT = 5, /* only as a verb of a SET */
    ROW_DESTROY = 6          /* only as a verb of a SET */
};

const char *agent_admin_name(enum agent_admin v);

/* A decimal as it was written, and its value. */
struct decimal {
    char text[SCM_DECIMAL_MAX + 1]; /* "" : not set */
    double v;
};

struct setting_portal {
    char name[SCM_NAME_MAX + 1];
    enum portal_admin admin;          /* the configuration's initial one until somebody said otherwise */
    char requester[SCM_TEXT_MAX + 1]; /* who said so, in their own words */
};

enum { LIMIT_HITS_MAX = 1000 };

/* A limit applies while status is ROW_ACTIVE; an active one has metric, direction and threshold. */
struct setting_limit {
    char name[SCM_NAME_MAX + 1];
    char metric[SCM_TEXT_MAX + 1];
    enum limit_direction direction; /* 0: not set yet */
    struct decimal threshold;
    struct decimal clear;      /* not set: as threshold; see limit_clear() */
    uint32_t hits, clear_hits; /* 1 … LIMIT_HITS_MAX */
    enum limit_severity severity;
    enum storage_type storage; /* STORAGE_PERMANENT: as the configuration has it, and not deletable */
    enum row_status status;    /* ROW_ACTIVE, ROW_NOT_IN_SERVICE or ROW_NOT_READY */
    bool in_config;            /* the configuration has a limit of this name */
};

/* The last run that was asked for by SNMP. */
struct setting_eperf {
    char name[SCM_NAME_MAX + 1];
    uint32_t run; /* a new value names and starts a run */
};

struct settings {
    uint64_t generation; /* 1 for the first; one more for each that is posted */
    enum agent_admin admin;
    bool notifications_enabled;
    uint32_t set_lock;                        /* TestAndIncr: 0 … 2147483647 */
    char host_interface[SCM_IF_NAME_MAX + 1]; /* "": the default route's */
    struct setting_portal *portals;
    struct setting_limit *limits;
    struct setting_eperf *eperfs;
    size_t n_portals, n_limits, n_eperfs; /* each array sorted by name_cmp */
};

/* ---- building; before the threads start, or on a clone that nobody else has ---- */

/* Empty settings: running, notifications enabled, or NULL (out of memory). host_interface: the
 * configuration's, or "". */
struct settings *settings_new(const char *host_interface);

/* false: the name is taken, empty or too long, or out of memory. A limit's name, metric … threshold must be
 * set; zeros elsewhere mean the DEFVALs of the MIB. It becomes permanent and in_config; status ROW_ACTIVE or
 * ROW_NOT_IN_SERVICE. */
bool settings_add_portal(struct settings *s, const char *name, enum portal_admin initial);
bool settings_add_limit(struct settings *s, const struct setting_limit *limit);

/* Applies a stored document: admin state (shutdown becomes running), locks, portals that the configuration
 * still has, limits made by SNMP, overrides of the configuration's. Returns false, why in err, and *s
 * unchanged where the document is not one of ours; single rows that are no longer valid are left out and
 * counted in *skipped. */
bool settings_load(struct settings *s, const char *json, size_t len, unsigned *skipped, char *err,
                   size_t err_size);

/* The document to store: malloc'd JSON, or NULL (out of memory). Volatile rows are left out. */
char *settings_dump(const struct settings *s, size_t *len);

/* For the setters of a SET and for loading; on a draft alone. NULL or false: no such row, taken, or out of
 * memory. */
struct setting_portal *settings_portal_edit(struct settings *s, const char *name);
struct setting_limit *settings_limit_edit(struct settings *s, const char *name);
/* A row with the DEFVALs, ROW_NOT_READY. */
struct setting_limit *settings_limit_new(struct settings *s, const char *name);
/* A row of the configuration is not deleted but reverts to it. */
void settings_limit_delete(struct settings *s, const char *name);
bool settings_eperf_run(struct settings *s, const char *name, uint32_t run);
/* false: not a decimal; *d unchanged. */
bool decimal_set(struct decimal *d, const char *text, size_t len);

/* ---- reading; NULL: there is none ---- */
const struct setting_portal *settings_portal(const struct settings *s, const char *name);
const struct setting_limit *settings_limit(const struct settings *s, const char *name);
const struct setting_eperf *settings_eperf(const struct settings *s, const char *name);
bool settings_silent(const struct settings *s); /* no notifications: maintenance, or scmNotificationsEnabled false */
/* As the configuration has it. */
const struct setting_limit *settings_limit_base(const struct settings *s, const char *name);
const char *settings_base_interface(const struct settings *s);
/* Has all it needs, and clear on the near side of threshold. */
bool limit_ready(const struct setting_limit *limit);
/* Its clear, or if that is not set its threshold. */
const struct decimal *limit_clear(const struct setting_limit *limit);
/* In all but the generation. */
bool settings_equal(const struct settings *a, const struct settings *b);

/* ---- sharing; any thread ---- */
struct settings *settings_clone(const struct settings *s); /* private copy with one reference, or NULL */
void settings_release(const struct settings *s);           /* NULL is fine; the last one out frees */

struct settings_hub;
/* Takes over first. wake(ctx) is called, from the AgentX thread, after each post (write to an eventfd, for
 * instance). NULL: out of memory (first is then still the caller's). */
struct settings_hub *settings_hub_new(struct settings *first, void (*wake)(void *ctx), void *ctx);
void settings_hub_free(struct settings_hub *hub);
const struct settings *settings_acquire(struct settings_hub *hub); /* never NULL; to be given back */
/* Takes over newer; returns the generation that it gave it. Cannot fail. AgentX thread. */
uint64_t settings_post(struct settings_hub *hub, struct settings *newer);

#endif
