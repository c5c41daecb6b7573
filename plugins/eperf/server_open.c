/* A server's beginning and end: what it listens on and with what; server.c has the loop between. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "plugins/eperf/server.h"

void eperf_policy_default(struct eperf_policy *p)
{
    *p = (struct eperf_policy){.max_tests = 4, .max_duration = 60};
}

static bool bind_to_local(struct eperf_server *s, int fd, int type)
{
    int one = 1, alone = s->policy.family == AF_INET6;
    socklen_t len = s->local.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s->local.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &alone, sizeof alone);
    return bind(fd, (struct sockaddr *)&s->local, len) == 0 &&
           (type != SOCK_STREAM || listen(fd, 1024) == 0) &&
           getsockname(fd, (struct sockaddr *)&s->local, &len) == 0;
}

static int bind_socket(struct eperf_server *s, int type, char *error)
{
    int fd = socket(s->local.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind_to_local(s, fd, type))
        return fd;
    int failed = errno;
    char host[64];
    uint16_t port;
    net_name(&s->local, host, &port);
    snprintf(error, EPERF_ERROR_MAX, "cannot listen on %s, %s port %u: %s", host,
             type == SOCK_STREAM ? "TCP" : "UDP", port, strerror(failed));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool has_v6(void)
{
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool set_local(struct eperf_server *s, const char *host, char *error)
{
    struct session resolver; /* only for its deadline */
    if (!host)
        host = s->policy.family == AF_INET || !has_v6() ? "0.0.0.0" : "::";
    if (!session_init(&resolver, ROLE_CLIENT, NULL)) {
        snprintf(error, EPERF_ERROR_MAX, "no descriptors to resolve %s", host);
        return false;
    }
    session_phase(&resolver, 5);
    struct addrinfo *ai = net_resolve(&resolver, host, s->port, s->policy.family);
    if (ai) {
        memcpy(&s->local, ai->ai_addr, ai->ai_addrlen);
        freeaddrinfo(ai);
    }
    snprintf(error, EPERF_ERROR_MAX, "%s", resolver.result.error);
    session_clear(&resolver);
    return ai != NULL;
}

static bool watch(struct eperf_server *s, int *fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = fd};
    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, *fd, &e) == 0;
}

static bool set_allow(struct eperf_server *s, char *error)
{
    size_t n = s->policy.allow_count;
    s->allow = calloc(n ? n : 1, sizeof *s->allow);
    for (size_t i = 0; s->allow && i < n; i++) {
        if (net_prefix_parse(s->policy.allow[i], &s->allow[i]))
            continue;
        snprintf(error, EPERF_ERROR_MAX, "AllowFrom \"%s\": expected an address or a network like 10.0.0.0/8",
                 s->policy.allow[i]);
        return false;
    }
    s->policy.allow = NULL; /* the caller's strings */
    return s->allow != NULL;
}

static bool open_all(struct eperf_server *s, const char *host, char *error)
{
    struct rlimit limit;
    s->pending_max = PENDING_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 4 < PENDING_MAX)
        s->pending_max = limit.rlim_cur / 4 > 4 ? (unsigned)(limit.rlim_cur / 4) : 4;
    for (unsigned i = 0; i < PENDING_MAX; i++)
        s->pending[i].fd = -1;
    if (!set_allow(s, error) || !set_local(s, host, error))
        return false;
    snprintf(error, EPERF_ERROR_MAX, "no descriptors or memory for a server");
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (s->epoll < 0 || s->wake < 0 || s->reserve < 0)
        return false;
    if ((s->tcp = bind_socket(s, SOCK_STREAM, error)) < 0)
        return false;
    char name[64];
    net_name(&s->local, name, &s->port);
    return (s->udp = bind_socket(s, SOCK_DGRAM, error)) >= 0 && watch(s, &s->tcp) && watch(s, &s->udp) &&
           watch(s, &s->wake);
}

struct eperf_server *eperf_server_new(const char *host, uint16_t port, const struct eperf_policy *p,
                                      const struct eperf_callbacks *cb, char error[EPERF_ERROR_MAX])
{
    if (p->max_tests < 1 || p->max_tests > TESTS_MAX) {
        snprintf(error, EPERF_ERROR_MAX, "MaxTests: expected 1 to %d", TESTS_MAX);
        return NULL;
    }
    struct eperf_server *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(error, EPERF_ERROR_MAX, "no memory for a server");
        return NULL;
    }
    s->policy = *p;
    s->port = port;
    s->epoll = s->tcp = s->udp = s->wake = s->reserve = -1;
    if (cb)
        s->cb = *cb;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->notice_lock, NULL);
    if (open_all(s, host, error)) {
        error[0] = '\0';
        return s;
    }
    eperf_server_free(s);
    return NULL;
}

uint16_t eperf_server_port(const struct eperf_server *s)
{
    return s->port;
}

void eperf_server_free(struct eperf_server *s)
{
    int fds[] = {s->epoll, s->tcp, s->udp, s->wake, s->reserve};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->notice_lock);
    free(s->allow);
    free(s);
}
