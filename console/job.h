/* A job: something to be done on one host, and the wait until it is seen to have been done.
 *
 *   READING ──plan──> SETTING ──well──> WAITING ──judge──> OVER
 *      │ no such row,    │ refused         │  ^ └ deadline
 *      │ nothing to do   │                 └──┘ read again every POLL_MS
 *      └─────────────────┴──────────────────────────────────> OVER
 *
 * What is read, set and waited for is the job's kind. A SET without an answer may have been done all the same
 * (the agent answers late, or its answer was lost): the job goes on to WAITING and looks. An agent that is
 * gone for a while is waited for until the deadline. */
#ifndef SCM_CONSOLE_JOB_H
#define SCM_CONSOLE_JOB_H

#include "console/poll.h"
#include "console/verb.h"

enum { JOB_TEXT_MAX = 200 };

enum job_state { JOB_NEW, JOB_READING, JOB_SETTING, JOB_WAITING, JOB_OVER };

struct job;

struct job_kind {
    const struct fetch_spec *spec; /* what is read; its first scalar is AGENT_STARTED */
    /* From what was read first to what is to be set (out has room for SET_MAX). Returns how many; 0: the job
     * is over, status and text say why. */
    size_t (*plan)(struct job *job, struct assignment *out);
    /* From what was read last: is it over? Sets status and text. NULL: over as soon as the SET is answered.
     */
    bool (*judge)(struct job *job);
};

struct job {
    const struct job_kind *kind;
    struct host *host;
    const char *name;                            /* the portal's, limit's or test's; not owned */
    const void *wanted;                          /* for the kind; not owned */
    int timeout;                                 /* ms from the SET to the acknowledgement */
    void (*changed)(struct job *job, void *arg); /* state or text changed; may be NULL */
    void *arg;

    enum job_state state;
    enum exit_status status;       /* when over */
    char text[JOB_TEXT_MAX];       /* what is going on, for people: "starting" */
    struct answer answer;          /* what was read last */
    int64_t before[3];             /* for the kind: what plan() saw */
    int64_t started, until, ended; /* now_ms() */
};

/* Starts it. The job must stay where it is until it is over; its host must be idle. */
void job_start(struct job *job);

/* For plan() and judge(): sets status and text; returns true. */
__attribute__((format(printf, 3, 4))) bool job_end(struct job *job, enum exit_status status,
                                                   const char *format, ...);

/* Runs all, at most `parallel` at a time (0: all at once), and returns the worst status. Blocks. */
int jobs_run(struct poller *p, struct job *jobs, size_t n, size_t parallel);

void job_clear(struct job *job); /* frees what it holds; only of a job that is new or over */

/* "login@host" of whoever runs this, for requester columns. Static. */
const char *job_requester(void);

#endif
