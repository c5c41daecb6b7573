/* What comes back of a probe or a request, and what it means for the operation. */
#include "console/poll_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/library/lcd_time.h>
#include <net-snmp/library/snmpusm.h>

/* The Report that answers a probe: the session learns its engine, USM its user (here the key is localised).
 */
static void probed(struct host *h, netsnmp_session *s, const netsnmp_pdu *pdu)
{
    if (pdu->command != SNMP_MSG_REPORT || pdu->securityEngineIDLen < 5 || pdu->securityEngineIDLen > 32) {
        snprintf(h->why, sizeof h->why, "answers discovery with an engine ID of %zu bytes",
                 pdu->securityEngineIDLen);
        host_lied(h);
        return;
    }
    free(s->securityEngineID); /* net-snmp takes it from some Reports itself */
    s->securityEngineID = netsnmp_memdup(pdu->securityEngineID, pdu->securityEngineIDLen);
    s->securityEngineIDLen = pdu->securityEngineIDLen;
    if (s->contextEngineIDLen == 0) {
        s->contextEngineID = netsnmp_memdup(pdu->securityEngineID, pdu->securityEngineIDLen);
        s->contextEngineIDLen = pdu->securityEngineIDLen;
    }
    if (s->securityEngineID == NULL || s->contextEngineID == NULL ||
        usm_create_user_from_session(s) != SNMPERR_SUCCESS) {
        snprintf(h->why, sizeof h->why,
                 "no key for this engine: see -u, -l, -a, -A, -x, -X and snmp.conf(5)");
        h->close_due = true;
        host_end(h, HOST_REFUSED);
        return;
    }
    session_send(h);
}

static void fetched(struct host *h, const netsnmp_pdu *pdu)
{
    const struct fetch_spec *spec = h->fetch.spec;
    switch (fetch_take(&h->fetch, pdu->errstat, pdu->variables, h->why)) {
    case FETCH_MORE:
        session_send(h);
        return;
    case FETCH_LIE:
        host_lied(h);
        return;
    case FETCH_ERROR:
        host_end(h, pdu->errstat == SNMP_ERR_GENERR ? HOST_NO_ANSWER : HOST_REFUSED);
        return;
    case FETCH_DONE:
        break;
    }
    bool none = spec->n_scalars > 0 && answer_scalar(h->fetch.answer, AGENT_STARTED)->kind == CELL_ABSENT;
    h->why[0] = '\0';
    host_end(h, none ? HOST_NO_AGENT : HOST_UP);
}

/* The variable that a SET failed on; MIB_OBJECTS: none of ours. */
static enum mib_object culprit(const struct host *h, long errindex)
{
    const netsnmp_variable_list *v = h->set->variables;
    struct mib_index index;
    for (long i = 1; v != NULL && i < errindex; i++)
        v = v->next_variable;
    for (int o = 0; v != NULL && o < MIB_OBJECTS; o++)
        if (mib_match((enum mib_object)o, v->name, v->name_length, &index) == MATCH_INSTANCE)
            return (enum mib_object)o;
    return MIB_OBJECTS;
}

static bool is_value_error(long status)
{
    return status == SNMP_ERR_WRONGVALUE || status == SNMP_ERR_INCONSISTENTVALUE ||
           status == SNMP_ERR_BADVALUE;
}

static void was_set(struct host *h, const netsnmp_pdu *pdu)
{
    if (pdu->errstat != SNMP_ERR_NOERROR) {
        enum mib_object object = culprit(h, pdu->errindex);
        const char *expected = object != MIB_OBJECTS ? mib_expected(object) : NULL;
        bool explained = expected != NULL && is_value_error(pdu->errstat);
        snprintf(h->why, sizeof h->why, "%s: %s%s", object != MIB_OBJECTS ? mib_def(object)->name : "SET",
                 explained ? "expected " : "", explained ? expected : snmp_errstring((int)pdu->errstat));
        host_end(h, HOST_REFUSED);
        return;
    }
    host_end(h, HOST_UP);
}

/* A Report that net-snmp does not recover from. An engine that changed (a new snmpd) is asked for its ID once
 * more. */
static void reported(struct host *h, netsnmp_session *s, const netsnmp_pdu *pdu)
{
    int type = snmpv3_get_report_type((netsnmp_pdu *)(uintptr_t)pdu);
    if ((type == SNMPERR_UNKNOWN_ENG_ID || type == SNMPERR_NOT_IN_TIME_WINDOW) && !h->rediscovered) {
        h->rediscovered = true;
        free_enginetime(s->securityEngineID, s->securityEngineIDLen);
        free(s->securityEngineID);
        free(s->contextEngineID);
        s->securityEngineID = s->contextEngineID = NULL;
        s->securityEngineIDLen = s->contextEngineIDLen = 0;
        s->flags &= ~(u_long)SNMP_FLAGS_USER_CREATED;
        session_send(h);
        return;
    }
    snprintf(h->why, sizeof h->why, "%s", snmp_api_errstring(type));
    h->close_due = true;
    host_end(h, HOST_REFUSED);
}

void answer_missing(struct host *h)
{
    netsnmp_session *s = snmp_sess_session(h->session);
    if (h->packets > POLL_PACKETS_MAX || h->garbage >= 1) {
        snprintf(h->why, sizeof h->why,
                 h->packets > POLL_PACKETS_MAX ? "floods: more than %d datagrams for one request"
                                               : "answers what is no SNMP message",
                 POLL_PACKETS_MAX);
        host_lied(h);
        return;
    }
    /* The next try starts from nothing: the engine may have been replaced, or its boots forgotten. */
    if (h->out_of_time)
        free_enginetime(s->securityEngineID, s->securityEngineIDLen);
    h->close_due = true;
    /* What it cannot decrypt snmpd drops in silence. */
    bool mute = h->phase == PHASE_WORKING && !h->proven && s->version == SNMP_VERSION_3;
    snprintf(h->why, sizeof h->why, "%s",
             mute ? "tells its engine, and then nothing: is the privacy passphrase (-X) right?" : "");
    host_end(h, HOST_NO_ANSWER);
}

/* What a probe and a request have in common. Returns true where op was handled. */
static bool on_any(int op, netsnmp_session *s, struct host *h)
{
    if (h->sending || (h->phase != PHASE_PROBING && h->phase != PHASE_WORKING))
        return true;
    if (op == NETSNMP_CALLBACK_OP_RESEND)
        h->expires = now_ms() + s->timeout / 1000 + POLL_SLACK_MS;
    else if (op == NETSNMP_CALLBACK_OP_TIMED_OUT || op == NETSNMP_CALLBACK_OP_SEND_FAILED)
        answer_missing(h);
    else
        return false;
    return true;
}

/* After the Report net-snmp calls once more, with SEC_ERROR: that is not for us. */
int answer_to_probe(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg)
{
    struct host *h = arg;
    if (on_any(op, s, h) || op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || h->phase != PHASE_PROBING)
        return 1;
    host_answered(h);
    probed(h, s, pdu);
    return 1;
}

int answer_to_request(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg)
{
    struct host *h = arg;
    if (on_any(op, s, h) || h->phase != PHASE_WORKING)
        return 1;
    if (op == NETSNMP_CALLBACK_OP_SEC_ERROR) {
        host_answered(h);
        reported(h, s, pdu);
    } else if (op == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu->command != SNMP_MSG_REPORT) {
        /* (a Report is net-snmp's to judge: it sends again, or calls with SEC_ERROR) */
        host_answered(h);
        h->proven = true;
        if (h->op == OP_FETCH)
            fetched(h, pdu);
        else
            was_set(h, pdu);
    }
    return 1;
}
