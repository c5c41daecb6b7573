#include "plugins/eperf/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/num.h"

static const double NEXT_ADDRESS = 2; /* s for an address that is not a host's last */
/* UDP: this much per connection, but not of many together: what a peer can make us hold must have a bound. */
enum { UDP_BUFFER = 4 << 20, UDP_BUFFERS = 64 << 20, UDP_BUFFER_LEAST = 256 << 10 };

static void as_v6(const struct sockaddr_storage *a, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (a->ss_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
        return;
    }
    memcpy(out, mapped, 12);
    memcpy(out + 12, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
}

void net_name(const struct sockaddr_storage *a, char host[64], uint16_t *port)
{
    uint8_t v6[16];
    as_v6(a, v6);
    *port = ntohs(a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)(const void *)a)->sin6_port
                                           : ((const struct sockaddr_in *)(const void *)a)->sin_port);
    if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)v6))
        inet_ntop(AF_INET, v6 + 12, host, 64);
    else
        inet_ntop(AF_INET6, v6, host, 64);
}

void net_names(int fd, struct eperf_stream_result *r)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) == 0)
        net_name(&a, r->local_host, &r->local_port);
    n = sizeof a;
    if (getpeername(fd, (struct sockaddr *)&a, &n) == 0)
        net_name(&a, r->remote_host, &r->remote_port);
}

bool net_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    uint8_t x[16], y[16];
    as_v6(a, x);
    as_v6(b, y);
    return memcmp(x, y, 16) == 0;
}

bool net_prefix_parse(const char *text, struct net_prefix *p)
{
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    char host[INET6_ADDRSTRLEN];
    uint64_t bits;
    if (n >= sizeof host)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    struct sockaddr_storage a = {0};
    unsigned width = 128;
    if (inet_pton(AF_INET, host, &((struct sockaddr_in *)(void *)&a)->sin_addr) == 1) {
        a.ss_family = AF_INET;
        width = 32;
    } else if (inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)(void *)&a)->sin6_addr) == 1) {
        a.ss_family = AF_INET6;
    } else {
        return false;
    }
    if (!slash)
        bits = width;
    else if (!num_u64(slash + 1, strlen(slash + 1), 0, width, &bits))
        return false;
    as_v6(&a, p->addr);
    p->bits = (unsigned)bits + 128 - width;
    /* ::ffff:10.0.0.0/8 would be all of IPv4, which nobody means who writes it. */
    return p->bits >= 96 || !IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)p->addr);
}

bool net_prefix_has(const struct net_prefix *p, const struct sockaddr_storage *a)
{
    uint8_t x[16];
    as_v6(a, x);
    unsigned whole = p->bits / 8, rest = p->bits % 8;
    if (memcmp(p->addr, x, whole) != 0)
        return false;
    return rest == 0 || ((p->addr[whole] ^ x[whole]) >> (8 - rest)) == 0;
}

void net_buffers(const struct session *s, int fd)
{
    int n = (int)s->params.window, share = UDP_BUFFERS / (int)s->params.streams;
    bool force = false;
    if (!n && s->params.protocol == EPERF_UDP) {
        n = share > UDP_BUFFER ? UDP_BUFFER : share < UDP_BUFFER_LEAST ? UDP_BUFFER_LEAST : share;
        force = true; /* our own choice: with the privilege beyond net.core.[rw]mem_max; what a peer asks for never */
    }
    if (!n)
        return;
    if (!force || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &n, sizeof n) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof n);
    if (!force || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &n, sizeof n) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof n);
}

static bool set_tos(int fd, int family, int tos)
{
    if (!tos)
        return true;
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos) < 0)
        return false;
    return setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos) == 0 || family == AF_INET6;
}

bool net_stream_options(struct session *s, int fd)
{
    const struct eperf_params *p = &s->params;
    if (!set_tos(fd, s->peer.ss_family, p->tos)) {
        session_fail(s, EPERF_LOCAL, "cannot set TOS %u: %s", p->tos, strerror(errno));
        return false;
    }
    socklen_t n = sizeof(int);
    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &s->result.sndbuf, &n);
    n = sizeof(int);
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &s->result.rcvbuf, &n);
    if (p->protocol != EPERF_TCP)
        return true;
    if (p->congestion[0] &&
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, p->congestion, (socklen_t)strlen(p->congestion)) < 0) {
        session_fail(s, EPERF_LOCAL, "congestion control %s: %s", p->congestion, strerror(errno));
        return false;
    }
    int nodelay = p->nodelay; /* the server's listener has set it, for what may have been a control connection */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay);
    n = sizeof s->congestion - 1;
    getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, s->congestion, &n);
    return true;
}

