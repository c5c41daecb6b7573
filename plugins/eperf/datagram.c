#include "plugins/eperf/datagram.h"

#include <arpa/inet.h>
#include <endian.h>
#include <math.h>
#include <string.h>

void datagram_write(uint8_t *at, const struct datagram *d, bool wide)
{
    uint32_t words[2] = {htonl(d->sec), htonl(d->usec)};
    memcpy(at, words, sizeof words);
    if (wide) {
        uint64_t n = htobe64(d->number);
        memcpy(at + 8, &n, sizeof n);
    } else {
        uint32_t n = htonl((uint32_t)d->number);
        memcpy(at + 8, &n, sizeof n);
    }
}

static uint64_t lengthen(uint32_t number, uint64_t highest)
{
    int64_t near = (int64_t)highest + (int32_t)(number - (uint32_t)highest);
    return near > 0 ? (uint64_t)near : number;
}

bool datagram_read(const uint8_t *at, size_t n, bool wide, uint64_t highest, struct datagram *d)
{
    uint32_t words[3];
    if (n < (wide ? DATAGRAM_HEADER_64 : DATAGRAM_HEADER_32))
        return false;
    memcpy(words, at, sizeof words);
    d->sec = ntohl(words[0]);
    d->usec = ntohl(words[1]);
    d->number = lengthen(ntohl(words[2]), highest);
    if (wide) {
        uint64_t wire;
        memcpy(&wire, at + 8, sizeof wire);
        d->number = be64toh(wire);
    }
    return d->usec < 1000000 && d->number > 0 && d->number < (uint64_t)1 << 62;
}

static bool test_and_set(struct datagram_books *b, uint64_t number)
{
    uint64_t *word = &b->window[number / 64 % 64], bit = (uint64_t)1 << number % 64;
    bool was = (*word & bit) != 0;
    *word |= bit;
    return was;
}

/* Moves the window up to a new highest number. */
static void advance(struct datagram_books *b, uint64_t number)
{
    uint64_t gap = number - b->highest;
    if (gap >= DATAGRAM_WINDOW) {
        memset(b->window, 0, sizeof b->window);
    } else {
        for (uint64_t n = b->highest + 1; n < number; n++)
            b->window[n / 64 % 64] &= ~((uint64_t)1 << n % 64);
        b->window[number / 64 % 64] &= ~((uint64_t)1 << number % 64);
    }
    b->lost += (int64_t)(gap - 1);
    b->highest = number;
}

void datagram_enter(struct datagram_books *b, const struct datagram *d, size_t len, double now)
{
    b->received++;
    b->bytes += len;
    if (d->number > b->highest) {
        advance(b, d->number);
        test_and_set(b, d->number);
    } else if (b->highest - d->number < DATAGRAM_WINDOW && test_and_set(b, d->number)) {
        b->duplicates++;
    } else {
        b->reordered++;
        if (b->lost > 0)
            b->lost--;
    }
    double transit = now - ((double)d->sec + d->usec * 1e-6);
    if (b->has_transit)
        b->jitter += (fabs(transit - b->transit) - b->jitter) / 16;
    b->transit = transit;
    b->has_transit = true;
}
