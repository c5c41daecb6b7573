#ifndef SCM_EPERF_UDP_H
#define SCM_EPERF_UDP_H

#include <stddef.h>

struct stream;

/* The four bytes that a server answers to a client's hello of n bytes, or NULL if it is none. */
const char *udp_answer(const void *packet, size_t n);

/* A sending worker's body. */
void udp_send(struct stream *st);

#endif
