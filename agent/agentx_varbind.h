/* Between net-snmp's varbinds and the table engine's names and values. */
#ifndef SCM_AGENT_AGENTX_VARBIND_H
#define SCM_AGENT_AGENTX_VARBIND_H

#include "agent/table.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

/* An OID of net-snmp's, cut to OID_MAX: AgentX carries longer ones, but no instance of ours has such a name,
 * so that what is not there, and what comes next, stay the same. Its length. */
size_t varbind_oid(const oid *name, size_t len, uint32_t id[OID_MAX]);

/* The other way round; strings are copied. false: out of memory. */
bool varbind_set_name(netsnmp_variable_list *vb, const struct oid_name *name);
bool varbind_set_value(netsnmp_variable_list *vb, const struct value *v);

/* Reads a varbind of a SET; strings stay in vb. */
void varbind_take(const netsnmp_variable_list *vb, struct varbind *out);

/* Appends a varbind to a list; false: out of memory. */
bool varbind_append(netsnmp_variable_list **list, const struct oid_name *name, const struct value *v);

#endif
