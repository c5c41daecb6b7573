#include "scm_config.h" /* first: net-snmp's headers define PACKAGE_NAME and the like anew */

#include "console/mib.h"

#include <string.h>

static const oid ROOT[] = {SCM_OID_ROOT};
enum { ROOT_LEN = sizeof ROOT / sizeof ROOT[0] };

static const char *const agent_admin[] = {"", "running", "maintenance", "shutdown", NULL};
static const char *const feed_status[] = {"", "up", "down", NULL};
static const char *const truth[] = {"", "true", "false", NULL};
static const char *const portal_admin[] = {"", "on", "off", "hold", NULL};
static const char *const portal_oper[] = {"",        "off",    "starting", "on", "stopping",
                                          "backoff", "failed", "unknown",  NULL};
static const char *const portal_action[] = {"none", "start", "stop", "status", NULL};
static const char *const direction[] = {"", "above", "below", NULL};
static const char *const severity[] = {"", "warning", "failure", NULL};
static const char *const limit_state[] = {"", "ok", "exceeded", "unknown", NULL};
static const char *const storage[] = {"", "other", "volatile", "nonVolatile", "permanent", "readOnly", NULL};
static const char *const row_status[] = {
    "", "active", "notInService", "notReady", "createAndGo", "createAndWait", "destroy", NULL};
static const char *const protocol[] = {"", "tcp", "udp", NULL};
static const char *const event_type[] = {
    "",           "portalChange", "limitExceeded", "limitCleared", "eperfFailed",
    "feedChange", "agentChange",  "limitUnknown",  "store",        NULL};
static const char *const eperf_status[] = {"", "idle", "waiting", "running", "ok", "failed", NULL};

#define SCALAR(group, arc, name, key, syntax, labels)                                                        \
    {                                                                                                        \
        name, key, group, arc, TABLE_NONE, SYNTAX_##syntax, labels                                           \
    }
#define PORTAL(arc, name, key, syntax, labels)                                                               \
    {                                                                                                        \
        "scmPortal" name, key, 4, arc, TABLE_PORTAL, SYNTAX_##syntax, labels                                 \
    }
#define LIMIT(arc, name, key, syntax, labels)                                                                \
    {                                                                                                        \
        "scmLimit" name, key, 5, arc, TABLE_LIMIT, SYNTAX_##syntax, labels                                   \
    }
#define EPERF(arc, name, key, syntax, labels)                                                                \
    {                                                                                                        \
        "scmEperf" name, key, 6, arc, TABLE_EPERF, SYNTAX_##syntax, labels                                   \
    }
#define EVENT(arc, name, key, syntax, labels)                                                                \
    {                                                                                                        \
        "scmEvent" name, key, 7, arc, TABLE_EVENT, SYNTAX_##syntax, labels                                   \
    }

