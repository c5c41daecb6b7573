/* SCALEMON-MIB as the console knows it: one row per object in mib.c. Numeric OIDs only, no MIB files.
 *
 * Scalars come first in the enumeration, then the columns, table by table; within a table in the order of
 * their arcs. */
#ifndef SCM_CONSOLE_MIB_H
#define SCM_CONSOLE_MIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

enum mib_object {
    AGENT_VERSION,
    AGENT_STARTED,
    AGENT_ADMIN,
    FEED_STATUS,
    FEED_AGE,
    NOTIFICATIONS_ENABLED,
    SET_LOCK,
    NOTIFICATIONS_SENT,
    NOTIFICATIONS_SUPPRESSED,
    LOAD1,
    LOAD5,
    LOAD15,
    CPU_COUNT,
    MEM_TOTAL,
    MEM_USED,
    MEM_AVAILABLE,
    HOST_INTERFACE,
    HOST_IN_RATE,
    HOST_OUT_RATE,
    MIB_SCALARS, /* how many scalars there are; the columns follow */
    PORTAL_DESCRIPTION = MIB_SCALARS,
    PORTAL_ADMIN,
    PORTAL_OPER,
    PORTAL_LAST_CHANGE,
    PORTAL_REQUESTER,
    PORTAL_LAST_ACTION,
    PORTAL_LAST_EXIT_CODE,
    PORTAL_LAST_OUTPUT,
    PORTAL_STARTS,
    PORTAL_FAILURES,
    LIMIT_METRIC,
    LIMIT_DIRECTION,
    LIMIT_THRESHOLD,
    LIMIT_CLEAR,
    LIMIT_HITS,
    LIMIT_CLEAR_HITS,
    LIMIT_SEVERITY,
    LIMIT_STATE,
    LIMIT_VALUE,
    LIMIT_SINCE,
    LIMIT_STORAGE,
    LIMIT_ROW_STATUS,
    EPERF_PEER,
    EPERF_PROTOCOL,
    EPERF_CONNECTIONS,
    EPERF_STATUS,
    EPERF_UPLOAD,
    EPERF_DOWNLOAD,
    EPERF_RETRANSMITS,
    EPERF_RTT,
    EPERF_JITTER,
    EPERF_LOSS,
    EPERF_LAST_RUN,
    EPERF_LAST_ERROR,
    EPERF_RUN_NOW,
    EVENT_TIME,
    EVENT_TYPE,
    EVENT_OBJECT,
    EVENT_OLD_STATE,
    EVENT_NEW_STATE,
    EVENT_VALUE,
    EVENT_TEXT,
    MIB_OBJECTS
};

enum mib_table { TABLE_NONE, TABLE_PORTAL, TABLE_LIMIT, TABLE_EPERF, TABLE_EVENT, MIB_TABLES };

/* How a value travels and what it must look like. */
enum mib_syntax {
    SYNTAX_TEXT,    /* SnmpAdminString, at most MIB_TEXT_MAX bytes */
    SYNTAX_DECIMAL, /* ScmDecimal: a string that num_decimal() takes; empty is absent */
    SYNTAX_ENUM,    /* INTEGER with labels; a number that has none is shown as a number */
    SYNTAX_INTEGER, /* Integer32 */
    SYNTAX_GAUGE,   /* Gauge32 and Unsigned32, one on the wire */
    SYNTAX_COUNTER, /* Counter32 */
    SYNTAX_DATE     /* DateAndTime, 8 or 11 bytes */
};

/* Values of the enumerations that the console decides by. */
enum { ADMIN_ON = 1, ADMIN_OFF = 2, ADMIN_HOLD = 3 };
enum {
    OPER_OFF = 1,
    OPER_STARTING = 2,
    OPER_ON = 3,
    OPER_STOPPING = 4,
    OPER_BACKOFF = 5,
    OPER_FAILED = 6,
    OPER_UNKNOWN = 7
};
enum { FEED_UP = 1, FEED_DOWN = 2 };
enum { LIMIT_OK = 1, LIMIT_EXCEEDED = 2, LIMIT_UNKNOWN = 3 };
enum { SEVERITY_WARNING = 1, SEVERITY_FAILURE = 2 };
enum { RUN_OK = 4, RUN_FAILED = 5 };
enum { ROW_ACTIVE = 1, ROW_CREATE_AND_GO = 4, ROW_DESTROY = 6 };

enum {
    MIB_NAME_MAX = 32,   /* bytes of a row's name */
    MIB_TEXT_MAX = 1024, /* bytes of a string; the MIB promises 255, scmPortalLastOutput may have more */
    MIB_CELLS = 14,      /* columns of the widest table, its index included */
    MIB_OID_MAX = 64     /* sub-identifiers of any instance here */
};

struct mib_def {
    const char *name;     /* as the MIB has it: "scmPortalAdminStatus" */
    const char *key;      /* in JSON and CSV: "admin" */
    uint8_t group;        /* arc below scmObjects */
    uint8_t arc;          /* the scalar's or column's own */
    enum mib_table table; /* TABLE_NONE: a scalar */
    enum mib_syntax syntax;
    const char *const *labels; /* SYNTAX_ENUM: [0] is unused, ends with NULL */
};

const struct mib_def *mib_def(enum mib_object object);

/* A row's index: a name, or a number where the table has one (events). */
struct mib_index {
    uint32_t number; /* 0: by name */
    uint8_t len;     /* 0: before the first row */
    char name[MIB_NAME_MAX + 1];
};

bool mib_index_name(struct mib_index *index, const char *name); /* false: empty or longer than MIB_NAME_MAX */
int mib_index_cmp(enum mib_table table, const struct mib_index *a,
                  const struct mib_index *b); /* in SNMP's order */

/* The OID of a scalar or column without its instance; returns its length. */
size_t mib_oid(enum mib_object object, oid out[MIB_OID_MAX]);
/* With its instance: ".0" of a scalar (index NULL), the index of a row. */
size_t mib_instance(enum mib_object object, const struct mib_index *index, oid out[MIB_OID_MAX]);

enum mib_match {
    MATCH_OTHER,     /* not an instance of this object */
    MATCH_MALFORMED, /* below this object, but with an index that the table cannot have */
    MATCH_INSTANCE
};
/* Is name an instance of object? index receives a column's row. Names hold no control bytes after this. */
enum mib_match mib_match(enum mib_object object, const oid *name, size_t len, struct mib_index *index);

/* The label of value, or NULL. */
const char *mib_label(enum mib_object object, int64_t value);
/* What an agent wants of a value that it did not take, for people; NULL: the name says enough. */
const char *mib_expected(enum mib_object object);
/* The value of a label, or 0. */
int mib_value(enum mib_object object, const char *label);

#endif
