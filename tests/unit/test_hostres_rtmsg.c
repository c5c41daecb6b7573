/* The parser of rtnetlink's answers, on messages built here and broken in every way a kernel never would. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "plugins/hostres/rtmsg.h"

enum { SEQ = 77, ROOM = 4096 };

struct buffer {
    char bytes[ROOM];
    size_t len;
};

static void put(struct buffer *b, const void *data, size_t len)
{
    assert_true(b->len + len + 8 < sizeof b->bytes);
    memcpy(b->bytes + b->len, data, len);
    b->len = NLMSG_ALIGN(b->len + len);
}

/* One message: a fixed body, then one attribute. */
static void message(struct buffer *b, uint16_t type, uint32_t seq, uint16_t flags, const void *body,
                    size_t body_len, uint16_t attr, const void *data, size_t data_len)
{
    size_t start = b->len;
    struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_seq = seq, .nlmsg_flags = flags};
    struct rtattr a = {.rta_type = attr, .rta_len = (unsigned short)RTA_LENGTH(data_len)};

    put(b, &h, sizeof h);
    put(b, body, body_len);
    if (data != NULL) {
        put(b, &a, sizeof a);
        put(b, data, data_len);
    }
    h.nlmsg_len = (uint32_t)(b->len - start);
    memcpy(b->bytes + start, &h, sizeof h);
}

static void stats(struct buffer *b, uint32_t index, uint64_t base, size_t size)
{
    struct if_stats_msg m = {.ifindex = index};
    struct rtnl_link_stats64 s = {.rx_packets = base + 2,
                                  .tx_packets = base + 3,
                                  .rx_bytes = base,
                                  .tx_bytes = base + 1,
                                  .rx_errors = base + 4,
                                  .tx_errors = base + 5,
                                  .rx_dropped = base + 6,
                                  .tx_dropped = base + 7,
                                  .rx_missed_errors = 100};

    message(b, RTM_NEWSTATS, SEQ, NLM_F_MULTI, &m, sizeof m, IFLA_STATS_LINK_64, &s, size);
}

static void link_named(struct buffer *b, int index, const char *name, size_t size)
{
    struct ifinfomsg m = {.ifi_index = index};

    message(b, RTM_NEWLINK, SEQ, NLM_F_MULTI, &m, sizeof m, IFLA_IFNAME, name, size);
}

static void finish(struct buffer *b, uint16_t type, int error)
{
    message(b, type, SEQ, 0, &error, sizeof error, 0, NULL, 0);
}

static void stats_become_entries(void **state)
{
    struct buffer b = {0};
    struct rt_dump d = {.seq = SEQ, .type = RTM_NEWSTATS};
    struct if_snapshot s = {0};

    stats(&b, 1, 1000, sizeof(struct rtnl_link_stats64));
    stats(&b, 7, 2000, offsetof(struct rtnl_link_stats64, tx_carrier_errors)); /* an older, shorter struct */
    finish(&b, NLMSG_DONE, 0);
    rt_parse_stats(b.bytes, b.len, &d, &s);
    assert_true(d.done);
    assert_int_equal(d.error, 0);
    assert_int_equal(d.bad, 0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.entry[1].key.index, 7);
    for (size_t c = 0; c < IF_COUNTERS; c++)
        assert_int_equal(s.entry[1].count[c], 2000 + c + (c == IF_RX_DROPPED ? 100 : 0));
    snapshot_free(&s);
}

static void links_become_names(void **state)
{
    struct buffer b = {0};
    struct rt_dump d = {.seq = SEQ, .type = RTM_NEWLINK};
    struct if_snapshot s = {0};
    static const char longest[] = "abcdefghijklmno", too_long[] = "abcdefghijklmnop", endless[] = {'a', 'b'};

    link_named(&b, 3, "eth0", 5);
    link_named(&b, 4, longest, sizeof longest);
    link_named(&b, 5, too_long, sizeof too_long);
    link_named(&b, 6, endless, sizeof endless);
    link_named(&b, 0, "eth1", 5);
    link_named(&b, 8, "", 1);
    rt_parse_links(b.bytes, b.len, &d, &s);
    assert_false(d.done);
    assert_int_equal(d.bad, 4);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.entry[0].key.name, "eth0");
    assert_int_equal(s.entry[1].key.index, 4);
    snapshot_free(&s);
}

