/* One portal: desired state (admin) apart from observed state (oper), and what to do about the difference.
 *
 * Pure: no clock, no I/O, no allocation. Each portal_*() input takes the time, changes the struct and returns what
 * follows from it. Times called `now` are monotonic milliseconds; `wall` is milliseconds since the epoch and is only
 * kept for people to read. The diagram stands in portal.c. Loop thread only. */
#ifndef SCM_AGENT_PORTAL_H
#define SCM_AGENT_PORTAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are SCALEMON-MIB's. */
enum portal_admin { PORTAL_ADMIN_ON = 1, PORTAL_ADMIN_OFF = 2, PORTAL_ADMIN_HOLD = 3 };

enum portal_oper {
    PORTAL_OFF = 1,
    PORTAL_STARTING = 2,
    PORTAL_ON = 3,
    PORTAL_STOPPING = 4,
    PORTAL_BACKOFF = 5, /* a start or stop failed, or the portal died; another attempt follows */
    PORTAL_FAILED = 6,  /* gave up; a SET or a status script that sees the wanted state leads out */
    PORTAL_UNKNOWN = 7  /* the status script has not said yet, or does not know */
};

enum portal_action { PORTAL_NONE = 0, PORTAL_START = 1, PORTAL_STOP = 2, PORTAL_STATUS = 3 };

/* Whether it runs, as the last script that could tell says; other than oper, which also says what is being done about it. */
enum portal_runs { PORTAL_RUNS_UNKNOWN, PORTAL_RUNS_NOT, PORTAL_RUNS };

/* How a script ended. */
enum portal_outcome {
    PORTAL_EXITED,      /* code is its exit status, 0..255 */
    PORTAL_SIGNALLED,   /* code is the signal */
    PORTAL_TIMED_OUT,   /* ended at its deadline with all it had started */
    PORTAL_CANCELLED,   /* ended because we asked */
    PORTAL_NOT_STARTED, /* missing, not executable, wrong owner or mode ...: output has the reason */
    PORTAL_BUSY,        /* an earlier run of this portal has not ended (it outlived a runner): nothing was run */
    PORTAL_LOST         /* its supervisor died: nobody knows */
};

enum { PORTAL_OUTPUT_MAX = 1024 };

/* What a finished script leaves. */
struct portal_result {
    enum portal_action action;
    enum portal_outcome outcome;
    int code;
    char output[PORTAL_OUTPUT_MAX + 1]; /* the end of its output, or a reason; UTF-8, no control bytes but \n and \t */
};

struct portal_options {
    int64_t status_interval_ms; /* > 0 */
    int64_t backoff_ms;         /* > 0: before the first repeat; doubles to PORTAL_BACKOFF_MAX_MS at most */
    unsigned retries;           /* failed attempts in a row that are followed by another; then PORTAL_FAILED */
};
enum { PORTAL_BACKOFF_MAX_MS = 300000 };

struct portal {
    struct portal_options options;
    /* for SNMP, JSON and people */
    enum portal_admin admin;
    enum portal_oper oper;
    enum portal_runs runs;
    int64_t last_change_wall; /* ms since the epoch of the last change of oper; 0: never */
    enum portal_action last_action;
    int last_exit_code; /* 0..255; 124 timed out, 125 lost or busy, 126 not started, 128+N killed by signal N */
    char last_output[PORTAL_OUTPUT_MAX + 1];
    uint32_t starts;   /* start scripts that ended well */
    uint32_t failures; /* scripts that failed, and deaths of a portal that was on */
    /* inner */
    enum portal_action running; /* the script that is out */
    enum portal_action next;    /* the script to run when that one is back */
    bool cancelling;            /* the running one was asked to end */
    bool commanded;             /* an operator's order is not yet carried out: do not wait for status */
    bool stopped;               /* its stop script says so, and no look has confirmed it yet */
    unsigned attempts;          /* failures in a row */
    int64_t due;                /* when portal_tick() has something to do; INT64_MAX: never */
};

/* What an input leads to. Carry out in this order: the change, then cancel, then run. */
struct portal_effect {
    bool changed; /* oper went from `from` to portal->oper, because of `reason` */
    enum portal_oper from;
    char reason[160];
    bool cancel;             /* ask for the end of the script that is out */
    enum portal_action run;  /* start this script; PORTAL_NONE: nothing */
};

/* A portal nobody has looked at: oper unknown, its status script due at once. */
void portal_init(struct portal *portal, const struct portal_options *options, enum portal_admin admin, int64_t now);

/* The operator's wish. The value it already has is a no-op. */
struct portal_effect portal_set_admin(struct portal *portal, enum portal_admin admin, int64_t now, int64_t wall);

/* The runner says, when the agent connects, that an earlier agent's script is still out. Before any tick. */
struct portal_effect portal_adopt(struct portal *portal, enum portal_action action, int64_t now, int64_t wall);

/* The script that was out has ended. */
struct portal_effect portal_finished(struct portal *portal, const struct portal_result *result, int64_t now, int64_t wall);

/* Time has passed; call at portal->due or later. */
struct portal_effect portal_tick(struct portal *portal, int64_t now, int64_t wall);

/* portal_text.c */
const char *portal_oper_name(enum portal_oper oper);
const char *portal_admin_name(enum portal_admin admin);
const char *portal_action_name(enum portal_action action);
/* How a script ended: "start script: exit status 1", and as last_exit_code has it. */
void portal_result_text(const struct portal_result *result, char *text, size_t size);
int portal_result_code(const struct portal_result *result);
/* Whether the portal runs, if the result says so: a start or stop that failed says nothing, nor does a status script that was not run.
 * False: *runs is as it was. */
bool portal_result_runs(const struct portal_result *result, enum portal_runs *runs);

#endif
