/* Between tcp.c and tcp_send.c, alone. */
#ifndef SCM_EPERF_TCP_H
#define SCM_EPERF_TCP_H

#include "plugins/eperf/session.h"

/* After a failed call: false, and the stream's error is set, unless errno is one to try again after. */
bool tcp_again(struct stream *st);
/* n more bytes went into or came out of the socket. */
void tcp_count(struct stream *st, size_t n);

/* A sender's worker (tcp_send.c). */
void tcp_send(struct stream *st);

#endif
