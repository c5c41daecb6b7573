#include "tests/unit/unit.h"

#include <stdio.h>

#include "plugins/eperf/params.h"

static bool parse(const char *text, struct eperf_params *p, char error[EPERF_ERROR_MAX])
{
    json_t *o = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(o);
    bool ok = params_from_json(p, o, error);
    json_decref(o);
    return ok;
}

/* As apt's iperf3 3.12 sent them (strace of `iperf3 -c … -P 3 -O 1 -b 100M -M 1000 -S 32 -C cubic -Z`, and
 * `-u --bidir -b 1M -l 1000 --udp-counters-64bit`, and `-R`). */
static const char TCP_312[] =
    "{\"tcp\":true,\"omit\":1,\"time\":1,\"num\":0,\"blockcount\":0,\"MSS\":1000,\"parallel\":3,\"len\":131072,"
    "\"bandwidth\":100000000,\"pacing_timer\":1000,\"TOS\":32,\"congestion\":\"cubic\",\"zerocopy\":1,"
    "\"client_version\":\"3.12\"}";
static const char UDP_312[] =
    "{\"udp\":true,\"omit\":0,\"time\":1,\"num\":0,\"blockcount\":0,\"parallel\":1,\"bidirectional\":true,\"len\":1000,"
    "\"bandwidth\":1000000,\"pacing_timer\":1000,\"udp_counters_64bit\":1,\"client_version\":\"3.12\"}";
static const char REVERSE_312[] =
    "{\"tcp\":true,\"omit\":0,\"time\":1,\"num\":0,\"blockcount\":0,\"parallel\":1,\"reverse\":true,\"len\":131072,"
    "\"pacing_timer\":1000,\"client_version\":\"3.12\"}";

static void reads_iperf3(void **state)
{
    struct eperf_params p;
    char error[EPERF_ERROR_MAX];
    assert_true(parse(TCP_312, &p, error));
    assert_int_equal(p.protocol, EPERF_TCP);
    assert_int_equal(p.direction, EPERF_UPLOAD);
    assert_int_equal(p.omit, 1);
    assert_int_equal(p.streams, 3);
    assert_int_equal(p.mss, 1000);
    assert_int_equal(p.tos, 32);
    assert_int_equal(p.rate, 100000000);
    assert_string_equal(p.congestion, "cubic");
    assert_true(parse(UDP_312, &p, error));
    assert_int_equal(p.protocol, EPERF_UDP);
    assert_int_equal(p.direction, EPERF_BOTH);
    assert_true(p.counters_64bit);
    assert_true(parse(REVERSE_312, &p, error));
    assert_int_equal(p.direction, EPERF_DOWNLOAD);
    assert_int_equal(p.block_len, 131072);
}

/* What the table sends, the table reads. */
static void round_trip(void **state)
{
    struct eperf_params a = {.protocol = EPERF_UDP, .direction = EPERF_BOTH, .streams = 7, .duration = 9, .omit = 2,
                             .interval = 1, .blocks = 77, .block_len = 1448, .rate = 12345678901, .mss = 1400,
                             .window = 1 << 20, .tos = 184, .nodelay = true, .counters_64bit = true,
                             .congestion = "bbr", .title = "t"};
    struct eperf_params b;
    char error[EPERF_ERROR_MAX];
    json_t *o = params_to_json(&a);
    assert_true(params_from_json(&b, o, error));
    json_decref(o);
    json_t *x = params_to_json(&a), *y = params_to_json(&b);
    assert_true(json_equal(x, y));
    assert_int_equal(b.window, a.window);
    assert_int_equal(b.blocks, a.blocks);
    json_decref(x);
    json_decref(y);
}

static void defaults_pass(void **state)
{
    struct eperf_params p;
    char error[EPERF_ERROR_MAX];
    eperf_params_default(&p);
    assert_true(eperf_params_check(&p, error));
    assert_int_equal(p.streams, 3);
    assert_int_equal(p.duration, 5);
}

/* Wrong types in every field, and absurd numbers: refused, and the field is named. */
static void wrong_values(void **state)
{
    static const char *const keys[] = {"omit", "time", "num", "blockcount", "MSS", "nodelay", "parallel", "window",
                                       "len", "bandwidth", "TOS", "congestion", "title", "udp_counters_64bit",
                                       "tcp", "udp", "reverse", "bidirectional"};
    static const char *const values[] = {"[]", "{}", "null", "-1", "1e300", "0.5", "99999999999999999999"};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            char text[200], error[EPERF_ERROR_MAX] = "", quoted[40];
            struct eperf_params p;
            snprintf(text, sizeof text, "{\"tcp\":true,\"%s\":%s}", keys[k], values[v]);
            snprintf(quoted, sizeof quoted, "\"%s\"", keys[k]);
            if (strcmp(keys[k], "tcp") == 0)
                snprintf(text, sizeof text, "{\"tcp\":%s}", values[v]);
            assert_false(parse(text, &p, error));
            assert_non_null(strstr(error, quoted));
        }
}

static void absurd_numbers(void **state)
{
    static const char *const texts[] = {
        "{\"tcp\":true,\"len\":1048577}",           "{\"tcp\":true,\"len\":0}",
        "{\"udp\":true,\"len\":65508}",             "{\"udp\":true,\"len\":8}",
        "{\"tcp\":true,\"time\":86401}",            "{\"tcp\":true,\"parallel\":129}",
        "{\"tcp\":true,\"parallel\":0}",            "{\"tcp\":true,\"TOS\":256}",
        "{\"tcp\":true,\"MSS\":9217}",              "{\"tcp\":true,\"MSS\":10}",
        "{\"tcp\":true,\"congestion\":\"a_name_that_is_too_long\"}",
        "{\"tcp\":true,\"udp\":true}",              "{\"sctp\":true}",
        "{\"tcp\":true,\"num\":5,\"blockcount\":5}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct eperf_params p;
        char error[EPERF_ERROR_MAX] = "";
        assert_false(parse(texts[i], &p, error));
        assert_true(error[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_iperf3), cmocka_unit_test(round_trip),     cmocka_unit_test(defaults_pass),
        cmocka_unit_test(wrong_values), cmocka_unit_test(absurd_numbers),
    };
    return cmocka_run_group_tests_name("eperf params", tests, NULL, NULL);
}
