/* Values of the host as a whole: memory, load, processor, pressure. */
#ifndef SCM_HOSTRES_REPORT_HOST_H
#define SCM_HOSTRES_REPORT_HOST_H

#include "plugins/hostres/complain.h"
#include "plugins/hostres/meminfo.h"
#include "plugins/hostres/meter.h"
#include "plugins/hostres/options.h"
#include "plugins/hostres/pressure.h"

enum { PRESSURES = 3 /* cpu, memory, io */ };

/* Zero-initialised is closed. Read thread only. */
struct report_host {
    const bool *group; /* of the options */
    struct complaints *complaints;
    bool own_proc; /* the root is this system's /proc */
    struct source meminfo, loadavg, stat, pressure[PRESSURES];
    struct meminfo_layout meminfo_layout;
    struct meter cpu, stalled[PRESSURES][PRESSURE_KINDS];
    long cpus;
    uint64_t cpus_ns; /* when they were counted */
};

/* Opens what the groups need; proc_root is not kept. 0, or -1 where memory is at its end; then
 * report_host_close() is still due. */
int report_host_open(struct report_host *r, const struct options *options, struct complaints *complaints,
                     const char *proc_root, bool own_proc);

/* Reads and dispatches at now_ns (monotonic). */
void report_host_read(struct report_host *r, uint64_t now_ns);

void report_host_close(struct report_host *r);

#endif
