#include "agent/agentx_notify.h"

#include "agent/agentx_varbind.h"
#include "agent/clock.h"
#include "agent/event.h"
#include "agent/notify.h"

enum {
    NOTIFY_US = 1000 * 1000000, /* a Notify waits for its Response as long as the session lives */
    NOTIFY_RETRY_MS = 1000,
    AGENTX_NOTIFY = 12, /* h.type of RFC 2741 6.1; net-snmp ships no header that has it */
};

static int on_notify_response(int op, netsnmp_session *session, int reqid, netsnmp_pdu *pdu, void *arg)
{
    struct notifier *n = arg;

    if (n->in_flight == 0 || reqid != n->in_flight_reqid)
        return 1;
    uint32_t index = n->in_flight;
    n->in_flight = 0;
    if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat != SNMP_ERR_NOERROR) {
        n->retry_at_ms = clock_mono_ms() + NOTIFY_RETRY_MS;
        return 1;
    }
    n->last_sent = index;
    n->ops->sent(n->ctx, index);
    return 1;
}

static bool add_object(void *list, const struct oid_name *name, const struct value *v)
{
    return varbind_append(list, name, v);
}

/* The Notify PDU of an event; NULL: out of memory. The master puts sysUpTime.0 in front. */
static netsnmp_pdu *notify_pdu(const struct notifier *n, long sessid, const struct scm_event *e,
                               const struct oid_name *trap)
{
    static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
    netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_NOTIFY);
    oid id[MAX_OID_LEN];

    if (pdu == NULL)
        return NULL;
    for (size_t i = 0; i < trap->len; i++)
        id[i] = trap->id[i];
    pdu->sessid = sessid;
    if (snmp_pdu_add_variable(pdu, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, id,
                              trap->len * sizeof *id) != NULL &&
        notify_objects(n->mib, e, add_object, &pdu->variables))
        return pdu;
    snmp_free_pdu(pdu);
    return NULL;
}

/* The oldest event that has a notification and has not been sent, a reference, with its name; NULL: none. */
static const struct scm_event *next_due(struct notifier *n, struct oid_name *trap)
{
    const struct scm_event *e;

    while ((e = n->ops->next_event(n->ctx, n->last_sent)) != NULL && !notify_oid(n->mib, e, trap)) {
        n->last_sent = e->index; /* nothing to send is sent */
        n->ops->sent(n->ctx, e->index);
        event_unref(e);
    }
    return e;
}

static bool send_notify(struct notifier *n, netsnmp_session *session, const struct scm_event *e,
                        const struct oid_name *trap)
{
    netsnmp_pdu *pdu = notify_pdu(n, session->sessid, e, trap);
    long patience = session->timeout;

    if (pdu == NULL)
        return false;
    n->in_flight = e->index;
    n->in_flight_reqid = pdu->reqid;
    session->timeout = NOTIFY_US; /* taken over by the request as it is made */
    if (snmp_async_send(session, pdu, on_notify_response, n) == 0) {
        snmp_free_pdu(pdu);
        n->in_flight = 0;
    }
    session->timeout = patience;
    return n->in_flight != 0;
}

void notifier_send(struct notifier *n, netsnmp_session *session, int64_t now_ms)
{
    struct oid_name trap;

    if (n->in_flight != 0 || now_ms < n->retry_at_ms)
        return;
    n->retry_at_ms = 0;
    const struct scm_event *e = next_due(n, &trap);
    if (e == NULL)
        return;
    if (!send_notify(n, session, e, &trap))
        n->retry_at_ms = now_ms + NOTIFY_RETRY_MS;
    event_unref(e);
}

void notifier_lost(struct notifier *n)
{
    n->in_flight = 0;
    n->retry_at_ms = 0;
}
