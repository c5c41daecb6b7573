/* What is known of one test as text for others: <ResultDir>/<test>.json. The agent's scmEperfTable reads it;
 * people do. */
#ifndef SCM_EPERF_RESULT_FILE_H
#define SCM_EPERF_RESULT_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/eperf/config.h"
#include "plugins/eperf/eperf.h"

enum result_state { RESULT_IDLE, RESULT_WAITING, RESULT_RUNNING, RESULT_OK, RESULT_FAILED };

/* The figures of one direction that become values. Rates are bits/s and those of what arrived, where the peer
 * told. */
struct result_figures {
    bool present;
    double mean, min, max;
    bool has_retransmits, has_rtt, has_udp;
    uint64_t retransmits;
    double rtt;       /* s, mean over the connections */
    double jitter;    /* s; with has_udp */
    double loss;      /* percent of the datagrams, 0..100; with has_udp */
    unsigned shared;  /* most other tests that ran here at the same time */
    char verdict[64]; /* what the sender was limited by; "" unknown */
};

struct result_status {
    enum result_state state;
    int64_t last_run;                      /* epoch seconds of the last start, 0 never */
    double duration;                       /* seconds that the last run took, waiting not counted */
    uint64_t run_id;                       /* of the last run that a notification named; 0 none */
    char last_error[EPERF_ERROR_MAX + 32]; /* "" none: why the last run failed */
    struct result_figures upload, download;
};

const char *result_state_text(enum result_state s);

/* The figures of one direction of a run. Pure. */
struct result_figures result_figures(const struct eperf_direction_result *d, const struct eperf_result *r);

/* The document. NULL when out of memory. New reference. */
json_t *result_json(const struct config_test *t, const struct result_status *s);

/* Writes <dir>/<test>.json beside and renames it, mode 0644: a reader sees the old or the new one, whole.
 * False and errno. */
bool result_file_write(const char *dir, const struct config_test *t, const struct result_status *s);

/* What a former collectd left there, so that a restart forgets nothing; the state is ok or failed, anything
 * else is idle. All zero where there is no such file or it makes no sense. */
void result_file_read(const char *dir, const struct config_test *t, struct result_status *s);

#endif
