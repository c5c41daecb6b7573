/* The default route out of the kernel's tables. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "agent/host_kernel.h"

#define V4_HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define V6_NONE "00000000000000000000000000000000"
#define V6(dest, prefix, metric, flags, dev) dest " " prefix " " V6_NONE " 00 " V6_NONE " " metric " 00000001 00000000 " flags " " dev "\n"

static FILE *text(const char *s)
{
    return s[0] != '\0' ? fmemopen((void *)(uintptr_t)s, strlen(s), "r") : NULL;
}

/* "": none */
static void expect(const char *v4, const char *v6, const char *want)
{
    char name[IF_NAMESIZE] = "";
    FILE *f4 = text(v4), *f6 = text(v6);
    bool found = host_default_route(f4, f6, name, sizeof name);

    assert_string_equal(name, want);
    assert_int_equal(found, want[0] != '\0');
    if (f4)
        fclose(f4);
    if (f6)
        fclose(f6);
}

static void the_lowest_metric_wins(void **state)
{
    expect(V4_HEAD "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
                   "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                   "tun0\t00000000\t0101A8C0\t0003\t0\t0\t99\t00000080\t0\t0\t0\n" /* 0/1 is not the default */
                   "eth1\t00000000\t0101A8C0\t0002\t0\t0\t1\t00000000\t0\t0\t0\n" /* down */
                   "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n",
           "", "eth0");
    expect(V4_HEAD, V6(V6_NONE, "00", "00000400", "00000003", "eth0") V6(V6_NONE, "00", "000000ff", "00000003", "eth1"), "eth1");
}

static void none_is_none(void **state)
{
    expect("", "", "");
    expect(V4_HEAD, V6(V6_NONE, "00", "ffffffff", "00200200", "lo"), "");
    expect("rubbish\n\n \t\n", "00\n" V6_NONE, "");
}

/* With a hundred addresses of its own a host has three hundred routes in front of that one. */
static void ipv6_lists_it_last(void **state)
{
    static char table[400 * 160];
    size_t n = 0;

    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(table + n, sizeof table - n, V6("fd%030x", "80", "00000100", "00000001", "eth7"), (unsigned)i);
    snprintf(table + n, sizeof table - n, "%s%s", V6(V6_NONE, "00", "00000400", "00000003", "eth0"),
             V6(V6_NONE, "00", "ffffffff", "00200200", "lo"));
    expect(V4_HEAD, table, "eth0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lowest_metric_wins), cmocka_unit_test(none_is_none), cmocka_unit_test(ipv6_lists_it_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
