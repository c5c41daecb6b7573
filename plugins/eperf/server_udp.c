/* UDP connections carry no cookie: a hello is of the one test that is making connections from that address, which its
 * control connection has proved. Each gets a socket of its own, connected to the peer, on the server's port. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "plugins/eperf/server.h"
#include "plugins/eperf/udp.h"

/* A socket of its own for one peer, from the address that its control connection uses. */
static int udp_socket_for(struct eperf_server *s, const struct server_test *t, const struct sockaddr_storage *peer,
                          socklen_t len)
{
    struct sockaddr_storage local = {0};
    socklen_t n = sizeof local;
    int one = 1, zero = 0;
    int fd = socket(peer->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (peer->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    net_buffers(&t->s, fd);
    if (getsockname(t->s.fd, (struct sockaddr *)&local, &n) < 0 || bind(fd, (struct sockaddr *)&local, n) < 0 ||
        connect(fd, (const struct sockaddr *)peer, len) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void udp_hello(struct eperf_server *s, const struct sockaddr_storage *peer, socklen_t len, const char *answer)
{
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < TESTS_MAX; i++) {
        struct server_test *t = s->joining_udp[i];
        if (!t || !net_same_host(&t->s.peer, peer))
            continue;
        int fd = udp_socket_for(s, t, peer, len);
        if (fd < 0 || send(fd, answer, 4, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) /* before any data of ours */
            server_notice(s, "cannot answer on UDP: %s", strerror(errno));
        if (fd >= 0 && !server_test_give(t, STAGE_JOINING_UDP, fd))
            close(fd);
        break;
    }
    pthread_mutex_unlock(&s->lock);
}

void udp_hellos(struct eperf_server *s)
{
    for (int i = 0; i < PER_TURN; i++) {
        char packet[8];
        struct sockaddr_storage a = {0};
        socklen_t len = sizeof a;
        ssize_t n = recvfrom(s->udp, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&a, &len);
        if (n < 0)
            return;
        const char *answer = udp_answer(packet, (size_t)n);
        if (answer)
            udp_hello(s, &a, len, answer);
    }
}
