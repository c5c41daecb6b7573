#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "plugins/eperf/net.h"

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage a = {0};
    struct sockaddr_in *v4 = (void *)&a;
    struct sockaddr_in6 *v6 = (void *)&a;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        a.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
        a.ss_family = AF_INET6;
    else
        fail();
    return a;
}

static bool has(const char *net, const char *host)
{
    struct net_prefix p;
    struct sockaddr_storage a = address(host);
    assert_true(net_prefix_parse(net, &p));
    return net_prefix_has(&p, &a);
}

static void prefixes(void **state)
{
    assert_true(has("10.0.0.0/8", "10.255.1.2"));
    assert_false(has("10.0.0.0/8", "11.0.0.1"));
    assert_true(has("10.0.0.0/8", "::ffff:10.1.2.3")); /* how a dual-stack listener sees v4 */
    assert_true(has("192.168.1.128/25", "192.168.1.129"));
    assert_false(has("192.168.1.128/25", "192.168.1.127"));
    assert_true(has("127.0.0.1", "127.0.0.1"));
    assert_false(has("127.0.0.1", "127.0.0.2"));
    assert_true(has("0.0.0.0/0", "8.8.8.8"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("::/0", "8.8.8.8"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("::1", "::1"));
    assert_true(has("::1/128", "::1"));
    assert_false(has("::1/128", "::2"));
    assert_true(has("127.0.0.1/32", "::ffff:127.0.0.1"));
    assert_true(has("::ffff:10.0.0.0/104", "10.1.2.3")); /* v4 the long way */
    assert_false(has("::ffff:10.0.0.0/104", "11.1.2.3"));
    assert_true(has("::ffff:0.0.0.0/96", "8.8.8.8"));
    assert_false(has("::ffff:0.0.0.0/96", "2001:db8::1"));
    assert_true(has("10.1.2.3/8", "10.9.9.9")); /* bits beyond the prefix do not count */
    assert_true(has("2001:db8::5/32", "2001:db8:1::1"));
}

static void no_prefixes(void **state)
{
    static const char *const texts[] = {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "host", "10.0.0.0/-1",
                                        "10.0.0.0/8 ", "1.2.3.4/08x", "::1/1/1", "/8", "1.2.3.4/33",
                                        "::ffff:10.0.0.0/8", "::ffff:0.0.0.0/0", "fe80::1%lo", " ::1"};
    struct net_prefix p;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(net_prefix_parse(texts[i], &p));
}

static void same_host(void **state)
{
    struct sockaddr_storage a = address("10.0.0.1"), b = address("::ffff:10.0.0.1"), c = address("10.0.0.2");
    assert_true(net_same_host(&a, &b));
    assert_false(net_same_host(&a, &c));
}

static void names(void **state)
{
    char host[64];
    uint16_t port;
    struct sockaddr_storage a = address("::ffff:10.0.0.1"), b = address("2001:db8::1");
    net_name(&a, host, &port);
    assert_string_equal(host, "10.0.0.1");
    net_name(&b, host, &port);
    assert_string_equal(host, "2001:db8::1");
}

static bool nodelay_after(bool asked)
{
    struct session s = {.params = {.protocol = EPERF_TCP, .nodelay = asked}, .peer = address("127.0.0.1")};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    socklen_t n = sizeof on;
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, n), 0); /* as the listener does */
    assert_true(net_stream_options(&s, fd));
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
    close(fd);
    return on;
}

static void no_delay_only_if_asked_for(void **state)
{
    assert_false(nodelay_after(false));
    assert_true(nodelay_after(true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes),
        cmocka_unit_test(no_prefixes),
        cmocka_unit_test(same_host),
        cmocka_unit_test(names),
        cmocka_unit_test(no_delay_only_if_asked_for),
    };
    return cmocka_run_group_tests_name("eperf net", tests, NULL, NULL);
}
