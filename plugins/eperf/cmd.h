/* The command `eperf`: options, live text, and what ties the engine to a terminal. */
#ifndef SCM_EPERF_CMD_H
#define SCM_EPERF_CMD_H

#include <stdio.h>

#include "plugins/eperf/eperf.h"

enum { ALLOW_MAX = 64 };

struct options {
    bool server, help, version;
    bool tcp, udp, upload, download, bidir;
    bool json, json_stream, v4, v6;
    const char *host, *bind, *trigger, *socket;
    uint16_t port;
    unsigned dscp;
    struct eperf_params params;
    struct eperf_policy policy;
    const char *allow[ALLOW_MAX];
};

/* False, with the reason on stderr, if the command line is not one. Strings point into argv. */
bool options_parse(struct options *o, int argc, char **argv);
void options_usage(FILE *to);

/* "3.21 Gbits/s", three significant digits; as Eperf had it. */
void text_rate(double bits_per_s, char out[32]);
void text_bytes(double bytes, char out[32]);
/* Live lines. who: "" or "[test 3] ". All write to stdout. */
void text_started(const struct eperf_result *r, const char *who);
void text_interval(const struct eperf_interval *i, const struct eperf_params *p, const char *who);
void text_result(const struct eperf_result *r, const char *who);

/* Tells collectd's unixsock plugin at PATH to start the test NAME now; the exit status. */
int trigger_run(const char *path, const char *name);

#endif