/* An address that does not answer must leave time for the host's next one. */
static bool wait_connected(struct session *s, int fd, bool last)
{
    if (last)
        return session_wait(s, fd, POLLOUT, "connecting");
    double until = mono_now() + NEXT_ADDRESS;
    for (double now = mono_now(); now < until && now < s->deadline && !session_cancelled(s); now = mono_now()) {
        struct pollfd p[2] = {
            {.fd = fd,      .events = POLLOUT},
            {.fd = s->wake, .events = POLLIN }
        };
        if (poll(p, 2, session_ms_until(until, now)) > 0 && p[0].revents)
            return true;
        if (p[1].revents)
            session_quiet(s);
    }
    return false;
}

static void tell_bind(struct session *s)
{
    char host[64];
    uint16_t port;
    int e = errno;
    net_name(&s->bind, host, &port);
    session_fail(s, EPERF_LOCAL, "cannot bind to %s: %s", host, strerror(e));
}

/* Non-blocking connect, waited for. A refusal fails the session only if told to: there may be another address. */
static int connect_to(struct session *s, int type, const struct sockaddr *a, socklen_t len, bool last)
{
    int fd = socket(a->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        session_fail(s, EPERF_LOCAL, "socket: %s", strerror(errno));
        return -1;
    }
    if (s->joined || s->control.state != ST_ASKED || type == SOCK_DGRAM) { /* a stream, not the control connection */
        net_buffers(s, fd);
        int mss = (int)s->params.mss;
        if (mss && type == SOCK_STREAM && setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof mss) < 0) {
            session_fail(s, EPERF_LOCAL, "MSS %d: %s", mss, strerror(errno));
            close(fd);
            return -1;
        }
    }
    int e = 0;
    socklen_t n = sizeof e;
    if (s->bind_len && bind(fd, (struct sockaddr *)&s->bind, s->bind_len) < 0) {
        tell_bind(s);
        close(fd);
        return -1;
    }
    if (connect(fd, a, len) < 0 && errno != EINPROGRESS)
        e = errno;
    else if (!wait_connected(s, fd, last))
        e = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) < 0)
        e = errno;
    if (!e)
        return fd;
    close(fd);
    if (last)
        session_fail(s, EPERF_REFUSED, "cannot connect: %s", strerror(e));
    return -1;
}

static bool set_bind(struct session *s, const char *bind_host, int family)
{
    struct addrinfo *ai = net_resolve(s, bind_host, 0, family);
    if (!ai)
        return false;
    memcpy(&s->bind, ai->ai_addr, ai->ai_addrlen);
    s->bind_len = ai->ai_addrlen;
    freeaddrinfo(ai);
    return true;
}

bool net_connect_control(struct session *s, const char *host, uint16_t port, int family, const char *bind_host)
{
    if (bind_host && !set_bind(s, bind_host, family))
        return false;
    if (s->bind_len)
        family = s->bind.ss_family;
    struct addrinfo *list = net_resolve(s, host, port, family);
    for (const struct addrinfo *ai = list; ai && s->fd < 0 && !session_failed(s); ai = ai->ai_next) {
        s->fd = connect_to(s, SOCK_STREAM, ai->ai_addr, ai->ai_addrlen, !ai->ai_next);
        if (s->fd >= 0) {
            memcpy(&s->peer, ai->ai_addr, ai->ai_addrlen);
            s->peer_len = ai->ai_addrlen;
        }
    }
    if (list)
        freeaddrinfo(list);
    if (s->fd < 0)
        return false;
    int one = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    net_name(&s->peer, s->result.peer, &s->result.port);
    socklen_t n = sizeof s->result.control_mss;
    getsockopt(s->fd, IPPROTO_TCP, TCP_MAXSEG, &s->result.control_mss, &n);
    return true;
}

int net_connect_again(struct session *s)
{
    int type = s->params.protocol == EPERF_UDP ? SOCK_DGRAM : SOCK_STREAM;
    return connect_to(s, type, (struct sockaddr *)&s->peer, s->peer_len, true);
}
