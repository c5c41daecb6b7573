/* /etc/scalemon/console.conf: console.conf(5). */
#ifndef SCM_CONSOLE_CONF_H
#define SCM_CONSOLE_CONF_H

#include <stdbool.h>
#include <stddef.h>

enum { CONF_NAME_MAX = 40 }; /* of a pool; inih cuts a section's name at 49 */

/* A pool: the hosts written down, and those that a collectd knows. */
struct conf_pool {
    char *name;
    char **hosts; /* as written: a name, an address, or one of net-snmp's transport addresses */
    size_t n_hosts;
    char *collectd; /* path of a unixsock, or NULL */
    unsigned port;  /* for hosts that name none; 0: net-snmp's own */
};

struct conf {
    double interval;  /* seconds between two rounds of what follows (top, events -f): 0.1 .. 3600 */
    double timeout;   /* seconds for an answer, unless -t says so: 0.05 .. 60 */
    unsigned retries; /* unless -r says so: 0 .. 10 */
    unsigned window;  /* requests on their way at once: 1 .. 10000 */
    char *pool;       /* what commands without hosts mean; NULL: every pool */
    struct conf_pool *pools;
    size_t n_pools;
};

/* Reads path. A missing file is an empty one unless `required`. false: stderr has told "FILE:LINE: what was
 * wrong". */
bool conf_read(struct conf *c, const char *path, bool required);
void conf_free(struct conf *c);

const struct conf_pool *conf_pool(const struct conf *c, const char *name); /* or NULL */

#endif
