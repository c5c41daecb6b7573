/* Interfaces that are added, renamed, swapped and deleted while they are read as fast as it goes, in a
 * network namespace of our own. Every interface carries its own number of received packets, for ever the
 * same: so a counter under a wrong name shows, and any rate but 0 is a spike. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plugins/hostres/dispatch.h"
#include "plugins/hostres/report.h"

enum { LINKS = 8, PACKETS = 10 /* times the link's number */, INTERVAL_MS = 5, TIMEOUT = 2 };

static void warn(const char *text)
{
    print_message("warning: %s\n", text);
}

static unsigned rounds(void)
{
    const char *check = getenv("SCM_CHECK");

    return check != NULL && strcmp(check, "full") == 0 ? 200 : 25;
}

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

/* ---- a namespace with links 1..LINKS ---- */

static void ip(const char *batch)
{
    FILE *f = popen("ip -batch -", "w");

    assert_non_null(f);
    fputs(batch, f);
    assert_int_equal(pclose(f), 0);
}

static void send_packets(int fd, const char *name, unsigned n)
{
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name), .sll_halen = 6};
    char frame[60] = {[12] = (char)0x88, [13] = (char)0xb5}; /* an ethertype for experiments */

    for (unsigned i = 0; i < n; i++)
        assert_int_equal(sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to), sizeof frame);
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return ok;
}

/* A network namespace; who is not root becomes root of a user namespace first. */
static bool own_namespace(void)
{
    char map[64];

    snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_file("/proc/self/uid_map", map);
}

/* Link k is named xk and has received PACKETS * k packets; then it is down, and silent. */
static int make_links(void **state)
{
    char batch[4096];
    size_t len = 0;

    if (!own_namespace())
        return 0; /* *state stays NULL: CANNOT_RUN() */
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6",
               "1"); /* else the kernel sends packets of its own */
    for (unsigned k = 1; k <= LINKS; k++)
        len += (size_t)snprintf(batch + len, sizeof batch - len,
                                "link add x%u type veth peer name y%u\nlink set x%u up\nlink set y%u up\n", k,
                                k, k, k);
    ip(batch);
    int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    assert_true(raw >= 0);
    for (unsigned k = 1; k <= LINKS; k++) {
        char name[IF_NAME_SIZE];
        snprintf(name, sizeof name, "y%u", k);
        send_packets(raw, name, PACKETS * k);
    }
    close(raw);
    len = 0;
    for (unsigned k = 1; k <= LINKS; k++)
        len +=
            (size_t)snprintf(batch + len, sizeof batch - len, "link set x%u down\nlink set y%u down\n", k, k);
    ip(batch);
    static int made;
    *state = &made;
    return 0;
}

/* A child that changes the links round after round; its exit is the end of the test. */
static pid_t start_churn(void (*change)(FILE *, unsigned round))
{
    pid_t pid = fork();

    if (pid == 0) {
        FILE *f = popen("ip -batch -", "w");
        for (unsigned round = 0; f != NULL && round < rounds(); round++) {
            change(f, round);
            fflush(f);
        }
        _exit(f != NULL && pclose(f) == 0 ? 0 : 1);
    }
    assert_true(pid > 0);
    return pid;
}

static bool churning(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, WNOHANG) == 0)
        return true;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
}

/* ---- every name tells whose it is ---- */

/* Link k is renamed to xk_ROUND and back; a link that never received anything comes and goes under a name
 * 0_ROUND. */
static void rename_all(FILE *f, unsigned round)
{
    fprintf(f, "link add x0_%u type veth peer name z%u\n", round, round);
    for (unsigned k = 1; k <= LINKS; k++)
        fprintf(f, "link set x%u name x%u_%u\n", k, k, round);
    fprintf(f, "link del x0_%u\n", round);
    for (unsigned k = 1; k <= LINKS; k++)
        fprintf(f, "link set x%u_%u name x%u\n", k, round, k);
}

static void names_and_counters_belong_together(void **state)
{
    static const enum net_mode modes[] = {NET_PROC, NET_NETLINK, NET_AUTO};

    if (*state == NULL)
        CANNOT_RUN("needs network namespaces and veth");
    for (size_t m = 0; m < 3; m++) {
        struct net_config c = {.proc_root = "/proc", .mode = modes[m], .own_proc = true, .warn = warn};
        struct net_source *s = net_source_open(&c);
        struct if_snapshot snapshot = {0};
        uint64_t bad = 0, readings = 0, failed = 0, links = 0;
        assert_non_null(s);
        for (pid_t pid = start_churn(rename_all); churning(pid); readings++) {
            failed += net_source_read(s, &snapshot, &bad) != 0;
            for (size_t i = 0; i < snapshot.n; i++) {
                const struct if_entry *e = &snapshot.entry[i];
                if (e->key.name[0] != 'x')
                    continue;
                assert_int_equal(e->count[IF_RX_PACKETS], PACKETS * strtoul(e->key.name + 1, NULL, 10));
                assert_int_not_equal(e->key.index, 0);
                links++;
            }
        }
        print_message("source %d: %ju readings, %ju failed, %ju links\n", modes[m], (uintmax_t)readings,
                      (uintmax_t)failed, (uintmax_t)links);
        assert_true(readings > 100 && failed * 10 < readings && links > readings * LINKS / 2);
        assert_int_equal(bad, 0);
        snapshot_free(&snapshot);
        net_source_close(s);
    }
}

/* ---- names pass from one link to the other ---- */

