/* The session's life:
 *
 *            connected, registered                     refused: somebody else has our OID
 *      DOWN ------------------------> UP          DOWN -----------------------------------> REFUSED
 *        ^                            |             ^                                          |
 *        +----------------------------+             +------------------------------------------+
 *           the master closed the socket                       asked again every 2 s
 *
 * net-snmp connects, in agentx_reopen_session(), every "ping interval" while there is no session; with a
 * session it pings at the interval that was in force when the session began. The two are wanted different:
 * try again every second, but ping rarely and with patience: over a socket a dead master shows at once, a
 * hanging one gains nothing from a new session, and one that was only stopped for a while would get every
 * unanswered Notify twice. See on_start(). */
#include "agent/agentx.h"

#include "agent/agentx_notify.h"
#include "agent/agentx_reach.h"
#include "agent/agentx_serve.h"
#include "agent/clock.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/large_fd_set.h>

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    RECONNECT_S = 1,
    PING_S = 60,
    PATIENCE_US = 30 * 1000000, /* for a master that hangs: registration and ping */
    REFUSED_RETRY_MS = 2000,
    SETTLE_MS = 200, /* at the end, for what the master still owes to a SET */
    LOOK_MS = 3000,  /* after this long without a session it is worth a word, and then now and again */
};

struct agentx {
    pthread_t thread;
    int wake; /* eventfd: agentx_kick, agentx_stop */
    bool stop;
    bool done;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    char *socket;
    const struct agentx_ops *ops;
    void *ctx;
    struct serve serve;
    struct transaction_ops persist;

    /* AgentX thread only */
    struct notifier notifier;
    netsnmp_session *session; /* NULL: none */
    snmp_callback on_packet;  /* net-snmp's own, of this session */
    bool fresh;               /* the session has just begun: settle its state after net-snmp returns */
    int register_error;       /* AgentX error of the last Register PDU, 0: none */
    enum agentx_link link;
    char why[256];       /* what was said of it last */
    int64_t look_at_ms;  /* while it is down: when to look again why */
    int64_t retry_at_ms; /* monotonic: when to ask again after a refusal; 0: no need */
};

/* For net-snmp's callbacks: their own argument is freed by snmp_shutdown(), whoever owns it. */
static struct agentx *the_agentx;

/* Tells of a change: of the state, or of its reason. */
static void set_link(struct agentx *ax, enum agentx_link link, const char *why)
{
    if (link == ax->link && strcmp(why, ax->why) == 0)
        return;
    ax->link = link;
    view_text(ax->why, sizeof ax->why, why, strlen(why));
    ax->ops->link(ax->ctx, link, ax->why);
}

/* Without a session: says why, once for each reason. */
static void look_why(struct agentx *ax)
{
    char why[sizeof ax->why];
    int64_t now = clock_mono_ms();

    if (ax->session != NULL || now < ax->look_at_ms)
        return;
    ax->look_at_ms = now + LOOK_MS;
    agentx_reach(ax->socket, why, sizeof why);
    set_link(ax, AGENTX_DOWN, why);
}

/* ---- net-snmp's callbacks ---- */

/* The library tells of a refused registration in its log alone. */
static int on_log(int major, int minor, void *message, void *arg)
{
    static const char refused[] = "registering pdu failed: ";
    const struct snmp_log_message *m = message;
    struct agentx *ax = the_agentx;
    size_t len = strcspn(m->msg, "\n");
    char line[512];

    if (strncmp(m->msg, refused, sizeof refused - 1) == 0)
        ax->register_error = (int)strtol(m->msg + sizeof refused - 1, NULL, 10);
    if (len >= sizeof line)
        len = sizeof line - 1;
    memcpy(line, m->msg, len);
    line[len] = '\0';
    if (len > 0)
        ax->ops->log(ax->ctx, m->priority, line);
    return 0;
}

/* A session has begun; what is registered follows when this returns. */
static int on_start(int major, int minor, void *session, void *arg)
{
    struct agentx *ax = the_agentx;

    ax->session = session;
    ax->session->retries =
        0; /* the transport is a stream: what was sent arrives, a repetition would arrive as well */
    ax->session->timeout = PATIENCE_US;
    ax->register_error = 0;
    ax->fresh = true;
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, PING_S);
    return 0;
}

