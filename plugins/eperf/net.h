/* Sockets and addresses. Everything here obeys the session's deadline and cancellation. */
#ifndef SCM_EPERF_NET_H
#define SCM_EPERF_NET_H

#include <netdb.h>
#include <netinet/in.h>

#include "plugins/eperf/session.h"

/* Client: resolves, binds and connects the control connection; fills s->fd, s->peer and result.peer. */
bool net_connect_control(struct session *s, const char *host, uint16_t port, int family, const char *bind_host);

/* Client: one more connected socket to the same place, TCP or UDP by the parameters; -1 with the session failed. */
int net_connect_again(struct session *s);

/* What holds for both ends' stream sockets, once connected: TOS, congestion control, TCP_NODELAY; notes the algorithm
 * in use. False with the session failed when the kernel refuses what the parameters ask. */
bool net_stream_options(struct session *s, int fd);

/* Window before connecting; UDP: up to 4 MiB unless the parameters say otherwise. */
void net_buffers(const struct session *s, int fd);

/* Numeric text of an address; v4-mapped as v4. host: 64 bytes. */
void net_name(const struct sockaddr_storage *a, char host[64], uint16_t *port);
void net_names(int fd, struct eperf_stream_result *r);
/* Same host, whatever the port; v4-mapped equals v4. */
bool net_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* getaddrinfo with a deadline: numeric hosts at once, names in a thread that may outlive a time-out (it then frees what
 * it made). NULL with the session failed; else freeaddrinfo is the caller's. */
struct addrinfo *net_resolve(struct session *s, const char *host, uint16_t port, int family);

/* A network in CIDR notation, or a single address. */
struct net_prefix {
    uint8_t addr[16]; /* v4 as v4-mapped */
    unsigned bits;    /* 0..128 */
};
bool net_prefix_parse(const char *text, struct net_prefix *p);
bool net_prefix_has(const struct net_prefix *p, const struct sockaddr_storage *a);

#endif
