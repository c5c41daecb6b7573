/* Which hosts a collectd knows: the host parts of its LISTVAL. */
#ifndef SCM_CONSOLE_KNOWN_HOSTS_H
#define SCM_CONSOLE_KNOWN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

/* Asks the unixsock at path; waits at most timeout_ms in all. Calls fn for each host, once, in the order of
 * LISTVAL. false: why (static or errno's text) says what was wrong; fn may have been called. */
bool known_hosts(const char *path, int timeout_ms, bool (*fn)(void *arg, const char *host), void *arg,
                 const char **why);

/* The host of one line of LISTVAL ("1698.123 host/plugin/type"), in a buffer of IDENT_PART_MAX + 1. Pure. */
bool known_host_line(const char *line, size_t len, char *host);

#endif
