#include "agent/announce.h"

#include <string.h>

static const char *severity_name(enum event_severity s)
{
    switch (s) {
    case EVENT_OKAY:
        return "okay";
    case EVENT_WARNING:
        return "warning";
    case EVENT_FAILURE:
        return "failure";
    }
    return "failure";
}

bool announce(const struct scm_event *e, const char *own_host, struct ident *parts, struct feed_notification *out)
{
    if (!e->notify || e->type == EVENT_FEED_CHANGE)
        return false;
    *out = (struct feed_notification){.severity = severity_name(e->severity), .time_ms = e->time_ms, .host = own_host,
                                      .plugin = "scalemon", .plugin_instance = e->object,
                                      .type = event_type_name(e->type), .message = e->text};
    switch (e->type) {
    case EVENT_LIMIT_EXCEEDED:
    case EVENT_LIMIT_CLEARED:
        out->type = "limit"; /* of both: a handler knows by the identifier what is well again */
        /* as collectd's own threshold plugin has it: the notification is about the value */
        if (e->host[0] && ident_parse(e->metric, strlen(e->metric), parts)) {
            out->host = parts->host;
            out->plugin = parts->plugin;
            out->plugin_instance = parts->plugin_instance;
            out->type = parts->type;
            out->type_instance = parts->type_instance;
        }
        break;
    case EVENT_PORTAL_CHANGE:
        out->plugin = "portal";
        out->type = "gauge";
        out->type_instance = "running";
        break;
    case EVENT_EPERF_FAILED: /* not plugin eperf, type run: that would start a test */
    case EVENT_FEED_CHANGE:
    case EVENT_AGENT_CHANGE:
    case EVENT_LIMIT_UNKNOWN:
    case EVENT_STORE:
        break;
    }
    return true;
}
