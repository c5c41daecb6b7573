#include "plugins/hostres/rtmsg.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* The struct has grown at its end over the kernels; this much every one has. */
enum { STATS_MIN = offsetof(struct rtnl_link_stats64, rx_missed_errors) + sizeof(uint64_t) };

/* The attribute of that type among those at p; NULL where there is none with at least min bytes. */
static const void *attribute(const char *p, size_t len, unsigned type, size_t min, size_t *size)
{
    struct rtattr a;

    while (len >= sizeof a) {
        memcpy(&a, p, sizeof a);
        if (a.rta_len < sizeof a || a.rta_len > len)
            return NULL;
        if ((a.rta_type & NLA_TYPE_MASK) == type && a.rta_len - sizeof a >= min) {
            *size = a.rta_len - sizeof a;
            return p + sizeof a;
        }
        size_t step = RTA_ALIGN((size_t)a.rta_len);
        if (step >= len)
            return NULL;
        p += step;
        len -= step;
    }
    return NULL;
}

/* A counter of struct rtnl_link_stats64, which need not be aligned here. */
#define COUNTER(stats, field) load((stats) + offsetof(struct rtnl_link_stats64, field))

static inline uint64_t load(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static bool read_stats(const char *body, size_t len, struct if_entry *e)
{
    struct if_stats_msg m;

    if (len < sizeof m)
        return false;
    memcpy(&m, body, sizeof m);
    size_t size;
    const char *s = attribute(body + sizeof m, len - sizeof m, IFLA_STATS_LINK_64, STATS_MIN, &size);
    if (s == NULL || m.ifindex == 0)
        return false;
    memset(e->key.name, 0, IF_NAME_SIZE);
    e->key.index = m.ifindex;
    e->key.life = 0;
    e->count[IF_RX_OCTETS] = COUNTER(s, rx_bytes);
    e->count[IF_TX_OCTETS] = COUNTER(s, tx_bytes);
    e->count[IF_RX_PACKETS] = COUNTER(s, rx_packets);
    e->count[IF_TX_PACKETS] = COUNTER(s, tx_packets);
    e->count[IF_RX_ERRORS] = COUNTER(s, rx_errors);
    e->count[IF_TX_ERRORS] = COUNTER(s, tx_errors);
    /* /proc/net/dev counts these two as one, and so do we */
    e->count[IF_RX_DROPPED] = COUNTER(s, rx_dropped) + COUNTER(s, rx_missed_errors);
    e->count[IF_TX_DROPPED] = COUNTER(s, tx_dropped);
    return true;
}

static bool read_link(const char *body, size_t len, struct if_entry *e)
{
    struct ifinfomsg m;
    size_t size;

    if (len < sizeof m)
        return false;
    memcpy(&m, body, sizeof m);
    const char *name = attribute(body + sizeof m, len - sizeof m, IFLA_IFNAME, 2, &size);
    if (name == NULL || m.ifi_index <= 0 || name[0] == '\0')
        return false;
    size_t n = strnlen(name, size);
    if (n == size || n >= IF_NAME_SIZE)
        return false;
    memset(e->key.name, 0, IF_NAME_SIZE);
    memcpy(e->key.name, name, n);
    e->key.index = (uint32_t)m.ifi_index;
    e->key.life = 0;
    return true;
}

/* NLMSG_DONE or NLMSG_ERROR: both carry an errno, negative. */
static void finish(const char *body, size_t len, struct rt_dump *dump)
{
    int error = 0;

    if (len >= sizeof error)
        memcpy(&error, body, sizeof error);
    dump->done = true;
    dump->error = error < 0 && error > -4096 ? -error : 0;
}

static void parse(const void *buf, size_t len, struct rt_dump *dump, struct if_snapshot *out,
                  bool (*read_one)(const char *, size_t, struct if_entry *))
{
    const char *p = buf;
    struct nlmsghdr h;

    while (len >= sizeof h && !dump->done) {
        memcpy(&h, p, sizeof h);
        if (h.nlmsg_len < sizeof h || h.nlmsg_len > len) {
            dump->bad++;
            return;
        }
        const char *body = p + NLMSG_HDRLEN;
        size_t body_len = h.nlmsg_len - NLMSG_HDRLEN;
        if (h.nlmsg_seq != dump->seq) {
            dump->news = true;
        } else {
            dump->begun = true;
            dump->interrupted |= (h.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR) {
                finish(body, body_len, dump);
            } else if (h.nlmsg_type == dump->type) {
                struct if_entry *e = snapshot_slot(out);
                if (e != NULL && read_one(body, body_len, e))
                    out->n++;
                else
                    dump->bad++;
            }
        }
        size_t step = NLMSG_ALIGN((size_t)h.nlmsg_len);
        if (step >= len)
            return;
        p += step;
        len -= step;
    }
}

void rt_parse_stats(const void *buf, size_t len, struct rt_dump *dump, struct if_snapshot *out)
{
    parse(buf, len, dump, out, read_stats);
}

void rt_parse_links(const void *buf, size_t len, struct rt_dump *dump, struct if_snapshot *out)
{
    parse(buf, len, dump, out, read_link);
}

uint32_t rt_gone(const void *buf, size_t len)
{
    struct nlmsghdr h;
    struct ifinfomsg m;

    if (len < NLMSG_LENGTH(sizeof m))
        return 0;
    memcpy(&h, buf, sizeof h);
    memcpy(&m, (const char *)buf + NLMSG_HDRLEN, sizeof m);
    /* of family AF_BRIDGE it is a bridge that lost a port, which lives on */
    return h.nlmsg_type == RTM_DELLINK && m.ifi_family == AF_UNSPEC && m.ifi_index > 0 ? (uint32_t)m.ifi_index
                                                                                       : 0;
}