/* An interface is gone by its own family's word only, of which the first bytes are enough. */
static void a_death_is_told(void **state)
{
    static const struct {
        uint16_t type;
        unsigned char family;
        int index;
        uint32_t gone;
    } cases[] = {
        {RTM_DELLINK, AF_UNSPEC, 900, 900},
        {RTM_NEWLINK, AF_UNSPEC, 900, 0  },
        {RTM_DELLINK, AF_BRIDGE, 900, 0  }, /* a bridge lost a port */
        {RTM_DELLINK, AF_UNSPEC, 0,   0  },
        {RTM_DELLINK, AF_UNSPEC, -1,  0  },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ifinfomsg m = {.ifi_family = cases[i].family, .ifi_index = cases[i].index};
        struct buffer b = {0};
        message(&b, cases[i].type, 0, 0, &m, sizeof m, IFLA_IFNAME, "eth0", 5);
        assert_int_equal(rt_gone(b.bytes, b.len), cases[i].gone);
        assert_int_equal(rt_gone(b.bytes, RT_GONE_MIN), cases[i].gone);
        assert_int_equal(rt_gone(b.bytes, RT_GONE_MIN - 1), 0);
    }
}

static void others_answers_and_interruption(void **state)
{
    struct buffer b = {0};
    struct rt_dump d = {.seq = SEQ + 1, .type = RTM_NEWSTATS};
    struct if_snapshot s = {0};
    struct if_stats_msg m = {.ifindex = 1};
    struct rtnl_link_stats64 st = {0};

    stats(&b, 1, 1000, sizeof st);
    finish(&b, NLMSG_DONE, 0);
    rt_parse_stats(b.bytes, b.len, &d, &s);
    assert_false(d.done);
    assert_true(d.news && !d.begun);
    assert_int_equal(s.n, 0);

    d = (struct rt_dump){.seq = SEQ, .type = RTM_NEWSTATS};
    b.len = 0;
    message(&b, RTM_NEWSTATS, SEQ, NLM_F_MULTI | NLM_F_DUMP_INTR, &m, sizeof m, IFLA_STATS_LINK_64, &st,
            sizeof st);
    finish(&b, NLMSG_ERROR, -EOPNOTSUPP);
    stats(&b, 1, 1000, sizeof st); /* behind the end: not read */
    rt_parse_stats(b.bytes, b.len, &d, &s);
    assert_true(d.interrupted && d.begun && d.done && !d.news);
    assert_int_equal(d.error, EOPNOTSUPP);
    assert_int_equal(s.n, 1);
    snapshot_free(&s);
}

/* Cut anywhere, and with every 16-bit length field anywhere set to nonsense: no step beyond (ASan), no
 * endless loop. */
static void survives_nonsense(void **state)
{
    static const uint16_t nonsense[] = {0, 1, 3, 15, 16, 17, 0x7fff, 0xffff};
    struct buffer b = {0};
    struct if_snapshot s = {0};

    stats(&b, 1, 1000, sizeof(struct rtnl_link_stats64));
    link_named(&b, 3, "eth0", 5);
    finish(&b, NLMSG_DONE, 0);
    for (size_t i = 0; i <= b.len; i++)
        for (size_t k = 0; k < sizeof nonsense / sizeof nonsense[0]; k++) {
            size_t len = k == 0 ? i : b.len; /* k == 0: cut */
            char *copy = malloc(len + 1);
            memcpy(copy, b.bytes, len);
            if (k > 0 && i + 2 <= len)
                memcpy(copy + i, &nonsense[k], 2);
            struct rt_dump d = {.seq = SEQ, .type = RTM_NEWSTATS};
            s.n = 0;
            rt_parse_stats(copy, len, &d, &s);
            d = (struct rt_dump){.seq = SEQ, .type = RTM_NEWLINK};
            rt_parse_links(copy, len, &d, &s);
            free(copy);
        }
    snapshot_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stats_become_entries), cmocka_unit_test(links_become_names),
        cmocka_unit_test(a_death_is_told),      cmocka_unit_test(others_answers_and_interruption),
        cmocka_unit_test(survives_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
