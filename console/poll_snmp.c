/* A host's session with net-snmp: opened, sent by, read from. */
#include "console/poll_host.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>

enum { GARBAGE_MAX = 4 }; /* datagrams of a request's time that are no SNMP: more is no accident */

/* Before net-snmp parses a datagram: 0 throws it away. */
static int before_parse(netsnmp_session *s, netsnmp_transport *t, void *opaque, int length)
{
    struct host *h = s->myvoid;
    return ++h->packets <= POLL_PACKETS_MAX;
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

static void on_alarm(int signal)
{
}

/* net-snmp connects in the foreground, for minutes where nobody answers; here an alarm cuts that short. */
static netsnmp_transport *connect_tcp(const struct host *h)
{
    const struct sigaction interrupt = {.sa_handler = on_alarm};
    const struct itimerval never = {0};
    struct itimerval soon = {
        .it_interval = {0, 50000}
    }; /* again, lest the first one comes before connect() */
    struct sigaction before;
    soon.it_value.tv_sec = h->poller->template.timeout / 1000000;
    soon.it_value.tv_usec = h->poller->template.timeout % 1000000;
    sigaction(SIGALRM, &interrupt, &before);
    setitimer(ITIMER_REAL, &soon, NULL);
    errno = 0;
    netsnmp_transport *t = netsnmp_transport_open_client("snmp", h->address);
    int error = errno;
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    errno = error;
    return t;
}

static enum host_state not_opened(struct host *h, bool tcp)
{
    if (errno == EMFILE || errno == ENFILE)
        snprintf(h->why, sizeof h->why, "%s: raise the limit of open files", strerror(errno));
    else if (!tcp)
        snprintf(h->why, sizeof h->why, "no such address: %.100s", h->address);
    else
        snprintf(h->why, sizeof h->why, "connect: %s", strerror(errno == EINTR ? ETIMEDOUT : errno));
    return tcp ? HOST_NO_ANSWER : HOST_UNUSABLE;
}

enum host_state session_open(struct host *h)
{
    netsnmp_session s = h->poller->template;
    bool tcp = strncmp(h->address, "tcp", 3) == 0;
    if (h->session != NULL)
        return HOST_UP;
    s.peername = h->address;
    s.myvoid = h;
    s.flags |= SNMP_FLAGS_DONT_PROBE;
    netsnmp_transport *t = tcp ? connect_tcp(h) : netsnmp_transport_open_client("snmp", h->address);
    if (t == NULL)
        return not_opened(h, tcp);
    h->proven = false;
    h->session = snmp_sess_add(&s, t, before_parse, after_parse); /* owns t, also when it fails */
    if (h->session == NULL) {
        snprintf(h->why, sizeof h->why, "no session: %s", snmp_api_errstring(s.s_snmp_errno));
        return HOST_UNUSABLE;
    }
    snmp_sess_session(h->session)->flags |= SNMP_FLAGS_DONT_PROBE; /* snmp_sess_add() took it away */
    h->fd = t->sock;
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = h};
    if (epoll_ctl(h->poller->epoll, EPOLL_CTL_ADD, h->fd, &ev) != 0) {
        snprintf(h->why, sizeof h->why, "epoll: %s", strerror(errno));
        session_close(h);
        return HOST_UNUSABLE;
    }
    return HOST_UP;
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

/* A network that does not take it is an answer that did not come; anything else is for the operator to mend.
 */
static void not_sent(struct host *h, const netsnmp_session *s)
{
    bool network = s->s_snmp_errno == SNMPERR_BAD_SENDTO;
    bool key = s->s_snmp_errno <= SNMPERR_USM_GENERICERROR && s->s_snmp_errno >= SNMPERR_USM_DECRYPTIONERROR;
    snprintf(h->why, sizeof h->why, "cannot send: %s%s", snmp_api_errstring(s->s_snmp_errno),
             key ? ": is a passphrase missing? see -A, -X and snmp.conf(5)" : "");
    h->close_due = true;
    host_end(h, network ? HOST_NO_ANSWER : HOST_UNUSABLE);
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
    bool sent = pdu != NULL &&
                snmp_sess_async_send(h->session, pdu,
                                     h->phase == PHASE_PROBING ? answer_to_probe : answer_to_request, h) != 0;
    h->sending = false;
    if (!sent) {
        snmp_free_pdu(pdu);
        not_sent(h, s);
        return;
    }
    host_sent(h, s->timeout / 1000 + POLL_SLACK_MS);
}

void session_read(struct host *h)
{
    NETSNMP_LARGE_FD_SET(h->fd, &h->poller->fds);
    snmp_sess_read2(h->session, &h->poller->fds);
    NETSNMP_LARGE_FD_CLR(h->fd, &h->poller->fds);
    bool under_way = h->phase == PHASE_PROBING || h->phase == PHASE_WORKING;
    if (under_way && (h->packets > POLL_PACKETS_MAX || h->garbage >= GARBAGE_MAX))
        answer_missing(h);
}

void session_timeout(struct host *h)
{
    snmp_sess_timeout(h->session);
    if (h->expires < now_ms()) /* it did nothing: its clock is behind ours */
        h->expires = now_ms() + POLL_SLACK_MS;
}
