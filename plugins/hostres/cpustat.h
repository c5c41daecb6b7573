/* Parser of the first line of /proc/stat. Pure. */
#ifndef SCM_HOSTRES_CPUSTAT_H
#define SCM_HOSTRES_CPUSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpustat {
    uint64_t busy, total; /* clock ticks of all processors together, since boot */
};

/* "cpu  user nice system idle iowait irq softirq steal guest guest_nice": busy is all but idle and iowait;
 * guest times are in user and nice already. Kernels before 2.6 end at idle. False, out untouched, for
 * anything else. The text is padded as scan.h says. */
bool cpustat_parse(const char *text, size_t len, struct cpustat *out);

#endif
