#include "agent/notify.h"

#include "agent/event.h"
#include "agent/mib.h"

#include <string.h>

#include "common/num.h"

/* ---- what each notification carries ---- */

struct object {
    const struct table *table;
    const char *column;
};

#define EVENT_OBJECTS                                                                                        \
    {&mib_event, "scmEventIndex"}, {&mib_event, "scmEventTime"}, {&mib_event, "scmEventObject"},             \
        {&mib_event, "scmEventOldState"}, {&mib_event, "scmEventNewState"},                                  \
    {                                                                                                        \
        &mib_event, "scmEventText"                                                                           \
    }
#define LIMIT_OBJECTS                                                                                        \
    {&mib_limit, "scmLimitState"}, {&mib_limit, "scmLimitValue"}, {&mib_limit, "scmLimitThreshold"},         \
        {&mib_limit, "scmLimitSeverity"}, {&mib_limit, "scmLimitSince"}, {&mib_notify, "scmNotifyMetric"},   \
    {                                                                                                        \
        &mib_notify, "scmNotifyHost"                                                                         \
    }

/* As the OBJECTS clauses of the MIB; the arc is the event type's number. */
static const struct object objects[][NOTIFY_VARBINDS_MAX] = {
    [EVENT_PORTAL_CHANGE] = {EVENT_OBJECTS,
                             {&mib_portal, "scmPortalOperStatus"},
                             {&mib_portal, "scmPortalAdminStatus"},
                             {&mib_portal, "scmPortalRequester"},
                             {&mib_portal, "scmPortalLastExitCode"}},
    [EVENT_LIMIT_EXCEEDED] = {EVENT_OBJECTS, LIMIT_OBJECTS                             },
    [EVENT_LIMIT_CLEARED] = {EVENT_OBJECTS,                       LIMIT_OBJECTS                                       },
    [EVENT_EPERF_FAILED] = {EVENT_OBJECTS,                       {&mib_eperf, "scmEperfStatus"}                 },
    [EVENT_FEED_CHANGE] = {EVENT_OBJECTS,                       {&mib_agent, "scmFeedStatus"}},
    [EVENT_AGENT_CHANGE] = {EVENT_OBJECTS,                       {&mib_agent, "scmAgentAdminStatus"} },
};

bool notify_oid(const struct mib *mib, const struct scm_event *e, struct oid_name *out)
{
    if ((size_t)e->type >= COUNT_OF(objects) || objects[e->type][0].table == NULL)
        return false;
    memcpy(out->id, mib->root, mib->root_len * sizeof *out->id);
    out->id[mib->root_len] = 0;
    out->id[mib->root_len + 1] = (uint32_t)e->type;
    out->len = mib->root_len + 2;
    return true;
}

/* ---- the world as the event saw it ---- */

/* A snapshot with one row in each table; the getters cannot tell it from a real one. */
struct moment {
    struct snapshot snap;
    struct view view;
    struct settings settings;
    struct view_portal portal;
    struct setting_portal portal_setting;
    struct view_limit limit;
    struct setting_limit limit_setting;
    struct view_eperf eperf;
    union {
        struct event_list list;
        char room[sizeof(struct event_list) + sizeof(struct scm_event *)];
    } events;
};

static void text(char *dst, size_t size, const char *src)
{
    view_text(dst, size, src, strlen(src));
}

static void moment_of(const struct scm_event *e, struct moment *m)
{
    memset(m, 0, sizeof *m);
    m->snap.view = &m->view;
    m->snap.settings = &m->settings;

    m->events.list.n = 1;
    m->events.list.events[0] = e;
    m->view.events = &m->events.list;
    m->view.feed_up = e->state == 1;
    m->settings.admin = (enum agent_admin)e->state;

    text(m->portal.name, sizeof m->portal.name, e->object);
    m->portal.oper = (enum portal_oper)e->state;
    m->portal.has_exit_code = true;
    m->portal.last_exit_code = e->code;
    m->view.portals = &m->portal;
    m->view.n_portals = 1;
    text(m->portal_setting.name, sizeof m->portal_setting.name, e->object);
    m->portal_setting.admin = (enum portal_admin)e->admin;
    text(m->portal_setting.requester, sizeof m->portal_setting.requester, e->requester);
    m->settings.portals = &m->portal_setting;
    m->settings.n_portals = 1;

    text(m->limit.name, sizeof m->limit.name, e->object);
    m->limit.state = (enum limit_state)e->state;
    m->limit.has_value = num_decimal(e->value, strlen(e->value), &m->limit.value);
    m->limit.since_ms = e->since_ms;
    m->view.limits = &m->limit;
    m->view.n_limits = 1;
    text(m->limit_setting.name, sizeof m->limit_setting.name, e->object);
    m->limit_setting.status = ROW_ACTIVE;
    m->limit_setting.severity = (enum limit_severity)e->code;
    decimal_set(&m->limit_setting.threshold, e->threshold, strlen(e->threshold));
    m->settings.limits = &m->limit_setting;
    m->settings.n_limits = 1;

    text(m->eperf.name, sizeof m->eperf.name, e->object);
    m->eperf.status = (enum eperf_status)e->state;
    m->view.eperfs = &m->eperf;
    m->view.n_eperfs = 1;
}

static const struct column *column_named(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, name) == 0)
            return &t->columns[i];
    return NULL;
}

bool notify_objects(const struct mib *mib, const struct scm_event *e,
                    bool (*emit)(void *arg, const struct oid_name *name, const struct value *v), void *arg)
{
    struct moment m;

    if ((size_t)e->type >= COUNT_OF(objects))
        return true;
    moment_of(e, &m);
    for (const struct object *o = objects[e->type]; o->table != NULL; o++) {
        const struct column *col = column_named(o->table, o->column);
        struct oid_name name;
        struct value v;
        struct row row;
        o->table->at(&m.snap, 0, &row);
        if (!column_get(col, &m.snap, &row, &v))
            continue;
        mib_name(mib, o->table, col, &row, &name);
        if (!emit(arg, &name, &v))
            return false;
    }
    return true;
}
