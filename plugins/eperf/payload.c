/* What senders send. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "plugins/eperf/session.h"

static const size_t BATCH_MAX = 512 << 10, HUGE_PAGE = 2 << 20;

/* One block; or several, where TCP senders may hand over as many at once as they like: they copy nothing, are neither
 * paced nor to end at a count, and blocks shorter than usual were not asked for. */
static bool in_batches(const struct session *s)
{
    const struct eperf_params *p = &s->params;
    return p->protocol == EPERF_TCP && !p->read_payload && !p->rate && !s->max_rate && !s->limit &&
           p->block_len >= EPERF_BLOCK_DEFAULT;
}

static bool anyone_sends(const struct session *s)
{
    return s->params.direction == EPERF_BOTH || s->streams[0].sender;
}

/* The first huge page's start in the mapping, which has room for one: a batch then is one reference to take, not one per
 * page. Where the kernel has none to give, small pages do. */
static uint8_t *huge_part(uint8_t *map)
{
    uint8_t *at = map + (HUGE_PAGE - (uintptr_t)map % HUGE_PAGE) % HUGE_PAGE;
    madvise(at, HUGE_PAGE, MADV_HUGEPAGE);
    return at;
}

/* Pages that nobody writes again, so that they may be spliced into any number of sockets; a mapping, as what free() took
 * back would be written again while it waits there. Not all the same byte, lest a compressing link be flattered. */
bool payload_make(struct session *s)
{
    if (!anyone_sends(s))
        return true;
    s->in_batches = in_batches(s);
    s->payload_len = s->in_batches ? BATCH_MAX : s->params.block_len;
    s->payload_map_len = s->in_batches ? 2 * HUGE_PAGE : s->payload_len;
    s->payload_map = mmap(NULL, s->payload_map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->payload_map == MAP_FAILED) {
        s->payload_map = NULL;
        session_fail(s, EPERF_LOCAL, "no memory for the payload: %s", strerror(errno));
        return false;
    }
    s->payload = s->in_batches ? huge_part(s->payload_map) : s->payload_map;
    uint64_t x = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < s->payload_len; i++) { /* xorshift64 */
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        s->payload[i] = (uint8_t)(x >> 32);
    }
    return true;
}

void payload_free(struct session *s)
{
    if (s->payload_map)
        munmap(s->payload_map, s->payload_map_len);
    s->payload_map = NULL;
    s->payload = NULL;
}
