/* scmEperfTable, scmEventTable and scmNotifyInfo. */
#include "agent/mib.h"

#include "agent/event.h"

/* ---- scmEperfTable ---- */

static size_t eperf_count(const struct snapshot *snap)
{
    return snap->view != NULL ? snap->view->n_eperfs : 0;
}

static void eperf_at(const struct snapshot *snap, size_t i, struct row *out)
{
    const struct view_eperf *e = &snap->view->eperfs[i];

    *out = (struct row){.name = e->name, .data = e};
}

static bool get_protocol(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct view_eperf *e = row->data;

    return e->has_protocol && value_int(out, (int32_t)e->protocol);
}

static bool get_run(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct setting_eperf *e = settings_eperf(snap->settings, row->name);

    out->type = VALUE_UNSIGNED;
    out->u = e != NULL ? e->run : 0;
    return true;
}

SETTER(set_run)
{
    for (size_t i = 0; i < eperf_count(snap); i++) {
        if (name_cmp(snap->view->eperfs[i].name, name) != 0)
            continue;
        if (v->u == 0 && settings_eperf(draft, name) == NULL)
            return SET_OK; /* it is 0 already */
        return settings_eperf_run(draft, name, v->u) ? SET_OK : SET_RESOURCE_UNAVAILABLE;
    }
    return SET_NO_CREATION;
}

#define EPERF(ARC, NAME, SYNTAX, KIND, MEMBER) COL_FIELD(ARC, NAME, SYNTAX, KIND, struct view_eperf, MEMBER)

static const struct column eperf_columns[] = {
    COL_INDEX(1, "scmEperfName", SYN_STRING),
    EPERF(2, "scmEperfPeer", SYN_STRING, FIELD_STRING, peer),
    COL_GET(3, "scmEperfProtocol", SYN_INTEGER, get_protocol),
    EPERF(4, "scmEperfConnections", SYN_GAUGE, FIELD_OPT, connections),
    EPERF(5, "scmEperfStatus", SYN_INTEGER, FIELD_ENUM, status),
    EPERF(6, "scmEperfUploadRate", SYN_GAUGE, FIELD_OPT, upload),
    EPERF(7, "scmEperfDownloadRate", SYN_GAUGE, FIELD_OPT, download),
    EPERF(8, "scmEperfRetransmits", SYN_GAUGE, FIELD_OPT, retransmits),
    EPERF(9, "scmEperfRtt", SYN_GAUGE, FIELD_OPT, rtt_us),
    EPERF(10, "scmEperfJitter", SYN_GAUGE, FIELD_OPT, jitter_us),
    EPERF(11, "scmEperfLoss", SYN_GAUGE, FIELD_OPT, loss),
    EPERF(12, "scmEperfLastRun", SYN_TIME, FIELD_TIME, last_run_ms),
    EPERF(13, "scmEperfLastError", SYN_STRING, FIELD_STRING, last_error),
    COL_WRITE(14, "scmEperfRunNow", SYN_UNSIGNED, 0, UINT32_MAX, get_run, set_run),
};

const struct table mib_eperf = {
    "scmEperfEntry", {1, 6, 1},
     3, INDEX_NAME, eperf_columns, COUNT_OF(eperf_columns), eperf_count, eperf_at
};

/* ---- scmEventTable ---- */

static size_t event_count(const struct snapshot *snap)
{
    return snap->view != NULL && snap->view->events != NULL ? snap->view->events->n : 0;
}

static void event_at(const struct snapshot *snap, size_t i, struct row *out)
{
    const struct scm_event *e = snap->view->events->events[i];

    *out = (struct row){.number = e->index, .data = e};
}

#define EVENT(ARC, NAME, SYNTAX, KIND, MEMBER) COL_FIELD(ARC, NAME, SYNTAX, KIND, struct scm_event, MEMBER)

static const struct column event_columns[] = {
    EVENT(1, "scmEventIndex", SYN_UNSIGNED, FIELD_U32, index),
    EVENT(2, "scmEventTime", SYN_TIME, FIELD_TIME, time_ms),
    EVENT(3, "scmEventType", SYN_INTEGER, FIELD_ENUM, type),
    EVENT(4, "scmEventObject", SYN_STRING, FIELD_POINTER, object),
    EVENT(5, "scmEventOldState", SYN_STRING, FIELD_POINTER, old_state),
    EVENT(6, "scmEventNewState", SYN_STRING, FIELD_POINTER, new_state),
    EVENT(7, "scmEventValue", SYN_STRING, FIELD_POINTER, value),
    EVENT(8, "scmEventText", SYN_STRING, FIELD_POINTER, text),
    COL_INDEX(9, "scmEventNumber", SYN_UNSIGNED),
};

const struct table mib_event = {
    "scmEventEntry",         {1, 7, 1},
             3,       INDEX_NUMBER, event_columns,
    COUNT_OF(event_columns), event_count, event_at
};

/* ---- scmNotifyInfo: of the event that a notification is about ---- */

static size_t notify_count(const struct snapshot *snap)
{
    return event_count(snap) > 0 ? 1 : 0;
}

static void notify_at(const struct snapshot *snap, size_t i, struct row *out)
{
    event_at(snap, 0, out);
}

#define NOTIFY(ARC, NAME, MEMBER)                                                                            \
    {                                                                                                        \
        .arc = (ARC), .name = (NAME), .syntax = SYN_STRING, .access = ACCESS_NOTIFY,                         \
        .field = FIELD_POINTER, .offset = offsetof(struct scm_event, MEMBER)                                     \
    }

static const struct column notify_columns[] = {
    NOTIFY(1, "scmNotifyMetric", metric),
    NOTIFY(2, "scmNotifyHost", host),
};

const struct table mib_notify = {
    "scmNotifyInfo",          {1, 8},
              2,        INDEX_SCALAR, notify_columns,
    COUNT_OF(notify_columns), notify_count, notify_at
};
