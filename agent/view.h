/* The view: what the loop knows, frozen, for the AgentX thread to answer from.
 *
 * The loop builds a new view (view_new, fill, view_publish) at most once per interval and at every change of
 * a portal, a limit or the settings; the AgentX thread takes the newest one for each PDU (view_acquire …
 * view_release), so that one PDU, and each varbind of a GETBULK, sees one moment. A published view is never
 * written again.
 *
 * Everything is plain data. Strings are NUL-terminated, UTF-8 without control bytes, and cut (never refused)
 * to their size by view_text(). A value that is absent or stale has its has_… flag false and answers
 * noSuchInstance. Times are milliseconds since 1970 (0: never). Rates are kbit/s. Memory is KiB. Load is in
 * hundredths. */
#ifndef SCM_AGENT_VIEW_H
#define SCM_AGENT_VIEW_H

#include "agent/portal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCM_NAME_MAX = 32,    /* characters of a portal's, limit's or test's name: the SNMP index, at least 1 */
    SCM_TEXT_MAX = 255,   /* an SnmpAdminString */
    SCM_IF_NAME_MAX = 63, /* an interface's name (the kernel's has 15; collectd may carry others') */
    SCM_DECIMAL_MAX = 64, /* characters of an ScmDecimal; NUM_DECIMAL_MAX */
};

/* The numbers of these enums are those of SCALEMON-MIB, as those of agent/portal.h are. */
enum limit_state { LIMIT_STATE_OK = 1, LIMIT_STATE_EXCEEDED = 2, LIMIT_STATE_UNKNOWN = 3 };
enum eperf_protocol { EPERF_TCP = 1, EPERF_UDP = 2 };
enum eperf_status { EPERF_IDLE = 1, EPERF_WAITING = 2, EPERF_RUNNING = 3, EPERF_OK = 4, EPERF_FAILED = 5 };

/* Names for people and logs, as the MIB has them ("starting"). */
const char *limit_state_name(enum limit_state v);
const char *eperf_status_name(enum eperf_status v);

/* An unsigned value that may be absent. */
struct view_u32 {
    uint32_t v;
    bool has;
};

struct view_host {
    struct view_u32 load1, load5, load15; /* hundredths */
    struct view_u32 cpus;
    struct view_u32 mem_total, mem_used, mem_available; /* KiB */
    char interface[SCM_IF_NAME_MAX +
                   1]; /* whose rates these are: the setting, or the default route's; "" if none */
    struct view_u32 in_rate, out_rate; /* kbit/s */
};

/* Sorted by ifindex, each once. */
struct view_interface {
    uint32_t ifindex; /* 1 … 2147483647 */
    char name[SCM_IF_NAME_MAX + 1];
    struct view_u32 in_rate, out_rate, in_peak, out_peak, speed; /* kbit/s */
};

/* Sorted by name_cmp (see below); the portals of the configuration. Admin state and requester are in the
 * settings. */
struct view_portal {
    char name[SCM_NAME_MAX + 1];
    char description[SCM_TEXT_MAX + 1];
    enum portal_oper oper;
    int64_t last_change_ms; /* of oper */
    enum portal_action last_action;
    bool has_exit_code;     /* an action has ended */
    int32_t last_exit_code; /* as struct portal has it */
    char last_output[PORTAL_OUTPUT_MAX + 1];
    uint32_t starts, failures;
};

/* Sorted by name; what the limit engine knows of the limit of that name in the settings. */
struct view_limit {
    char name[SCM_NAME_MAX + 1];
    enum limit_state state; /* of a pattern: the worst of its matches */
    bool has_value;
    double value;     /* of the match that state comes from */
    int64_t since_ms; /* of state */
};

/* Sorted by name. */
struct view_eperf {
    char name[SCM_NAME_MAX + 1];
    char peer[SCM_TEXT_MAX + 1];
    bool has_protocol;
    enum eperf_protocol protocol;
    struct view_u32 connections;
    enum eperf_status status;
    struct view_u32 upload, download;                     /* kbit/s */
    struct view_u32 retransmits, rtt_us, jitter_us, loss; /* loss: hundredths of a percent */
    int64_t last_run_ms;
    char last_error[SCM_TEXT_MAX + 1]; /* "" if the last run was good */
};

struct event_list; /* agent/event.h: an immutable, refcounted array of events, ascending by index */

struct view {
    int64_t started_ms;          /* when this agent started */
    bool feed_up;                /* collectd answers */
    struct view_u32 feed_age_ms; /* since the last whole answer of collectd; counts on from built_mono_ms */
    int64_t built_mono_ms;       /* CLOCK_MONOTONIC when the view was built */
    uint32_t notifications_sent, notifications_suppressed;
    uint64_t settings_generation; /* of the newest settings that this view has seen */
    struct view_host host;
    struct view_interface *interfaces;
    struct view_portal *portals;
    struct view_limit *limits;
    struct view_eperf *eperfs;
    size_t n_interfaces, n_portals, n_limits, n_eperfs; /* as given to view_new; the filler may lower them */
    struct event_list *events; /* one reference, or NULL; shared by views while unchanged */
};

/* Order of string indexes in SNMP: shorter first, then bytes. */
int name_cmp(const char *a, const char *b);

/* Copies text to dst (size bytes), cut at a whole UTF-8 character; control bytes become blanks, bytes that
 * are not UTF-8 become '?'. Always terminated. */
void view_text(char *dst, size_t size, const char *src, size_t len);

/* Whether text is what view_text would leave as it is. */
bool view_text_ok(const char *s, size_t len);

/* A zeroed view with room for that many rows, or NULL (out of memory). Loop thread. Owned by the caller (one
 * reference). */
struct view *view_new(size_t interfaces, size_t portals, size_t limits, size_t eperfs);

/* The meeting point of loop and AgentX thread. Any thread. */
struct view_hub;
struct view_hub *view_hub_new(void);      /* NULL: out of memory */
void view_hub_free(struct view_hub *hub); /* NULL is fine; after both threads are done with it */

/* Makes v the newest view; takes over the caller's reference. */
void view_publish(struct view_hub *hub, struct view *v);

/* The newest view, or NULL before the first; to be given back by view_release. Never waits for more than a
 * pointer swap. */
const struct view *view_acquire(struct view_hub *hub);
void view_release(const struct view *v); /* NULL is fine; the last one out frees */

/* Waits until the newest view has seen the settings of that generation, at most so long; false: it has not. For the AgentX
 * thread after a COMMIT, so that a GET which follows the SET sees what came of it. */
bool view_wait(struct view_hub *hub, uint64_t settings_generation, int deadline_ms);

#endif
