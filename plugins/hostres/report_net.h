/* Values of the interfaces: counters, peaks, shares of the link's speed, and what the sampler costs. */
#ifndef SCM_HOSTRES_REPORT_NET_H
#define SCM_HOSTRES_REPORT_NET_H

#include "plugins/hostres/complain.h"
#include "plugins/hostres/iftrack.h"
#include "plugins/hostres/meter.h"
#include "plugins/hostres/report.h"
#include "plugins/hostres/sampler.h"

/* Zero-initialised is closed. Read thread only. */
struct report_net {
    const struct options *options;
    const bool *group; /* options->group */
    struct complaints *complaints;
    const char *sys_root;

    struct net_source *source;
    bool told; /* that source can't be read */
    struct if_snapshot interfaces;
    struct iftrack track;
    uint64_t changes;  /* of links, when all speeds were last due */
    size_t next_speed; /* where to go on asking for them */

    struct sampler *sampler; /* NULL: no peaks */
    struct peak_list peaks;
    struct sampler_stats sampled;
    struct meter sampler_cpu;
};

/* Opens the source and starts the sampler; proc_root is not kept. own_proc: it is this system's /proc. 0, or
 * -1 where memory is at its end; then report_net_close() is still due. */
int report_net_open(struct report_net *r, const struct report_config *config, struct complaints *complaints,
                    const char *proc_root, bool own_proc);

/* Reads and dispatches at now_ns (monotonic). */
void report_net_read(struct report_net *r, uint64_t now_ns);

/* Dispatches the sampler's own figures. */
void report_net_self(struct report_net *r, uint64_t now_ns);

void report_net_close(struct report_net *r);

#endif
