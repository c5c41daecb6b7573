#include "console/poll_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <net-snmp/library/lcd_time.h>
#include <net-snmp/library/snmpusm.h>

enum {
    PACKETS_MAX = 64, /* datagrams between a request and its answer: more is a flood */
    GARBAGE_MAX = 4,  /* of them, those that are no SNMP */
    SLACK_MS = 2      /* net-snmp's clock of a request starts a little after ours */
};

static int on_probe(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg);
static int on_packet(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg);

/* Before net-snmp parses a datagram: 0 throws it away. */
static int before_parse(netsnmp_session *s, netsnmp_transport *t, void *opaque, int length)
{
    struct host *h = s->myvoid;
    return ++h->packets <= PACKETS_MAX;
}

/* After: net-snmp tells nobody else about what it could not read. What USM threw away is no garbage: an agent
 * whose engine boots were lost sounds like a replay. */
static int after_parse(netsnmp_session *s, netsnmp_pdu *pdu, int result)
{
    struct host *h = s->myvoid;
    if (result == SNMPERR_USM_NOTINTIMEWINDOW)
        h->out_of_time = true;
    else if (result != SNMP_ERR_NOERROR &&
             (result > SNMPERR_USM_GENERICERROR || result < SNMPERR_USM_DECRYPTIONERROR ||
              result == SNMPERR_USM_PARSEERROR))
        h->garbage++;
    return 1;
}

bool session_open(struct host *h)
{
    netsnmp_session s = h->poller->template;
    if (h->session != NULL)
        return true;
    s.peername = h->address;
    s.myvoid = h;
    s.flags |= SNMP_FLAGS_DONT_PROBE;
    netsnmp_transport *t = netsnmp_transport_open_client("snmp", h->address);
    if (t == NULL) {
        if (errno == EMFILE || errno == ENFILE)
            snprintf(h->why, sizeof h->why, "%s: raise the limit of open files", strerror(errno));
        else
            snprintf(h->why, sizeof h->why, "no such address: %.100s", h->address);
        return false;
    }
    h->session = snmp_sess_add(&s, t, before_parse, after_parse); /* owns t, also when it fails */
    if (h->session == NULL) {
        snprintf(h->why, sizeof h->why, "no session: %s", snmp_api_errstring(s.s_snmp_errno));
        return false;
    }
    snmp_sess_session(h->session)->flags |= SNMP_FLAGS_DONT_PROBE; /* snmp_sess_add() took it away */
    h->fd = t->sock;
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = h};
    if (epoll_ctl(h->poller->epoll, EPOLL_CTL_ADD, h->fd, &ev) != 0) {
        snprintf(h->why, sizeof h->why, "epoll: %s", strerror(errno));
        session_close(h);
        return false;
    }
    return true;
}

void session_close(struct host *h)
{
    h->close_due = false;
    if (h->session == NULL)
        return;
    epoll_ctl(h->poller->epoll, EPOLL_CTL_DEL, h->fd, NULL);
    snmp_sess_close(h->session);
    h->session = NULL;
    h->fd = -1;
}

/* RFC 3414, 4: a request of nobody to no engine; the Report names the engine. */
static netsnmp_pdu *probe(void)
{
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
    if (pdu == NULL)
        return NULL;
    pdu->version = SNMP_VERSION_3;
    pdu->securityName = strdup("");
    pdu->securityNameLen = 0;
    pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
    pdu->securityModel = SNMP_SEC_MODEL_USM;
    return pdu;
}

static netsnmp_pdu *bulk(const struct fetch *f)
{
    struct fetch_request request;
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
    if (pdu == NULL)
        return NULL;
    fetch_next(f, &request);
    pdu->non_repeaters = (long)request.non_repeaters;
    pdu->max_repetitions = (long)request.repetitions;
    for (size_t i = 0; i < request.n; i++)
        snmp_add_null_var(pdu, request.oids[i].name, request.oids[i].len);
    return pdu;
}

static bool needs_probe(const struct host *h)
{
    const netsnmp_session *s = snmp_sess_session(h->session);
    return s->version == SNMP_VERSION_3 && s->securityModel == SNMP_SEC_MODEL_USM &&
           s->securityEngineIDLen == 0;
}

