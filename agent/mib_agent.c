/* scmAgent and scmHost: the scalars. */
#include "agent/mib.h"

#include <string.h>
#include <time.h>

#include "scm_config.h"

enum { TRUTH_TRUE = 1, TRUTH_FALSE = 2, FEED_UP = 1, FEED_DOWN = 2 };

/* ---- scmAgent ---- */

static bool get_version(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return value_text(out, PACKAGE_VERSION);
}

static bool get_admin(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return value_int(out, (int32_t)snap->settings->admin);
}

SETTER(set_admin)
{
    draft->admin = (enum agent_admin)v->i;
    return SET_OK;
}

static bool get_feed(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return snap->view != NULL && value_int(out, snap->view->feed_up ? FEED_UP : FEED_DOWN);
}

/* The view knows the age at the moment it was built; time has passed since. */
static bool get_feed_age(const struct snapshot *snap, const struct row *row, struct value *out)
{
    struct timespec now;

    if (snap->view == NULL || !snap->view->feed_age_ms.has)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t age = snap->view->feed_age_ms.v + ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000) -
                  snap->view->built_mono_ms;
    out->type = VALUE_UNSIGNED;
    out->u = age < 0 ? 0 : age > UINT32_MAX ? UINT32_MAX : (uint32_t)age;
    return true;
}

static bool get_enabled(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return value_int(out, snap->settings->notifications_enabled ? TRUTH_TRUE : TRUTH_FALSE);
}

SETTER(set_enabled)
{
    draft->notifications_enabled = v->i == TRUTH_TRUE;
    return SET_OK;
}

static bool get_lock(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return value_int(out, (int32_t)snap->settings->set_lock);
}

/* TestAndIncr of RFC 2579. */
SETTER(set_lock)
{
    if ((uint32_t)v->i != snap->settings->set_lock)
        return SET_INCONSISTENT_VALUE;
    draft->set_lock = draft->set_lock == INT32_MAX ? 0 : draft->set_lock + 1;
    return SET_OK;
}

#define VIEW(ARC, NAME, SYNTAX, KIND, MEMBER) COL_FIELD(ARC, NAME, SYNTAX, KIND, struct view, MEMBER)

/* The fields of the view; before there is one, nothing. */
static const struct view no_view;

static void view_at(const struct snapshot *snap, size_t i, struct row *out)
{
    *out = (struct row){.data = snap->view != NULL ? snap->view : &no_view};
}

static bool get_sent(const struct snapshot *snap, const struct row *row, struct value *out)
{
    out->type = VALUE_COUNTER32;
    out->u = snap->view != NULL ? snap->view->notifications_sent : 0;
    return snap->view != NULL;
}

static bool get_suppressed(const struct snapshot *snap, const struct row *row, struct value *out)
{
    out->type = VALUE_COUNTER32;
    out->u = snap->view != NULL ? snap->view->notifications_suppressed : 0;
    return snap->view != NULL;
}

static const struct column agent_columns[] = {
    COL_GET(1, "scmAgentVersion", SYN_STRING, get_version),
    VIEW(2, "scmAgentStarted", SYN_TIME, FIELD_TIME, started_ms),
    COL_WRITE(3, "scmAgentAdminStatus", SYN_INTEGER, AGENT_RUNNING, AGENT_SHUTDOWN, get_admin, set_admin),
    COL_GET(4, "scmFeedStatus", SYN_INTEGER, get_feed),
    COL_GET(5, "scmFeedAge", SYN_UNSIGNED, get_feed_age),
    COL_WRITE(6, "scmNotificationsEnabled", SYN_TRUTH, TRUTH_TRUE, TRUTH_FALSE, get_enabled, set_enabled),
    COL_WRITE(7, "scmSetLock", SYN_INTEGER, 0, INT32_MAX, get_lock, set_lock),
    COL_GET(8, "scmNotificationsSent", SYN_COUNTER, get_sent),
    COL_GET(9, "scmNotificationsSuppressed", SYN_COUNTER, get_suppressed),
};

const struct table mib_agent = {
    "scmAgent", {1, 1},
     2, INDEX_SCALAR, agent_columns, COUNT_OF(agent_columns), scalar_count, view_at
};

/* ---- scmHost ---- */

/* The setting, or what the loop chose for it. */
static bool get_interface(const struct snapshot *snap, const struct row *row, struct value *out)
{
    if (snap->settings->host_interface[0] != '\0')
        return value_text(out, snap->settings->host_interface);
    return value_text(out, snap->view != NULL ? snap->view->host.interface : "");
}

SETTER(set_interface)
{
    set_text(draft->host_interface, sizeof draft->host_interface, v);
    return SET_OK;
}

/* Rates of the interface that was set before are not those of this one. */
static bool host_rate(const struct snapshot *snap, const struct view_u32 *rate, struct value *out)
{
    const char *wanted = snap->settings->host_interface;

    if (snap->view == NULL || !rate->has ||
        (wanted[0] == '\0' ? snap->view->settings_generation < snap->settings->generation
                           : strcmp(wanted, snap->view->host.interface) != 0))
        return false;
    out->type = VALUE_UNSIGNED;
    out->u = rate->v;
    return true;
}

static bool get_in(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return snap->view != NULL && host_rate(snap, &snap->view->host.in_rate, out);
}

static bool get_out(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return snap->view != NULL && host_rate(snap, &snap->view->host.out_rate, out);
}

static const struct column host_columns[] = {
    VIEW(1, "scmLoad1", SYN_GAUGE, FIELD_OPT, host.load1),
    VIEW(2, "scmLoad5", SYN_GAUGE, FIELD_OPT, host.load5),
    VIEW(3, "scmLoad15", SYN_GAUGE, FIELD_OPT, host.load15),
    VIEW(4, "scmCpuCount", SYN_GAUGE, FIELD_OPT, host.cpus),
    VIEW(5, "scmMemTotal", SYN_GAUGE, FIELD_OPT, host.mem_total),
    VIEW(6, "scmMemUsed", SYN_GAUGE, FIELD_OPT, host.mem_used),
    VIEW(7, "scmMemAvailable", SYN_GAUGE, FIELD_OPT, host.mem_available),
    COL_WRITE(8, "scmHostInterface", SYN_STRING, 0, SCM_IF_NAME_MAX, get_interface, set_interface),
    COL_GET(9, "scmHostInRate", SYN_GAUGE, get_in),
    COL_GET(10, "scmHostOutRate", SYN_GAUGE, get_out),
};

const struct table mib_host = {
    "scmHost", {1, 2},
     2, INDEX_SCALAR, host_columns, COUNT_OF(host_columns), scalar_count, view_at
};
