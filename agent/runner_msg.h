/* What agent and runner say to each other over a SOCK_SEQPACKET socketpair: fixed-size messages in host byte order
 * (one machine, one program). The runner takes every request for hostile; both sides validate everything. Pure. */
#ifndef SCM_AGENT_RUNNER_MSG_H
#define SCM_AGENT_RUNNER_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUNNER_OUTPUT_MAX = 1024 };
#define RUNNER_MAGIC 0x53434d31u /* "SCM1" */

enum runner_request_kind {
    RUNNER_READY = 1,  /* the agent serves; script, run 0 */
    RUNNER_ALIVE = 2,  /* the agent's loop turns; at least every RUNNER_ALIVE_MS; script, run 0 */
    RUNNER_RUN = 3,    /* run script `script`; `run` (not 0) names the run in the answer */
    RUNNER_CANCEL = 4  /* end script `script` if run `run` is out (0: whatever run) */
};
enum { RUNNER_ALIVE_MS = 1000, RUNNER_DEAD_MS = 15000 }; /* silent for so long: killed and started again */

struct runner_request {
    uint32_t magic;
    uint32_t kind;
    uint32_t script; /* index into the table that was fixed at start */
    uint32_t run;
};

enum runner_event_kind {
    RUNNER_RUNNING = 1, /* first after connecting: a script of an earlier agent is still out */
    RUNNER_RESULT = 2,
    RUNNER_HELLO = 3 /* after the RUNNINGs and the results nobody has heard: now you know all */
};

/* The order is enum portal_outcome's. */
enum runner_outcome {
    RUNNER_EXITED, RUNNER_SIGNALLED, RUNNER_TIMED_OUT, RUNNER_CANCELLED, RUNNER_NOT_STARTED, RUNNER_BUSY, RUNNER_LOST,
    RUNNER_OUTCOMES
};

struct runner_event {
    uint32_t magic;
    uint32_t kind;
    uint32_t script;
    uint32_t run;
    uint32_t outcome;
    int32_t code;         /* exit status or signal */
    uint32_t duration_ms;
    uint32_t output_len;  /* bytes of output in use */
    char output[RUNNER_OUTPUT_MAX]; /* the end of the script's output, or why it was not started; any bytes */
};

/* True and *out where buf is a valid request about one of n_scripts scripts; false otherwise. */
bool runner_request_parse(const void *buf, size_t len, uint32_t n_scripts, struct runner_request *out);

/* True and *out where buf is a valid event; false otherwise. */
bool runner_event_parse(const void *buf, size_t len, uint32_t n_scripts, struct runner_event *out);

/* The output as text: UTF-8, control bytes other than newline and tab dropped, invalid bytes as '?', no character
 * cut in half at the front, at most size - 1 bytes. */
void runner_output_text(const char *output, size_t len, char *text, size_t size);

#endif
