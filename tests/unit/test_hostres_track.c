/* What is remembered of interfaces between reads, and which are wanted. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>

#include "plugins/hostres/iftrack.h"

#define SECOND UINT64_C(1000000000)

static struct if_entry entry(const char *name, uint32_t index, uint64_t octets)
{
    struct if_entry e = {
        .key.index = index, .count = {[IF_RX_OCTETS] = octets, [IF_TX_OCTETS] = 2 * octets}
    };

    memcpy(e.key.name, name, strlen(name));
    return e;
}

static void update(struct iftrack *t, struct if_entry *e, size_t n, unsigned second)
{
    struct if_snapshot s = {.entry = e, .n = n, .size = n};

    assert_int_equal(iftrack_update(t, &s, second * SECOND), 0);
}

static void one(struct iftrack *t, const char *name, uint32_t index, uint64_t octets, unsigned second)
{
    struct if_entry e = entry(name, index, octets);

    update(t, &e, 1, second);
}

/* A name that is another interface is withheld until what was under it is forgotten; then it is an interface
 * as any. */
static void a_name_that_passes_is_held(void **state)
{
    struct match all = {0};
    struct iftrack t = {.match = &all, .forget_ns = 25 * SECOND};

    one(&t, "eth0", 2, 1000, 10);
    assert_false(t.entry[0].held);
    one(&t, "eth0", 3, 999999, 20);
    assert_true(t.entry[0].held);
    one(&t, "eth0", 3, 1000000, 30);
    assert_true(t.entry[0].held);
    one(&t, "eth0", 3, 1000001, 40);
    assert_false(t.entry[0].held);
    iftrack_free(&t);
}

/* Also where nobody had the name for a while, and where it passes on once more while it is held. */
static void a_name_that_rests_is_held(void **state)
{
    struct match all = {0};
    struct iftrack t = {.match = &all, .forget_ns = 25 * SECOND};
    struct if_entry both[2] = {entry("a", 1, 5), entry("b", 2, 6)};

    update(&t, both, 2, 10);
    one(&t, "a", 1, 6, 20);
    struct if_entry swapped[2] = {entry("a", 1, 5), entry("b", 3, 6)};
    update(&t, swapped, 2, 30); /* b, last seen at 10 as index 2 */
    assert_false(t.entry[0].held);
    assert_true(t.entry[1].held);
    swapped[1].key.index = 4;
    update(&t, swapped, 2, 33); /* and again: nothing was sent since 10, so the same end */
    assert_true(t.entry[1].held);
    update(&t, swapped, 2, 36);
    assert_false(t.entry[1].held);
    iftrack_free(&t);
}

/* Renamed away and back is the same interface; nothing is held, and what is gone for long is forgotten. */
static void there_and_back(void **state)
{
    struct match all = {0};
    struct iftrack t = {.match = &all, .forget_ns = 25 * SECOND};

    one(&t, "eth0", 2, 1000, 10);
    one(&t, "lan", 2, 1000, 20);
    assert_false(t.entry[0].held);
    assert_int_equal(t.all, 2);
    one(&t, "eth0", 2, 1000, 30);
    assert_false(t.entry[0].held);
    for (unsigned s = 40; s < 70; s += 10)
        one(&t, "eth0", 2, 1000, s);
    one(&t, "eth1", 9, 0, 70);
    one(&t, "eth2", 9, 0, 100);
    one(&t, "eth3", 9, 0, 130);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.all, 1);
    iftrack_free(&t);
}

/* Thousands that come and go by chance: every entry stands beside its interface, and only a passed name is
 * held. */
static void churn(void **state)
{
    enum { NAMES = 200, ROUNDS = 300 };
    struct match all = {0};
    struct iftrack t = {.match = &all, .forget_ns = 5 * SECOND / 2};
    static struct if_entry e[NAMES];
    static struct {
        uint32_t index;
        unsigned seen;
    } last[NAMES];
    unsigned seed = 7;

    print_message("seed %u\n", seed);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        size_t n = 0;
        for (unsigned i = 0; i < NAMES; i++) {
            unsigned name = (i * 37 + round / 50) % NAMES;
            if (rand_r(&seed) % 3 == 0)
                continue;
            char text[IF_NAME_SIZE];
            snprintf(text, sizeof text, "if%u", name);
            uint32_t index =
                last[name].index != 0 && rand_r(&seed) % 8 ? last[name].index : (uint32_t)rand_r(&seed);
            e[n++] = entry(text, index, round);
        }
        update(&t, e, n, round);
        assert_int_equal(t.n, n);
        for (size_t i = 0; i < n; i++) {
            unsigned name = (unsigned)strtoul(e[i].key.name + 2, NULL, 10);
            assert_true(if_key_equal(&t.entry[i].key, &e[i].key));
            bool fresh =
                last[name].seen != 0 && last[name].seen + 2 >= round && last[name].index != e[i].key.index;
            if (fresh)
                assert_true(t.entry[i].held);
            if (t.entry[i].held)
                continue;
            last[name].index = e[i].key.index; /* what collectd has under the name */
            last[name].seen = round;
        }
    }
    iftrack_free(&t);
}

static void percent_of_speed(void **state)
{
    struct match all = {0};
    struct iftrack t = {.match = &all, .forget_ns = 25 * SECOND};

    one(&t, "eth0", 2, 1000, 10);
    t.entry[0].speed = 1000;
    assert_true(isnan(iftrack_percent(&t.entry[0], 0)));
    one(&t, "eth0", 2, 1250, 20);
    assert_true(iftrack_percent(&t.entry[0], 0) == 20); /* 250 octets in 10 s of 1000 bits/s */
    assert_true(iftrack_percent(&t.entry[0], 1) == 40);
    one(&t, "eth0", 2, 9999999, 30);
    assert_true(iftrack_percent(&t.entry[0], 0) == 100);
    one(&t, "eth0", 2, 5, 40);
    assert_true(isnan(iftrack_percent(&t.entry[0], 0))); /* went back */
    t.entry[0].speed = 0;
    one(&t, "eth0", 2, 6, 50);
    assert_true(isnan(iftrack_percent(&t.entry[0], 0)));
    iftrack_free(&t);
}

static void wants_what_collectd_would(void **state)
{
    struct match m = {0};
    char error[128];

    assert_true(match_wants(&m, "eth0"));
    m.ignore = true;
    assert_true(match_wants(&m, "eth0")); /* no entry, all wanted, either way */
    assert_int_equal(match_add(&m, "lo", error, sizeof error), 0);
    assert_int_equal(match_add(&m, "/^(veth|br)[0-9]/", error, sizeof error), 0);
    assert_int_equal(match_add(&m, "//", error, sizeof error), 0); /* too short for an expression: a name */
    static const struct {
        const char *name;
        bool listed;
    } cases[] = {
        {"lo",     true },
        {"lo0",    false},
        {"eth0",   false},
        {"veth1",  true },
        {"xveth1", false},
        {"br7.2",  true },
        {"br",     false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        m.ignore = true;
        assert_true(match_wants(&m, cases[i].name) == !cases[i].listed);
        m.ignore = false;
        assert_true(match_wants(&m, cases[i].name) == cases[i].listed);
    }
    assert_int_equal(match_add(&m, "", error, sizeof error), -1);
    assert_int_equal(match_add(&m, "/(/", error, sizeof error), -1);
    assert_true(strlen(error) > 0);
    assert_int_equal(m.n, 3);
    match_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_passes_is_held),
        cmocka_unit_test(a_name_that_rests_is_held),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(churn),
        cmocka_unit_test(percent_of_speed),
        cmocka_unit_test(wants_what_collectd_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