/* In front of net-snmp's own: what is read we answer here. But while a SET is on its way through net-snmp, a
 * GET follows it there: else it could overtake the CleanupSet of a SET that the master has acknowledged
 * already, and find the old value. */
static int on_packet(int op, netsnmp_session *session, int reqid, netsnmp_pdu *pdu, void *magic)
{
    struct agentx *ax = the_agentx;

    if (op == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && !transaction_open(&ax->serve.set) &&
        reader_answer(&ax->serve.read, session, pdu))
        return 1;
    return ax->on_packet(op, session, reqid, pdu, magic);
}

static int on_stop(int major, int minor, void *session, void *arg)
{
    struct agentx *ax = the_agentx;

    ax->session = NULL;
    ax->retry_at_ms = 0;
    notifier_lost(&ax->notifier);
    transaction_undo(&ax->serve.set);
    reader_forget(&ax->serve.read);
    ax->look_at_ms = clock_mono_ms() + LOOK_MS;
    set_link(ax, AGENTX_DOWN, "the master has closed the session");
    return 0;
}

/* ---- the thread ---- */

/* Once net-snmp has come back from connecting and registering. */
static void settle_session(struct agentx *ax)
{
    char text[sizeof ax->why];

    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, RECONNECT_S);
    ax->fresh = false;
    if (ax->session == NULL)
        return;
    if (ax->register_error == 0) {
        ax->on_packet = ax->session->callback;
        ax->session->callback = on_packet;
        set_link(ax, AGENTX_UP, "registered with the master");
        return;
    }
    agentx_refused(ax->serve.read.mib, ax->register_error, text, sizeof text);
    ax->retry_at_ms = clock_mono_ms() + REFUSED_RETRY_MS;
    set_link(ax, AGENTX_REFUSED, text);
}

/* Asks again after a refusal. */
static void retry(struct agentx *ax)
{
    if (ax->retry_at_ms == 0 || clock_mono_ms() < ax->retry_at_ms)
        return;
    ax->retry_at_ms = 0;
    serve_unregister();
    ax->register_error = 0;
    ax->fresh = serve_register(&ax->serve);
    if (!ax->fresh)
        ax->retry_at_ms = clock_mono_ms() + REFUSED_RETRY_MS;
}

/* Waits for the master, for a kick, until net-snmp has something to do, or until a moment (0: none), and lets
 * net-snmp do it. */
static void turn(struct agentx *ax, netsnmp_large_fd_set *fds, int64_t until_ms)
{
    struct timeval timeout = {3600, 0};
    int nfds = 0, block = 0;

    NETSNMP_LARGE_FD_ZERO(fds);
    snmp_select_info2(&nfds, fds, &timeout, &block);
    if (block)
        timeout = (struct timeval){3600, 0};
    if (until_ms != 0) {
        int64_t ms = until_ms - clock_mono_ms();
        struct timeval until = {ms > 0 ? ms / 1000 : 0, ms > 0 ? ms % 1000 * 1000 : 0};
        if (timercmp(&until, &timeout, <))
            timeout = until;
    }
    NETSNMP_LARGE_FD_SET(ax->wake, fds);
    if (nfds <= ax->wake)
        nfds = ax->wake + 1;
    int n = netsnmp_large_fd_set_select(nfds, fds, NULL, NULL, &timeout);
    if (n > 0) {
        uint64_t kicks;
        if (NETSNMP_LARGE_FD_ISSET(ax->wake, fds) && read(ax->wake, &kicks, sizeof kicks) < 0 &&
            errno != EAGAIN)
            ax->ops->log(ax->ctx, LOG_ERR, "agentx: reading the eventfd failed");
        NETSNMP_LARGE_FD_CLR(ax->wake, fds);
        snmp_read2(fds);
    } else if (n == 0) {
        snmp_timeout(); /* as agent_check_and_process() has it: while requests come in, the master is not late
                         */
    }
    run_alarms();
    netsnmp_check_outstanding_agent_requests();
}

