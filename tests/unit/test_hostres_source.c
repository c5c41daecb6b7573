/* The sources on this machine's own interfaces, and the sampling thread beside a reader at full speed. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugins/hostres/procfile.h"
#include "plugins/hostres/rtnl.h"
#include "plugins/hostres/sampler.h"

static void no_warning(const char *text)
{
    print_message("warning: %s\n", text);
}

static struct net_source *open_source(enum net_mode mode)
{
    struct net_config c = {.proc_root = "/proc", .mode = mode, .own_proc = true, .warn = no_warning};
    struct net_source *s = net_source_open(&c);

    assert_non_null(s);
    return s;
}

static const struct if_entry *find(const struct if_snapshot *s, const struct if_key *key)
{
    for (size_t i = 0; i < s->n; i++)
        if (if_key_equal(&s->entry[i].key, key))
            return &s->entry[i];
    return NULL;
}

/* Both ways know the same interfaces by the same indexes, and no counter of the later reading is behind the
 * earlier. */
static void both_ways_agree(void **state)
{
    struct net_source *proc = open_source(NET_PROC), *netlink = open_source(NET_NETLINK);
    struct if_snapshot a = {0}, b = {0};
    uint64_t bad = 0;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(net_source_read(proc, &a, &bad), 0);
        assert_int_equal(net_source_read(netlink, &b, &bad), 0);
        assert_int_equal(a.n, b.n);
        assert_int_equal(a.has, IF_HAS_ALL);
        assert_int_equal(b.has, IF_HAS_ALL);
        for (size_t k = 0; k < a.n; k++) {
            const struct if_entry *e = find(&b, &a.entry[k].key);
            assert_non_null(e);
            assert_true(e->key.index != 0);
            for (size_t c = 0; c < IF_COUNTERS; c++)
                assert_true(e->count[c] >= a.entry[k].count[c] &&
                            e->count[c] - a.entry[k].count[c] < 1U << 30);
        }
    }
    assert_int_equal(bad, 0);
    snapshot_free(&a);
    snapshot_free(&b);
    net_source_close(proc);
    net_source_close(netlink);
}

/* An answer for which there was no room is asked for again, with room; nothing of the first is left behind.
 */
static void an_answer_cut_off(void **state)
{
    struct rtnl r;
    struct if_snapshot whole = {0}, again = {0};
    uint64_t bad = 0;

    assert_int_equal(rtnl_open(&r), 0);
    assert_int_equal(rtnl_stats(&r, &whole, &bad), 0);
    assert_true(whole.n > 0);
    for (int names = 0; names < 2; names++) {
        r.room = 100; /* less than any kernel puts into one */
        assert_int_equal(names ? rtnl_links(&r, &again, &bad) : rtnl_stats(&r, &again, &bad), 0);
        assert_int_equal(again.n, whole.n);
        for (size_t i = 0; i < whole.n; i++)
            assert_int_equal(again.entry[i].key.index, whole.entry[i].key.index);
        assert_int_equal(r.room, RTNL_BUFFER);
    }
    assert_int_equal(bad, 0);
    rtnl_close(&r);
    snapshot_free(&whole);
    snapshot_free(&again);
}

/* Whatever this process may still open: a change is told once, by rtnl_links(), and quiet is quiet. A source
 * that has no socket leaves the descriptors of others alone. */
static void changes_without_descriptors(void **state)
{
    struct net_config c = {.proc_root = "/nowhere", .mode = NET_PROC, .own_proc = false, .warn = no_warning};
    struct if_snapshot names = {0};
    struct rlimit before, none;
    struct rtnl r;
    uint64_t bad = 0;
    int stdin_flags = fcntl(STDIN_FILENO, F_GETFD);

    net_source_close(net_source_open(&c));
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), stdin_flags);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (int starved = 0; starved < 2; starved++) {
        assert_int_equal(rtnl_open(&r), 0);
        none = (struct rlimit){.rlim_cur = (rlim_t)r.fd + 1, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, starved ? &none : &before), 0);
        for (int i = 0; i < 3; i++)
            assert_true(rtnl_changed(&r)); /* nobody has asked for the names yet */
        assert_int_equal(rtnl_links(&r, &names, &bad), 0);
        assert_int_equal(r.watch >= 0, !starved);
        rtnl_close(&r);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    }
    snapshot_free(&names);
}

