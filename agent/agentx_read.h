/* GET and GETNEXT from the table engine: as whole AgentX PDUs, and varbind by varbind for net-snmp's handler.
 *
 * net-snmp takes a request of the master through a session with itself (a pipe, four copies of the PDU, its
 * registry, its caches), which costs more than everything else that a GET does. A reader answers on the
 * session at once. */
#ifndef SCM_AGENT_AGENTX_READ_H
#define SCM_AGENT_AGENTX_READ_H

#include "agent/agentx_varbind.h"

struct reader {
    const struct mib *mib;
    struct view_hub *views;
    struct settings_hub *settings;

    /* what the requests of one transaction of the master see; references, or NULL */
    const struct view *view;
    const struct settings *seen;
    long transaction;
    int64_t seen_ms;
};

/* Lets go of the snapshot that is kept for the rest of a transaction. */
void reader_forget(struct reader *r);

/* The snapshot for a request. The master makes one GETBULK into many AgentX GetNexts with one transaction id,
 * which see the same moment; but nobody sees one that is older than a second. Good until the next call or
 * reader_forget(). */
struct snapshot reader_snapshot(struct reader *r, long transaction);

/* GET: gives vb its value or its exception. false: out of memory. */
bool reader_get(const struct reader *r, const struct snapshot *snap, netsnmp_variable_list *vb);

/* GETNEXT: name and value of the first instance after vb's name, or of that name itself where inclusive.
 * GET_OK or GET_END. */
enum get_result reader_next(const struct reader *r, const struct snapshot *snap,
                            const netsnmp_variable_list *vb, bool inclusive, struct oid_name *next,
                            struct value *v);

/* Answers a Get or GetNext PDU that the session received, whose varbinds it takes. false: the PDU is
 * something else, or of a context, which is as net-snmp decides; it is untouched. */
bool reader_answer(struct reader *r, netsnmp_session *session, netsnmp_pdu *request);

#endif