static void init_netsnmp(struct agentx *ax)
{
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log, NULL);
    snmp_disable_stderrlog();
    snmp_enable_calllog();
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_enable_subagent();
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, ax->socket);
    /* Attempts to connect are ours to tell of: once a second would be a lot. */
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
    init_agent("scalemond");
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
                       RECONNECT_S); /* init_agent sets it */
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_start, NULL);
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_stop, NULL);
    if (!serve_register(&ax->serve))
        ax->ops->log(ax->ctx, LOG_ERR, "agentx: out of memory");
    init_snmp("scalemond"); /* connects, or sets the alarm that does */
}

static void *run(void *arg)
{
    struct agentx *ax = arg;
    netsnmp_large_fd_set fds;

    the_agentx = ax;
    netsnmp_large_fd_set_init(&fds, FD_SETSIZE);
    init_netsnmp(ax);
    while (!__atomic_load_n(&ax->stop, __ATOMIC_ACQUIRE)) {
        retry(ax);
        if (ax->fresh)
            settle_session(ax);
        look_why(ax);
        if (ax->link == AGENTX_UP)
            notifier_send(&ax->notifier, ax->session, clock_mono_ms());
        /* one at most is set: a refused session sends nothing */
        turn(ax, &fds, ax->retry_at_ms != 0 ? ax->retry_at_ms : ax->notifier.retry_at_ms);
    }
    /* the master's CleanupSet or UndoSet is on its way */
    for (int64_t end = clock_mono_ms() + SETTLE_MS;
         ax->session != NULL && ax->serve.set.stored && clock_mono_ms() < end;)
        turn(ax, &fds, end);
    transaction_undo(&ax->serve.set);
    reader_forget(&ax->serve.read);
    snmp_shutdown("scalemond");
    netsnmp_large_fd_set_cleanup(&fds);
    pthread_mutex_lock(&ax->lock);
    ax->done = true;
    pthread_cond_signal(&ax->ended);
    pthread_mutex_unlock(&ax->lock);
    return NULL;
}

/* ---- from other threads ---- */

static void destroy(struct agentx *ax)
{
    if (ax->wake >= 0)
        close(ax->wake);
    pthread_cond_destroy(&ax->ended);
    pthread_mutex_destroy(&ax->lock);
    free(ax->socket);
    free(ax);
}

struct agentx *agentx_start(const struct agentx_opts *opts)
{
    struct agentx *ax = calloc(1, sizeof *ax);
    pthread_condattr_t attr;
    sigset_t all, before;

    if (ax == NULL)
        return NULL;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&ax->ended, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&ax->lock, NULL);
    ax->ops = opts->ops;
    ax->ctx = opts->ctx;
    ax->persist = (struct transaction_ops){opts->ops->persist, opts->ctx};
    ax->serve.read = (struct reader){.mib = &scalemon_mib, .views = opts->views, .settings = opts->settings};
    ax->notifier = (struct notifier){.mib = &scalemon_mib, .ops = opts->ops, .ctx = opts->ctx};
    transaction_init(&ax->serve.set, opts->settings, &ax->persist);
    ax->socket = strdup(opts->socket);
    ax->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ax->socket == NULL || ax->wake < 0)
        goto fail;
    mallopt(
        M_ARENA_MAX,
        1); /* net-snmp allocates some twenty times per varbind, and a second arena is dearer than the lock */
    setenv("MIBS", "",
           1); /* net-snmp would look for MIB files; here, because threads and setenv do not mix */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&ax->thread, NULL, run, ax);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errno == 0)
        return ax;
fail:
    destroy(ax);
    return NULL;
}

void agentx_kick(struct agentx *ax)
{
    const uint64_t one = 1;

    /* Fails only when the counter is full, and then the thread is awake anyway. */
    if (write(ax->wake, &one, sizeof one) < 0)
        return;
}

bool agentx_stop(struct agentx *ax, int deadline_ms)
{
    struct timespec until;
    int late = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += deadline_ms / 1000;
    until.tv_nsec += deadline_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    __atomic_store_n(&ax->stop, true, __ATOMIC_RELEASE);
    agentx_kick(ax);
    pthread_mutex_lock(&ax->lock);
    while (!ax->done && late == 0)
        late = pthread_cond_timedwait(&ax->ended, &ax->lock, &until);
    bool done = ax->done;
    pthread_mutex_unlock(&ax->lock);
    if (!done)
        return false;
    pthread_join(ax->thread, NULL);
    destroy(ax);
    return true;
}