/* A file that is away, comes, is changed, and goes: an error for as long, never a stale value. */
static void a_file_that_comes_and_goes(void **state)
{
    char root[] = "/tmp/test_hostres.XXXXXX", path[64], dir[64];
    struct if_snapshot s = {0};
    uint64_t bad = 0;

    assert_non_null(mkdtemp(root));
    snprintf(dir, sizeof dir, "%s/net", root);
    snprintf(path, sizeof path, "%s/net/dev", root);
    struct net_config c = {.proc_root = root, .mode = NET_AUTO, .own_proc = false, .warn = no_warning};
    struct net_source *source = net_source_open(&c);
    assert_non_null(source);
    assert_true(net_source_read(source, &s, &bad) != 0);
    assert_int_equal(mkdir(dir, 0700), 0);
    FILE *f = fopen(path, "w");
    fprintf(f, "Inter-| Receive | Transmit\n face |bytes packets errs drop|bytes packets errs drop\n"
               "eth0: 1 2 3 4 5 6 7 8\nnonsense\n");
    fclose(f);
    assert_int_equal(net_source_read(source, &s, &bad), 0);
    assert_int_equal(s.n, 1);
    assert_int_equal(bad, 1);
    assert_int_equal(s.entry[0].key.index, 0);
    assert_int_equal(s.entry[0].count[IF_TX_DROPPED], 8);
    unlink(path);
    rmdir(dir);
    net_source_close(source);
    rmdir(root);
    snapshot_free(&s);
}

/* A file of many pages is read whole, whatever room there was at first. */
static void a_long_file(void **state)
{
    char root[] = "/tmp/test_hostres.XXXXXX", path[64];
    struct procfile p;
    enum { LINES = 20000 };

    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/long", root);
    FILE *f = fopen(path, "w");
    for (unsigned i = 0; i < LINES; i++)
        fprintf(f, "line %08u\n", i);
    fclose(f);
    assert_int_equal(procfile_open(&p, root, "long"), 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(procfile_read(&p), 0);
        assert_int_equal(p.len, LINES * 14);
        assert_memory_equal(p.text + p.len - 14, "line 00019999\n", 15);
    }
    procfile_close(&p);
    unlink(path);
    rmdir(root);
}

/* Sampler and reader as fast as both go, for a second; under TSan this is the point of it. */
static void sampler_beside_a_reader(void **state)
{
    static const enum net_mode modes[] = {NET_PROC, NET_NETLINK};

    for (size_t m = 0; m < 2; m++) {
        struct sampler *s = sampler_start(open_source(modes[m]), 10 * 1000 * 1000);
        struct peak_list peaks = {0};
        struct sampler_stats stats = {0};
        bool seen = false;
        assert_non_null(s);
        for (time_t end = time(NULL) + 2; time(NULL) < end;) {
            assert_int_equal(sampler_take(s, &peaks, &stats), 0);
            for (size_t i = 0; i < peaks.n; i++) {
                assert_true(peaks.peak[i].rx < 1e13);
                seen |= peaks.peak[i].rx >= 0;
            }
        }
        assert_true(seen);
        assert_true(sampler_cpu_ns(s) > 0);
        assert_int_equal(stats.bad, 0);
        sampler_stop(s);
        peak_list_free(&peaks);
    }
}

static void sampler_stops_at_once(void **state)
{
    struct timespec a, b;

    clock_gettime(CLOCK_MONOTONIC, &a);
    sampler_stop(sampler_start(open_source(NET_AUTO), UINT64_C(86400) * 1000000000));
    sampler_stop(NULL);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_true(b.tv_sec - a.tv_sec < 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(an_answer_cut_off),
        cmocka_unit_test(changes_without_descriptors),
        cmocka_unit_test(a_file_that_comes_and_goes),
        cmocka_unit_test(a_long_file),
        cmocka_unit_test(sampler_beside_a_reader),
        cmocka_unit_test(sampler_stops_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