/* clang-format off */
static const struct mib_def defs[MIB_OBJECTS] = {
    [AGENT_VERSION]            = SCALAR(1, 1, "scmAgentVersion", "version", TEXT, NULL),
    [AGENT_STARTED]            = SCALAR(1, 2, "scmAgentStarted", "started", DATE, NULL),
    [AGENT_ADMIN]              = SCALAR(1, 3, "scmAgentAdminStatus", "agent", ENUM, agent_admin),
    [FEED_STATUS]              = SCALAR(1, 4, "scmFeedStatus", "feed", ENUM, feed_status),
    [FEED_AGE]                 = SCALAR(1, 5, "scmFeedAge", "feed_age", GAUGE, NULL),
    [NOTIFICATIONS_ENABLED]    = SCALAR(1, 6, "scmNotificationsEnabled", "notifications", ENUM, truth),
    [SET_LOCK]                 = SCALAR(1, 7, "scmSetLock", "set_lock", INTEGER, NULL),
    [NOTIFICATIONS_SENT]       = SCALAR(1, 8, "scmNotificationsSent", "sent", COUNTER, NULL),
    [NOTIFICATIONS_SUPPRESSED] = SCALAR(1, 9, "scmNotificationsSuppressed", "suppressed", COUNTER, NULL),
    [LOAD1]                    = SCALAR(2, 1, "scmLoad1", "load1", GAUGE, NULL),
    [LOAD5]                    = SCALAR(2, 2, "scmLoad5", "load5", GAUGE, NULL),
    [LOAD15]                   = SCALAR(2, 3, "scmLoad15", "load15", GAUGE, NULL),
    [CPU_COUNT]                = SCALAR(2, 4, "scmCpuCount", "cpus", GAUGE, NULL),
    [MEM_TOTAL]                = SCALAR(2, 5, "scmMemTotal", "mem_total", GAUGE, NULL),
    [MEM_USED]                 = SCALAR(2, 6, "scmMemUsed", "mem_used", GAUGE, NULL),
    [MEM_AVAILABLE]            = SCALAR(2, 7, "scmMemAvailable", "mem_available", GAUGE, NULL),
    [HOST_INTERFACE]           = SCALAR(2, 8, "scmHostInterface", "interface", TEXT, NULL),
    [HOST_IN_RATE]             = SCALAR(2, 9, "scmHostInRate", "in", GAUGE, NULL),
    [HOST_OUT_RATE]            = SCALAR(2, 10, "scmHostOutRate", "out", GAUGE, NULL),
    [PORTAL_DESCRIPTION]       = PORTAL(2, "Description", "description", TEXT, NULL),
    [PORTAL_ADMIN]             = PORTAL(3, "AdminStatus", "admin", ENUM, portal_admin),
    [PORTAL_OPER]              = PORTAL(4, "OperStatus", "oper", ENUM, portal_oper),
    [PORTAL_LAST_CHANGE]       = PORTAL(5, "LastChange", "last_change", DATE, NULL),
    [PORTAL_REQUESTER]         = PORTAL(6, "Requester", "requester", TEXT, NULL),
    [PORTAL_LAST_ACTION]       = PORTAL(7, "LastAction", "last_action", ENUM, portal_action),
    [PORTAL_LAST_EXIT_CODE]    = PORTAL(8, "LastExitCode", "last_exit_code", INTEGER, NULL),
    [PORTAL_LAST_OUTPUT]       = PORTAL(9, "LastOutput", "last_output", TEXT, NULL),
    [PORTAL_STARTS]            = PORTAL(10, "Starts", "starts", COUNTER, NULL),
    [PORTAL_FAILURES]          = PORTAL(11, "Failures", "failures", COUNTER, NULL),
    [LIMIT_METRIC]             = LIMIT(2, "Metric", "metric", TEXT, NULL),
    [LIMIT_DIRECTION]          = LIMIT(3, "Direction", "direction", ENUM, direction),
    [LIMIT_THRESHOLD]          = LIMIT(4, "Threshold", "threshold", DECIMAL, NULL),
    [LIMIT_CLEAR]              = LIMIT(5, "Clear", "clear", DECIMAL, NULL),
    [LIMIT_HITS]               = LIMIT(6, "Hits", "hits", GAUGE, NULL),
    [LIMIT_CLEAR_HITS]         = LIMIT(7, "ClearHits", "clear_hits", GAUGE, NULL),
    [LIMIT_SEVERITY]           = LIMIT(8, "Severity", "severity", ENUM, severity),
    [LIMIT_STATE]              = LIMIT(9, "State", "state", ENUM, limit_state),
    [LIMIT_VALUE]              = LIMIT(10, "Value", "value", DECIMAL, NULL),
    [LIMIT_SINCE]              = LIMIT(11, "Since", "since", DATE, NULL),
    [LIMIT_STORAGE]            = LIMIT(12, "StorageType", "storage", ENUM, storage),
    [LIMIT_ROW_STATUS]         = LIMIT(13, "RowStatus", "row_status", ENUM, row_status),
    [EPERF_PEER]               = EPERF(2, "Peer", "peer", TEXT, NULL),
    [EPERF_PROTOCOL]           = EPERF(3, "Protocol", "protocol", ENUM, protocol),
    [EPERF_CONNECTIONS]        = EPERF(4, "Connections", "connections", GAUGE, NULL),
    [EPERF_STATUS]             = EPERF(5, "Status", "status", ENUM, eperf_status),
    [EPERF_UPLOAD]             = EPERF(6, "UploadRate", "upload", GAUGE, NULL),
    [EPERF_DOWNLOAD]           = EPERF(7, "DownloadRate", "download", GAUGE, NULL),
    [EPERF_RETRANSMITS]        = EPERF(8, "Retransmits", "retransmits", GAUGE, NULL),
    [EPERF_RTT]                = EPERF(9, "Rtt", "rtt", GAUGE, NULL),
    [EPERF_JITTER]             = EPERF(10, "Jitter", "jitter", GAUGE, NULL),
    [EPERF_LOSS]               = EPERF(11, "Loss", "loss", GAUGE, NULL),
    [EPERF_LAST_RUN]           = EPERF(12, "LastRun", "last_run", DATE, NULL),
    [EPERF_LAST_ERROR]         = EPERF(13, "LastError", "last_error", TEXT, NULL),
    [EPERF_RUN_NOW]            = EPERF(14, "RunNow", "run_now", GAUGE, NULL),
    [EVENT_TIME]               = EVENT(2, "Time", "time", DATE, NULL),
    [EVENT_TYPE]               = EVENT(3, "Type", "type", ENUM, event_type),
    [EVENT_OBJECT]             = EVENT(4, "Object", "object", TEXT, NULL),
    [EVENT_OLD_STATE]          = EVENT(5, "OldState", "old", TEXT, NULL),
    [EVENT_NEW_STATE]          = EVENT(6, "NewState", "new", TEXT, NULL),
    [EVENT_VALUE]              = EVENT(7, "Value", "value", TEXT, NULL),
    [EVENT_TEXT]               = EVENT(8, "Text", "text", TEXT, NULL),
};
/* clang-format on */

