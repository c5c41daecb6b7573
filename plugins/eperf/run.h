/* Inside the runner: run.c is one test, its file and its thread; runner.c decides which runs when, and is its
 * life. */
#ifndef SCM_EPERF_RUN_H
#define SCM_EPERF_RUN_H

#include <pthread.h>

#include "plugins/eperf/measure.h"
#include "plugins/eperf/runner.h"
#include "plugins/eperf/sched.h"

/* One test. */
struct run {
    struct runner *runner;
    const struct config_test *test;
    pthread_t thread;
    bool has_thread, ended;  /* to be joined; it may be joined without waiting */
    struct measure *measure; /* while it runs; for cancelling */
    bool was_down;           /* the last run that ended failed */
    uint64_t next_run_id;    /* named by a trigger; 0 none */
    struct result_status status;
    struct result_status settled; /* the last that stood; stands again when a run is cut short or skipped */
};

struct runner {
    const struct config *config;
    struct runner_callbacks cb;
    pthread_t thread;
    pthread_mutex_t file_lock; /* result files; taken before lock, and alone while a file is written */
    pthread_mutex_t lock;      /* all below */
    pthread_cond_t changed;    /* a trigger, the end of a run, stop */
    bool stop;
    struct sched *sched;
    struct run *runs; /* one per test, same order */
};

struct sched_time runner_now(void);
__attribute__((format(printf, 3, 4))) void runner_say(struct runner *r, enum runner_level level,
                                                      const char *format, ...);

/* ---- run.c; no lock held, unless said otherwise ---- */

void run_write_file(struct run *run); /* the state of a test as it is now */
void run_set_state(struct run *run, enum result_state state);
/* The run stands: keeps and reports it. */
void run_keep(struct run *run, const struct result_status *s, enum eperf_outcome outcome);
/* Lock held, given up while waiting: for the end of the last run's thread. */
void run_join(struct run *run);
/* Lock held, may be given up. A run that cannot even get a thread has failed. */
void run_start(struct run *run);

#endif
