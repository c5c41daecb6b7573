/* One read: all sources into value lists, group by group. */
#ifndef SCM_HOSTRES_REPORT_H
#define SCM_HOSTRES_REPORT_H

#include "plugins/hostres/options.h"

struct report;

struct report_config {
    const struct options *options;  /* kept, not changed meanwhile */
    uint64_t interval_ns;           /* between reads */
    unsigned timeout;               /* intervals until collectd gives up a value (its option Timeout) */
    void (*warn)(const char *text); /* any thread */
};

/* Opens the sources and starts the sampler. NULL where memory is at its end. */
struct report *report_open(const struct report_config *config);

/* Reads all and dispatches what is there; what is absent is left out and told once through warn. Read thread
 * only. */
void report_read(struct report *r);

/* Ends the sampler, frees all. NULL is fine. */
void report_close(struct report *r);

#endif
