/* One line per event for the operator: to stderr in front (with systemd's <N> priorities where the journal reads it), to
 * syslog as a daemon. Any thread, any process of ours. */
#ifndef SCM_AGENT_LOG_H
#define SCM_AGENT_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Before the first line; again in a child, with its own name ("agent"), which stands before its lines. */
void log_open(const char *part, bool to_syslog);

/* priority: LOG_DEBUG .. LOG_CRIT of syslog(3). No newline at the end; control bytes are shown as '?'. errno is kept. */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
