/* The parsers of /proc text against golden files, and what no file of one machine shows. */
#include "tests/unit/hostres_data.h"

#include "plugins/hostres/cpustat.h"
#include "plugins/hostres/loadavg.h"
#include "plugins/hostres/meminfo.h"
#include "plugins/hostres/netdev.h"
#include "plugins/hostres/pressure.h"
#include "plugins/hostres/speed.h"

/* The entries as the .want files have them. */
static char *dump(const struct if_snapshot *s, size_t bad)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (size_t i = 0; i < s->n; i++) {
        fprintf(f, "%s", s->entry[i].key.name);
        for (size_t c = 0; c < IF_COUNTERS; c++)
            fprintf(f, " %ju", (uintmax_t)s->entry[i].count[c]);
        fprintf(f, "\n");
    }
    fprintf(f, "bad %zu has %02x\n", bad, s->has);
    fclose(f);
    return text;
}

static void netdev_golden(void **state)
{
    static const char *const names[] = {"netdev-6.18",     "netdev-6.18-names",   "made-netdev-2.4",
                                        "made-netdev-2.0", "made-netdev-columns", "made-netdev-broken"};
    struct if_snapshot s = {0};
    struct netdev_layout layout = {0}; /* the same one for all, as for a file that changes under it */

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            char want_name[64];
            size_t len, want_len;
            char *text = data_load(names[i], &len);
            snprintf(want_name, sizeof want_name, "%s.want", names[i]);
            char *want = data_load(want_name, &want_len);
            char *got = dump(&s, netdev_parse(text, len, &layout, &s));
            assert_string_equal(got, want);
            free(got);
            free(want);
            free(text);
        }
    snapshot_free(&s);
}

static void netdev_pads_names_and_knows_no_index(void **state)
{
    struct if_snapshot s = {0};
    struct netdev_layout layout = {0};
    size_t len;
    char *text = data_load("netdev-6.18", &len);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(netdev_parse(text, len, &layout, &s), 0);
        static const char lo[IF_NAME_SIZE] = "lo";
        assert_true(if_name_equal(s.entry[0].key.name, lo));
        assert_int_equal(s.entry[0].key.index, 0);
        memset(s.entry, 0xff, s.size * sizeof s.entry[0]); /* nothing of before may shine through */
    }
    free(text);
    snapshot_free(&s);
}

static void netdev_takes_ten_thousand(void **state)
{
    static const char header[] = "Inter-|   Receive   |  Transmit\n"
                                 " face |bytes packets errs drop|bytes packets errs drop\n";
    enum { MANY = 10000 };
    size_t size = sizeof header + MANY * 100, len = sizeof header - 1;
    char *text = calloc(1, size);
    struct if_snapshot s = {0};
    struct netdev_layout layout = {0};

    memcpy(text, header, len);
    for (unsigned i = 0; i < MANY; i++)
        len += (size_t)snprintf(text + len, size - len, "veth%u: %u 1 2 3 %u 4 5 6\n", i, i * 7, i * 9);
    assert_int_equal(netdev_parse(text, len, &layout, &s), 0);
    assert_int_equal(s.n, MANY);
    assert_string_equal(s.entry[9999].key.name, "veth9999");
    assert_int_equal(s.entry[9999].count[IF_TX_OCTETS], 9999 * 9);
    free(text);
    snapshot_free(&s);
}

/* Every length that a file may have been cut to: no step beyond (ASan), and no entry that is not whole. */
static void netdev_cut_anywhere(void **state)
{
    struct if_snapshot s = {0};
    struct netdev_layout layout = {0};
    size_t len;
    char *text = data_load("netdev-6.18", &len);

    for (size_t cut = 0; cut <= len; cut++) {
        char *part = data_pad(text, cut);
        netdev_parse(part, cut, &layout, &s);
        assert_true(s.n <= 4);
        free(part);
    }
    assert_int_equal(s.n, 4);
    free(text);
    snapshot_free(&s);
}