void session_send(struct host *h)
{
    netsnmp_session *s = snmp_sess_session(h->session);
    netsnmp_pdu *pdu;

    if (needs_probe(h)) {
        h->phase = PHASE_PROBING;
        pdu = probe();
    } else {
        h->phase = PHASE_WORKING;
        pdu = h->op == OP_FETCH ? bulk(&h->fetch) : snmp_clone_pdu(h->set);
    }
    h->packets = h->garbage = 0;
    h->out_of_time = false;
    /* A host that is known to be dead gets one datagram per operation. */
    s->retries = h->failures > 0 ? 0 : h->poller->template.retries;
    h->sending = true;
    bool sent = pdu != NULL && snmp_sess_async_send(h->session, pdu,
                                                    h->phase == PHASE_PROBING ? on_probe : on_packet, h) != 0;
    h->sending = false;
    if (!sent) {
        snprintf(h->why, sizeof h->why, "cannot send: %s", snmp_api_errstring(s->s_snmp_errno));
        snmp_free_pdu(pdu);
        h->close_due = true;
        host_end(h, HOST_NO_ANSWER);
        return;
    }
    host_sent(h, s->timeout / 1000 + SLACK_MS);
}

/* ---- what comes back */

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

/* The name of the variable that a SET failed on. */
static const char *culprit(const struct host *h, long errindex)
{
    const netsnmp_variable_list *v = h->set->variables;
    struct mib_index index;
    for (long i = 1; v != NULL && i < errindex; i++)
        v = v->next_variable;
    for (int o = 0; v != NULL && o < MIB_OBJECTS; o++)
        if (mib_match((enum mib_object)o, v->name, v->name_length, &index) == MATCH_INSTANCE)
            return mib_def((enum mib_object)o)->name;
    return "SET";
}

static void was_set(struct host *h, const netsnmp_pdu *pdu)
{
    if (pdu->errstat != SNMP_ERR_NOERROR) {
        snprintf(h->why, sizeof h->why, "%s: %s", culprit(h, pdu->errindex),
                 snmp_errstring((int)pdu->errstat));
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

static void no_answer(struct host *h)
{
    netsnmp_session *s = snmp_sess_session(h->session);
    if (h->packets > PACKETS_MAX || h->garbage >= 1) {
        snprintf(h->why, sizeof h->why,
                 h->packets > PACKETS_MAX ? "floods: more than %d datagrams for one request"
                                          : "answers what is no SNMP message",
                 PACKETS_MAX);
        host_lied(h);
        return;
    }
    /* The next try starts from nothing: the engine may have been replaced, or its boots forgotten. */
    if (h->out_of_time)
        free_enginetime(s->securityEngineID, s->securityEngineIDLen);
    h->close_due = true;
    h->why[0] = '\0';
    host_end(h, HOST_NO_ANSWER);
}

/* What a probe and a request have in common. Returns true where op was handled. */
static bool on_any(int op, netsnmp_session *s, struct host *h)
{
    if (h->sending || (h->phase != PHASE_PROBING && h->phase != PHASE_WORKING))
        return true;
    if (op == NETSNMP_CALLBACK_OP_RESEND)
        h->expires = now_ms() + s->timeout / 1000 + SLACK_MS;
    else if (op == NETSNMP_CALLBACK_OP_TIMED_OUT || op == NETSNMP_CALLBACK_OP_SEND_FAILED)
        no_answer(h);
    else
        return false;
    return true;
}

/* After the Report net-snmp calls once more, with SEC_ERROR: that is not for us. */
static int on_probe(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg)
{
    struct host *h = arg;
    if (on_any(op, s, h) || op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || h->phase != PHASE_PROBING)
        return 1;
    host_answered(h);
    probed(h, s, pdu);
    return 1;
}

static int on_packet(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg)
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
        if (h->op == OP_FETCH)
            fetched(h, pdu);
        else
            was_set(h, pdu);
    }
    return 1;
}

void session_read(struct host *h)
{
    NETSNMP_LARGE_FD_SET(h->fd, &h->poller->fds);
    snmp_sess_read2(h->session, &h->poller->fds);
    NETSNMP_LARGE_FD_CLR(h->fd, &h->poller->fds);
    bool under_way = h->phase == PHASE_PROBING || h->phase == PHASE_WORKING;
    if (under_way && (h->packets > PACKETS_MAX || h->garbage >= GARBAGE_MAX))
        no_answer(h);
}

void session_timeout(struct host *h)
{
    snmp_sess_timeout(h->session);
    if (h->expires < now_ms()) /* it did nothing: its clock is behind ours */
        h->expires = now_ms() + SLACK_MS;
}
