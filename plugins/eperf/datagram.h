/* The UDP header and what a receiver makes of it: pure, no I/O, no clock.
 *
 * A datagram starts with the sender's clock (seconds, microseconds) and its number, counted from 1, all big-endian; the
 * number has 32 bits, or 64 when the parameters say so. */
#ifndef SCM_EPERF_DATAGRAM_H
#define SCM_EPERF_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct datagram {
    uint32_t sec, usec;
    uint64_t number;
};

enum { DATAGRAM_HEADER_32 = 12, DATAGRAM_HEADER_64 = 16 };

void datagram_write(uint8_t *at, const struct datagram *d, bool wide); /* 12 or 16 bytes */
/* False if it is too short, or its number or clock is none. A number of 32 bits is taken as the one nearest to `highest` (the
 * receiver's): they run out in 18 minutes of a fast test. */
bool datagram_read(const uint8_t *at, size_t n, bool wide, uint64_t highest, struct datagram *d);

/* A receiver's books. expected = received + lost - (what came late is taken out of lost again). */
struct datagram_books {
    uint64_t highest;                    /* number seen */
    uint64_t received, bytes, reordered, duplicates;
    int64_t lost;
    double jitter, transit;              /* s, RFC 1889 */
    bool has_transit;
    uint64_t window[64];                 /* which of the last 4096 numbers have come */
};
enum { DATAGRAM_WINDOW = 64 * 64 };

/* Enters one datagram of len bytes, received at `now` (s, same epoch as the header's up to a constant). */
void datagram_enter(struct datagram_books *b, const struct datagram *d, size_t len, double now);

#endif