static void meminfo_golden(void **state)
{
    struct meminfo_layout layout = {0}; /* the same one for all, as for a file that changes under it */
    struct meminfo m;
    uint64_t used;
    size_t len;
    char *text = data_load("meminfo-6.18", &len);

    assert_int_equal(meminfo_parse(text, len, &layout, &m), 0);
    assert_int_equal(m.has, (1 << MEM_FIELDS) - 1);
    assert_int_equal(m.bytes[MEM_TOTAL] % 1024, 0);
    assert_true(meminfo_used(&m, &used));
    assert_int_equal(used + m.bytes[MEM_FREE] + m.bytes[MEM_BUFFERS] + m.bytes[MEM_CACHED] +
                         m.bytes[MEM_SLAB],
                     m.bytes[MEM_TOTAL]);
    free(text);

    text = data_load("made-meminfo-2.6.18", &len);
    assert_int_equal(meminfo_parse(text, len, &layout, &m), 0);
    assert_false(meminfo_has(&m, MEM_AVAILABLE));
    assert_false(meminfo_has(&m, MEM_SRECLAIMABLE));
    assert_int_equal(m.bytes[MEM_CACHED], UINT64_C(1309444) * 1024); /* and not SwapCached */
    assert_true(meminfo_used(&m, &used));
    assert_int_equal(used, (uint64_t)(2074780 - 75188 - 208048 - 1309444 - 168640) * 1024);
    free(text);

    text = data_load("made-meminfo-broken", &len);
    assert_int_equal(meminfo_parse(text, len, &layout, &m), 2);
    assert_int_equal(m.has, 1 << MEM_TOTAL | 1 << MEM_FREE | 1 << MEM_CACHED);
    assert_false(meminfo_used(&m, &used));
    free(text);
}

/* A text says what it says to a fresh reader, wherever the lines of the text before were. */
static void meminfo_agrees(struct meminfo_layout known, const char *text, size_t len)
{
    struct meminfo_layout none = {0};
    struct meminfo got, want;

    assert_int_equal(meminfo_parse(text, len, &known, &got), meminfo_parse(text, len, &none, &want));
    assert_int_equal(got.has, want.has);
    assert_memory_equal(got.bytes, want.bytes, sizeof want.bytes);
}

static void meminfo_in_known_places(void **state)
{
    size_t len;
    char *text = data_load("meminfo-6.18", &len), *changed = data_pad(text, len + 1);
    struct meminfo_layout known = {0};
    struct meminfo m;

    assert_int_equal(meminfo_parse(text, len, &known, &m), 0);
    for (size_t cut = 0; cut <= len; cut++) {
        char *part = data_pad(text, cut);
        meminfo_agrees(known, part, cut);
        free(part);
    }
    memcpy(strstr(changed, "\nBuffers:") + 1, "MemFree:", 8); /* one in another's place */
    meminfo_agrees(known, changed, len);
    memcpy(changed, text, len);
    *strstr(changed, "\nCached:") = ' '; /* the key, but not of a line */
    meminfo_agrees(known, changed, len);
    changed[0] = '\n'; /* all move on by one */
    memcpy(changed + 1, text, len);
    meminfo_agrees(known, changed, len + 1);
    free(changed);
    free(text);
}

static void loadavg_reads_three(void **state)
{
    double l[3] = {-1, -1, -1};
    size_t len;
    char *text = data_load("loadavg-6.18", &len);

    assert_true(loadavg_parse(text, len, l));
    assert_true(l[0] >= 0 && l[1] >= 0 && l[2] >= 0);
    free(text);
    assert_true(loadavg_parse("1.25 2 300.5", 12, l));
    assert_true(l[0] == 1.25 && l[1] == 2 && l[2] == 300.5);
    static const char *const bad[] = {"", "1", "1 2", "1 2 x", "1 -2 3 4", "nan 1 2", "1  2 3", "1,5 2 3 4"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(loadavg_parse(bad[i], strlen(bad[i]), l));
        assert_true(l[0] == 1.25);
    }
}

