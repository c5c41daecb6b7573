/* Parser of /proc/pressure/{cpu,memory,io}. Pure. */
#ifndef SCM_HOSTRES_PRESSURE_H
#define SCM_HOSTRES_PRESSURE_H

#include <stddef.h>
#include <stdint.h>

enum pressure_kind { PRESSURE_SOME, PRESSURE_FULL, PRESSURE_KINDS };

struct pressure {
    uint64_t total_us[PRESSURE_KINDS]; /* stalled since boot */
    unsigned has;                      /* bit per kind; cpu had no "full" before 5.13 */
};

/* Lines "some avg10=0.00 avg60=0.00 avg300=0.00 total=123" and "full …"; other lines are passed over. Returns
 * the number of such lines that it could not read. The text is padded as scan.h says. */
size_t pressure_parse(const char *text, size_t len, struct pressure *out);

#endif