const struct mib_def *mib_def(enum mib_object object)
{
    return &defs[object];
}

bool mib_index_name(struct mib_index *index, const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > MIB_NAME_MAX)
        return false;
    memset(index, 0, sizeof *index);
    index->len = (uint8_t)len;
    memcpy(index->name, name, len);
    return true;
}

int mib_index_cmp(enum mib_table table, const struct mib_index *a, const struct mib_index *b)
{
    if (table == TABLE_EVENT)
        return a->number < b->number ? -1 : a->number > b->number;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->name, b->name, a->len);
}

size_t mib_oid(enum mib_object object, oid out[MIB_OID_MAX])
{
    const struct mib_def *def = &defs[object];
    size_t n = ROOT_LEN;
    memcpy(out, ROOT, sizeof ROOT);
    out[n++] = 1; /* scmObjects */
    out[n++] = def->group;
    if (def->table != TABLE_NONE)
        out[n++] = 1; /* the entry */
    out[n++] = def->arc;
    return n;
}

size_t mib_instance(enum mib_object object, const struct mib_index *index, oid out[MIB_OID_MAX])
{
    size_t n = mib_oid(object, out);
    if (index == NULL) {
        out[n++] = 0;
    } else if (defs[object].table == TABLE_EVENT) {
        out[n++] = index->number;
    } else {
        out[n++] = index->len;
        for (size_t i = 0; i < index->len; i++)
            out[n++] = (unsigned char)index->name[i];
    }
    return n;
}

static enum mib_match match_name(const oid *rest, size_t n, struct mib_index *index)
{
    if (n < 2 || rest[0] != n - 1 || n - 1 > MIB_NAME_MAX)
        return MATCH_MALFORMED;
    for (size_t i = 1; i < n; i++) {
        if (rest[i] > 255 || rest[i] < 32 || rest[i] == 127)
            return MATCH_MALFORMED;
        index->name[i - 1] = (char)rest[i];
    }
    index->len = (uint8_t)(n - 1);
    return MATCH_INSTANCE;
}

enum mib_match mib_match(enum mib_object object, const oid *name, size_t len, struct mib_index *index)
{
    oid base[MIB_OID_MAX];
    size_t n = mib_oid(object, base);
    memset(index, 0, sizeof *index);
    if (len <= n || memcmp(name, base, n * sizeof *base) != 0)
        return MATCH_OTHER;
    name += n;
    len -= n;
    switch (defs[object].table) {
    case TABLE_NONE:
        return len == 1 && name[0] == 0 ? MATCH_INSTANCE : MATCH_MALFORMED;
    case TABLE_EVENT:
        if (len != 1 || name[0] == 0 || name[0] > UINT32_MAX)
            return MATCH_MALFORMED;
        index->number = (uint32_t)name[0];
        return MATCH_INSTANCE;
    case TABLE_PORTAL:
    case TABLE_LIMIT:
    case TABLE_EPERF:
        return match_name(name, len, index);
    case MIB_TABLES:
        break;
    }
    return MATCH_OTHER;
}

const char *mib_label(enum mib_object object, int64_t value)
{
    const char *const *labels = defs[object].labels;
    for (int64_t i = 0; labels != NULL && labels[i] != NULL; i++)
        if (i == value)
            return labels[i][0] != '\0' ? labels[i] : NULL;
    return NULL;
}

const char *mib_expected(enum mib_object object)
{
    switch ((int)object) {
    case LIMIT_METRIC:
        return "PLUGIN/TYPE:DS, a pattern of such, or sum() or count() of one";
    case LIMIT_CLEAR:
        return "one that is not beyond the threshold";
    default:
        return NULL;
    }
}

int mib_value(enum mib_object object, const char *label)
{
    const char *const *labels = defs[object].labels;
    for (int i = 0; labels != NULL && labels[i] != NULL; i++)
        if (labels[i][0] != '\0' && strcmp(labels[i], label) == 0)
            return i;
    return 0;
}