static struct {
    char name[IF_NAME_SIZE];
    uint64_t packets, when_ns;
} last[64]; /* what collectd would remember */
static uint64_t dispatched, passed;

static uint64_t begun_ns; /* the time that the lists of this read carry */

void dispatch_begin(void)
{
    begun_ns = now_ns();
}

static char about[IF_NAME_SIZE];

void dispatch_subject(const struct label *plugin, const char instance[IF_NAME_SIZE])
{
    memcpy(about, instance, IF_NAME_SIZE);
}

void dispatch_interface(const struct label type[4], const uint64_t value[8])
{
    size_t i = 0;

    while (last[i].name[0] != '\0' && !if_name_equal(last[i].name, about))
        i++;
    assert_true(i + 1 < sizeof last / sizeof last[0]);
    memcpy(last[i].name, about, IF_NAME_SIZE);
    if (last[i].when_ns != 0 && value[IF_RX_PACKETS] != last[i].packets) {
        /* Another link's: only after collectd and the RRD file have given up the one before. */
        uint64_t gap_ms = (begun_ns - last[i].when_ns) / 1000000;
        print_message("%s passed on after %ju ms\n", about, (uintmax_t)gap_ms);
        assert_true(gap_ms >= 1000);
        passed++;
    }
    last[i].packets = value[IF_RX_PACKETS];
    last[i].when_ns = begun_ns;
    dispatched++;
}

void dispatch_counters(const struct label *type, const struct label *instance, const uint64_t *value,
                       size_t n)
{
}

void dispatch_gauges(const struct label *type, const struct label *instance, const double *value, size_t n)
{
    if (strcmp(type->text, "if_rate") == 0 || about[0] != '\0')
        for (size_t i = 0; i < n; i++)
            assert_true(value[i] == 0); /* nothing was received while anybody looked */
}

/* All names move on by one link; then some links go and come back with the names of others. */
static void swap_all(FILE *f, unsigned round)
{
    for (unsigned k = 1; k <= LINKS; k++)
        fprintf(f, "link set x%u name t%u\n", k, k);
    for (unsigned k = 1; k <= LINKS; k++)
        fprintf(f, "link set t%u name x%u\n", k, k % LINKS + 1);
    fprintf(f, "link add s%u type veth peer name u%u\nlink del s%u\n", round % 3, round % 3, round % 3);
}

static void a_passed_name_is_a_gap(void **state)
{
    static const enum net_mode modes[] = {NET_PROC, NET_NETLINK};

    if (*state == NULL)
        CANNOT_RUN("needs network namespaces and veth");
    for (size_t m = 0; m < 4; m++) {
        struct options o = {.report_inactive = true, .sample_interval = 0.01, .net_mode = modes[m % 2]};
        struct report_config c = {
            .options = &o, .interval_ns = INTERVAL_MS * 1000000, .timeout = TIMEOUT, .warn = warn};
        o.group[GROUP_INTERFACE] = o.group[GROUP_PERCENT] = true;
        o.group[GROUP_PEAK] = m < 2; /* with the sampler, and without one */
        memset(last, 0, sizeof last);
        dispatched = passed = 0;
        struct report *r = report_open(&c);
        assert_non_null(r);
        for (pid_t pid = start_churn(swap_all); churning(pid);) {
            report_read(r);
            usleep(INTERVAL_MS * 1000);
        }
        for (int i = 0; i < 5; i++) { /* each name is somebody's again once the past is forgotten */
            usleep(300000);
            report_read(r);
        }
        print_message("source %d, sampler %d: %ju interfaces dispatched, %ju names passed on\n", modes[m % 2],
                      m < 2, (uintmax_t)dispatched, (uintmax_t)passed);
        assert_true(dispatched >= LINKS * 2);
        assert_true(passed > 0);
        report_close(r);
    }
}

/* ---- a name and an index pass on together ---- */

/* Link r goes and another comes in its place, with its index: as links may that move between namespaces. */
static void replace(unsigned packets)
{
    int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    assert_true(raw >= 0);
    if (packets > 100)
        ip("link del r\n");
    ip("link add r index 900 type veth peer name rr index 901\nlink set r up\nlink set rr up\n");
    send_packets(raw, "rr", packets);
    close(raw);
    ip("link set rr down\nlink set r down\n");
}

static void an_index_that_comes_back_is_another(void **state)
{
    static const enum net_mode modes[] = {NET_PROC, NET_NETLINK};
    unsigned packets = 0;

    if (*state == NULL)
        CANNOT_RUN("needs network namespaces and veth");
    for (size_t m = 0; m < 2; m++) {
        struct options o = {.report_inactive = true, .sample_interval = 0.01, .net_mode = modes[m]};
        struct report_config c = {
            .options = &o, .interval_ns = INTERVAL_MS * 1000000, .timeout = TIMEOUT, .warn = warn};
        o.group[GROUP_INTERFACE] = true; /* and no sampler */
        memset(last, 0, sizeof last);
        passed = 0;
        struct report *r = report_open(&c);
        assert_non_null(r);
        for (unsigned round = 0; round < 4; round++) {
            replace(packets += 100); /* never fewer than before */
            for (int i = 0; i < 10; i++) {
                report_read(r);
                usleep(INTERVAL_MS * 1000);
            }
        }
        usleep(1100000);
        report_read(r);
        assert_true(passed > 0);
        report_close(r);
    }
    ip("link del r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_counters_belong_together),
        cmocka_unit_test(a_passed_name_is_a_gap),
        cmocka_unit_test(an_index_that_comes_back_is_another),
    };
    return cmocka_run_group_tests(tests, make_links, NULL);
}
