/* Our own host as SNMP shows it: load, memory, the chosen interface's rates, and the interfaces. From metrics, but for what
 * collectd has no value of: interface indexes and link speeds (kernel), the default route's interface. Loop thread only. */
#ifndef SCM_AGENT_HOST_H
#define SCM_AGENT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "agent/view.h"

struct metrics;
struct host;

struct host *host_new(struct metrics *m); /* NULL: out of memory */
void host_free(struct host *h);           /* before metrics_free */

/* Whose rates are the host's: a name, or "" for the default route's. */
void host_set_interface(struct host *h, const char *name);

/* At most so many rows will host_fill need in v->interfaces. */
size_t host_interfaces(const struct host *h);
/* Fills v->host, v->interfaces and v->n_interfaces (which tells the room on entry). */
void host_fill(struct host *h, struct view *v, int64_t mono_ms);

#endif