static bool stat_of(const char *text, struct cpustat *c)
{
    char *padded = data_pad(text, strlen(text));
    bool ok = cpustat_parse(padded, strlen(text), c);

    free(padded);
    return ok;
}

static void cpustat_adds_up(void **state)
{
    struct cpustat c = {.busy = 7, .total = 7};
    size_t len;
    char *text = data_load("made-stat-2.4", &len);

    assert_true(cpustat_parse(text, len, &c));
    assert_int_equal(c.busy, 150);
    assert_int_equal(c.total, 4150);
    free(text);
    text = data_load("stat-6.18", &len);
    assert_true(cpustat_parse(text, len, &c));
    assert_true(c.busy > 0 && c.busy < c.total);
    free(text);
    /* guest times are in user already; idle and iowait are not busy; fields yet unknown are not ours */
    assert_true(stat_of("cpu  1 2 4 8 16 32 64 128 256 512 1024\ncpu0 1 2", &c));
    assert_int_equal(c.total, 255);
    assert_int_equal(c.busy, 255 - 8 - 16);
    static const char *const bad[] = {"",
                                      "cpu",
                                      "cpu ",
                                      "cpu 1 2 3",
                                      "cpu0 1 2 3 4",
                                      "cpu 1 2 -3 4",
                                      "cpu 1 2 3 x",
                                      "cpu 18446744073709551615 18446744073709551615 3 4",
                                      "cpu 1 2 3 4x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(stat_of(bad[i], &c));
    assert_int_equal(c.total, 255);
}

static void pressure_reads_totals(void **state)
{
    struct pressure p;
    size_t len;
    char *text = data_load("pressure-io-6.18", &len);

    assert_int_equal(pressure_parse(text, len, &p), 0);
    assert_int_equal(p.has, 1 << PRESSURE_SOME | 1 << PRESSURE_FULL);
    assert_true(p.total_us[PRESSURE_SOME] >= p.total_us[PRESSURE_FULL]);
    free(text);
    text = data_load("made-pressure-5.2", &len);
    assert_int_equal(pressure_parse(text, len, &p), 0);
    assert_int_equal(p.has, 1 << PRESSURE_SOME);
    assert_int_equal(p.total_us[PRESSURE_SOME], 31473885);
    free(text);
    static const char broken[] = "some avg10=0 total=x\nfull\nfull total=\nirq total=4\nfull total=12\n";
    text = data_pad(broken, sizeof broken - 1);
    assert_int_equal(pressure_parse(text, sizeof broken - 1, &p), 2);
    assert_int_equal(p.has, 1 << PRESSURE_FULL);
    assert_int_equal(p.total_us[PRESSURE_FULL], 12);
    free(text);
}

static void speed_knows_the_unknown(void **state)
{
    assert_int_equal(speed_parse("1000\n", 5), 1000000000);
    assert_int_equal(speed_parse("400000", 6), UINT64_C(400000000000));
    static const char *const unknown[] = {"", "\n", "-1\n", "0\n", "4294967295\n", "fast\n", "10 \n"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_int_equal(speed_parse(unknown[i], strlen(unknown[i])), 0);
    assert_int_equal(speed_read("/nowhere", "eth0"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(netdev_golden),
        cmocka_unit_test(netdev_pads_names_and_knows_no_index),
        cmocka_unit_test(netdev_takes_ten_thousand),
        cmocka_unit_test(netdev_cut_anywhere),
        cmocka_unit_test(meminfo_golden),
        cmocka_unit_test(meminfo_in_known_places),
        cmocka_unit_test(loadavg_reads_three),
        cmocka_unit_test(cpustat_adds_up),
        cmocka_unit_test(pressure_reads_totals),
        cmocka_unit_test(speed_knows_the_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
