/* Tells collectd's notification handlers (notify_email, notify_nagios, exec …) what an event says. Pure. */
#ifndef SCM_AGENT_ANNOUNCE_H
#define SCM_AGENT_ANNOUNCE_H

#include "agent/event.h"
#include "agent/feed.h"
#include "common/ident.h"

/* The notification for e in *out, whose strings point into e, own_host and parts. own_host: collectd's name for us, or NULL.
 * parts: room for the identifier of a limit's metric. False: this event is not for collectd (silenced, or about collectd). */
bool announce(const struct scm_event *e, const char *own_host, struct ident *parts, struct feed_notification *out);

#endif
