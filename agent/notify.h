/* Notifications as data: which objects each carries, and their values as they were when the event happened.
 * No net-snmp. */
#ifndef SCM_AGENT_NOTIFY_H
#define SCM_AGENT_NOTIFY_H

#include "agent/table.h"

struct scm_event;

enum { NOTIFY_VARBINDS_MAX = 16 };

/* The value of snmpTrapOID.0 for this event. false: its type has no notification. */
bool notify_oid(const struct mib *mib, const struct scm_event *e, struct oid_name *out);

/* Calls emit for each object of the event's notification, in the MIB's order; names and values live until
 * emit returns. The values come through the same columns as GET's, from a snapshot that holds nothing but
 * this event. Objects that had no value are left out. Stops and returns false where emit does. */
bool notify_objects(const struct mib *mib, const struct scm_event *e,
                    bool (*emit)(void *arg, const struct oid_name *name, const struct value *v), void *arg);

#endif
