/* Replies of collectd's unixsock. The golden text was recorded from collectd 5.12 (Debian 12) with load, memory and interface. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>

#include "agent/unixsock.h"

static const char session[] = "3 Values found\n"
                              "1795299037.007 probe/interface-eth0/if_octets\n"
                              "1795299037.006 probe/load/load\n"
                              "1795299037.007 probe/memory/memory-used\n"
                              "-1 No such value.\n"
                              "2 Values found\n"
                              "rx=NaN\n"
                              "tx=1.250000e+05\n"
                              "0 Success: 1 value has been dispatched.\n";
static const char expected[] = "S3 L L L E S-1 E S2 L L E S0 E ";

/* The items of data, fed in pieces of n bytes, as text. */
static void items(const char *data, size_t len, size_t n, char *out, size_t size)
{
    struct unixsock_parser p;
    size_t used = 0;

    unixsock_reset(&p);
    out[0] = '\0';
    for (size_t at = 0; at < len; at += n) {
        const char *s = data + at;
        size_t left = len - at < n ? len - at : n;
        for (;;) {
            enum unixsock_item item = unixsock_next(&p, &s, &left);
            if (item == UNIXSOCK_NONE)
                break;
            if (item == UNIXSOCK_STATUS)
                used += (size_t)snprintf(out + used, size - used, "S%d ", (int)p.count);
            else
                used += (size_t)snprintf(out + used, size - used, "%s ",
                                         item == UNIXSOCK_LINE  ? "L"
                                         : item == UNIXSOCK_END ? "E"
                                                                : "BAD");
            if (item == UNIXSOCK_BAD)
                return;
        }
    }
}

static void whole_session_in_any_division(void **state)
{
    char out[256];

    for (size_t n = 1; n <= sizeof session - 1; n++) {
        items(session, sizeof session - 1, n, out, sizeof out);
        assert_string_equal(out, expected);
    }
}

static void what_is_no_reply(void **state)
{
    static const char *const bad[] = {"hello\n", "\n", "1.5 x\n", " 1 x\n", "99999999999 Values found\n", "+1 x\n"};
    char out[64];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        items(bad[i], strlen(bad[i]), strlen(bad[i]), out, sizeof out);
        assert_string_equal(out, "BAD ");
    }
}

static void line_without_end(void **state)
{
    struct unixsock_parser p;
    char big[UNIXSOCK_LINE_MAX + 1];
    const char *s = big;
    size_t n = sizeof big;

    memset(big, '1', sizeof big);
    unixsock_reset(&p);
    assert_int_equal(unixsock_next(&p, &s, &n), UNIXSOCK_BAD);
    s = "0 ok\n";
    n = 5;
    assert_int_equal(unixsock_next(&p, &s, &n), UNIXSOCK_BAD); /* stays so */
}

static void listval_lines(void **state)
{
    static const char *const bad[] = {"", " ", "1.000 ", "1.0000 a/b/c", "1.00 a/b/c", "x a/b/c", "-1.000 a/b/c", "1.000",
                                      "99999999999999999999.000 a/b/c"};
    int64_t t;
    const char *ident, *line = "1795299037.007 probe/a b/gauge-x y";
    size_t n;

    assert_true(unixsock_listval_line(line, strlen(line), &t, &ident, &n));
    assert_true(t == 1795299037007);
    assert_int_equal(n, strlen("probe/a b/gauge-x y"));
    assert_memory_equal(ident, "probe/a b/gauge-x y", n);
    line = "1795299037 h/p/t";
    assert_true(unixsock_listval_line(line, strlen(line), &t, &ident, &n));
    assert_true(t == 1795299037000);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(unixsock_listval_line(bad[i], strlen(bad[i]), &t, &ident, &n));
}

static void getval_lines(void **state)
{
    static const char *const bad[] = {"", "=1", "x", "x=", "x=1,5", "x=0x10", "x=1e999", "x= 1"};
    static const char *const nan[] = {"rx=NaN", "rx=nan", "rx=-nan", "rx=inf", "rx=-inf"};
    const char *name, *line = "shortterm=3.783203e+00";
    size_t n;
    double v;

    assert_true(unixsock_getval_line(line, strlen(line), &name, &n, &v));
    assert_int_equal(n, 9);
    assert_true(fabs(v - 3.783203) < 1e-12);
    for (size_t i = 0; i < sizeof nan / sizeof nan[0]; i++) {
        assert_true(unixsock_getval_line(nan[i], strlen(nan[i]), &name, &n, &v));
        assert_true(isnan(v));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(unixsock_getval_line(bad[i], strlen(bad[i]), &name, &n, &v));
}

static void quoting(void **state)
{
    char buf[16];

    assert_int_equal(unixsock_quote(buf, sizeof buf, "a\"b\\c\n"), 10);
    assert_string_equal(buf, "\"a\\\"b\\\\c \"");
    assert_int_equal(unixsock_quote(buf, sizeof buf, "1234567890123"), 0);  /* 13 + quotes + NUL + room to escape */
    assert_int_equal(unixsock_quote(buf, 2, ""), 0);
    assert_int_equal(unixsock_quote(buf, 3, ""), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_session_in_any_division),
        cmocka_unit_test(what_is_no_reply),
        cmocka_unit_test(line_without_end),
        cmocka_unit_test(listval_lines),
        cmocka_unit_test(getval_lines),
        cmocka_unit_test(quoting),
    };

    return cmocka_run_group_tests_name("unixsock", tests, NULL, NULL);
}
