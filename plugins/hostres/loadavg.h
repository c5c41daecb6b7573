/* Parser of /proc/loadavg. Pure. */
#ifndef SCM_HOSTRES_LOADAVG_H
#define SCM_HOSTRES_LOADAVG_H

#include <stdbool.h>
#include <stddef.h>

/* "0.23 0.73 0.42 1/80 1234": the first three. Returns false, load untouched, for anything else. */
bool loadavg_parse(const char *text, size_t len, double load[3]);

#endif
