/* One read into value lists, on a /proc of our own making; dispatch.h is this file's, and remembers. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/hostres/dispatch.h"
#include "plugins/hostres/report.h"
#include "tests/unit/hostres_data.h"

static struct {
    char id[128];
    size_t n;
    double value[4];
} lists[256];
static size_t list_count;
static char subject[LABEL_SIZE + IF_NAME_SIZE];
static unsigned warnings;

void dispatch_begin(void)
{
    list_count = 0;
}

void dispatch_subject(const struct label *plugin, const char instance[IF_NAME_SIZE])
{
    snprintf(subject, sizeof subject, "%s%s%s", plugin->text, instance[0] ? "-" : "", instance);
}

void dispatch_gauges(const struct label *type, const struct label *instance, const double *value, size_t n)
{
    assert_true(list_count < sizeof lists / sizeof lists[0]);
    snprintf(lists[list_count].id, sizeof lists[0].id, "%s/%s%s%s", subject, type->text, instance ? "-" : "",
             instance ? instance->text : "");
    lists[list_count].n = n;
    memcpy(lists[list_count++].value, value, n * sizeof *value);
}

void dispatch_counters(const struct label *type, const struct label *instance, const uint64_t *value,
                       size_t n)
{
    double v[4];

    for (size_t i = 0; i < n; i++)
        v[i] = (double)value[i];
    dispatch_gauges(type, instance, v, n);
}

void dispatch_interface(const struct label type[4], const uint64_t value[8])
{
    for (size_t i = 0; i < 4; i++)
        dispatch_counters(&type[i], NULL, &value[2 * i], 2);
}

static void warn(const char *text)
{
    print_message("warning: %s\n", text);
    warnings++;
}

static const double *value_of(const char *id)
{
    for (size_t i = 0; i < list_count; i++)
        if (strcmp(lists[i].id, id) == 0)
            return lists[i].value;
    return NULL;
}

static double value(const char *id)
{
    const double *v = value_of(id);

    if (v == NULL)
        fail_msg("no %s", id);
    return v == NULL ? NAN : v[0];
}

/* A root with files from tests/data, which stand under their names in /proc. */
static char root[64];

static void put_text(const char *name, const char *text, size_t len)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    fclose(f);
}

static void put(const char *name, const char *data)
{
    size_t len;
    char *text = data_load(data, &len);

    put_text(name, text, len);
    free(text);
}

static int make_root(void **state)
{
    static const char *const dirs[] = {"", "/net", "/pressure", "/class", "/class/net", "/class/net/eth0"};
    char path[256];

    snprintf(root, sizeof root, "/tmp/test_hostres.XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    for (size_t i = 1; i < sizeof dirs / sizeof dirs[0]; i++) {
        snprintf(path, sizeof path, "%s%s", root, dirs[i]);
        mkdir(path, 0700);
    }
    warnings = 0;
    return 0;
}

static int remove_root(void **state)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static struct report *open_report(struct options *o)
{
    struct report_config c = {.options = o, .interval_ns = UINT64_C(10000000000), .timeout = 2, .warn = warn};
    struct report *r = report_open(&c);

    assert_non_null(r);
    return r;
}

static struct options all_groups(void)
{
    struct options o = {
        .report_inactive = true, .sample_interval = 0.01, .proc_root = root, .sys_root = root};

    for (size_t i = 0; i < GROUPS; i++)
        o.group[i] = true;
    return o;
}

static void everything(void **state)
{
    struct options o = all_groups();

    put("net/dev", "netdev-6.18");
    put("meminfo", "meminfo-6.18");
    put_text("loadavg", "1.5 2.5 3.5 1/99 1234\n", 22);
    put("stat", "stat-6.18");
    put("pressure/cpu", "pressure-cpu-6.18");
    put("pressure/memory", "pressure-memory-6.18");
    put("pressure/io", "pressure-io-6.18");
    put_text("class/net/eth0/speed", "1000\n", 5);
    struct report *r = open_report(&o);
    double peak = -1;
    for (int i = 0; i < 500 && (peak < 0 || i < 2); i++) { /* a share needs two reads */
        usleep(10000);
        report_read(r);
        const double *v = value_of("hostres-eth0/if_rate-max");
        peak = v == NULL ? -1 : v[0];
    }
    assert_true(peak == 0);
    assert_true(value("interface-eth0/if_octets") > 0);
    assert_true(value("interface-lo/if_dropped") == 0);
    assert_true(value("memory/memory-used") + value("memory/memory-buffered") +
                    value("memory/memory-cached") + value("memory/memory-free") +
                    value("memory/memory-slab_recl") + value("memory/memory-slab_unrecl") ==
                value("hostres/memory-total"));
    assert_true(value("hostres/memory-available") > 0);
    assert_true(value("hostres/percent-memory") > 0 && value("hostres/percent-memory") < 100);
    assert_true(value("load/load") == 1.5 && value_of("load/load")[2] == 3.5);
    assert_true(value("load/load-relative") == 1.5 / (double)sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(value("hostres-eth0/percent-rx") == 0 && value("hostres-eth0/percent-tx") == 0);
    assert_null(value_of("hostres-lo/percent-rx")); /* no speed known */
    assert_true(value("hostres/percent-pressure_io_some") == 0);
    assert_true(value("hostres/percent-sampler") >= 0);
    assert_true(value("hostres/total_events-late_samples") >= 0);
    assert_true(value("hostres/total_events-unreadable") == 0);
    assert_null(value_of("hostres/percent-cpu")); /* nothing ticked */
    put_text("stat", "cpu 1000000 0 0 1000000000 0 0 0 0 0 0\n", 39);
    report_read(r);
    assert_int_equal(warnings, 0);
    report_close(r);
}

/* Nothing there at all: no value, one warning each, and all of it when the files come. */
static void nothing_there(void **state)
{
    struct options o = all_groups();
    struct report *r = open_report(&o);

    for (int i = 0; i < 3; i++)
        report_read(r);
    assert_null(value_of("memory/memory-used"));
    assert_null(value_of("load/load"));
    assert_int_equal(warnings, 7); /* net/dev, meminfo, loadavg, stat and three of pressure: once each */
    put("net/dev", "made-netdev-2.0");
    put("meminfo", "made-meminfo-2.6.18");
    put("pressure/cpu", "made-pressure-5.2");
    report_read(r);
    assert_null(value_of("interface-eth0/if_octets")); /* that kernel has none */
    assert_true(value_of("interface-eth0/if_packets")[1] == 3000);
    assert_true(value("memory/memory-slab") == 168640.0 * 1024);
    assert_null(value_of("memory/memory-slab_recl"));
    assert_null(value_of("hostres/memory-available"));
    report_close(r);
}

static void only_what_is_wanted(void **state)
{
    struct options o = {.sample_interval = 1, .proc_root = root, .sys_root = root};
    char error[64];

    put("net/dev", "netdev-6.18");
    put("meminfo", "meminfo-6.18");
    o.group[GROUP_INTERFACE] = true;
    struct report *r = open_report(&o);
    report_read(r);
    assert_int_equal(list_count, 8); /* lo and eth0; the two ifb never carried a packet */
    report_close(r);
    o.report_inactive = true;
    assert_int_equal(match_add(&o.match, "/^ifb/", error, sizeof error), 0);
    r = open_report(&o);
    report_read(r);
    assert_int_equal(list_count, 8);
    assert_non_null(value_of("interface-ifb1/if_errors"));
    report_close(r);
    match_free(&o.match);
    o.group[GROUP_INTERFACE] = false;
    o.group[GROUP_TOTAL] = true;
    r = open_report(&o);
    report_read(r);
    assert_int_equal(list_count, 3);
    report_close(r);
}

/* Garbage is left out, counted, and told once. */
static void garbage(void **state)
{
    struct options o = all_groups();

    o.group[GROUP_PEAK] = false;
    put("net/dev", "made-netdev-broken");
    put("meminfo", "made-meminfo-broken");
    put_text("loadavg", "x\n", 2);
    put_text("stat", "cpu x\n", 6);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"pressure/cpu", "pressure/memory", "pressure/io"};
        put_text(names[i], "some total=\n", 12);
    }
    struct report *r = open_report(&o);
    report_read(r);
    assert_int_equal(warnings, 1);
    assert_true(value("hostres/total_events-unreadable") == 11 + 2 + 1 + 1 + 3);
    assert_null(value_of("memory/memory-used"));
    assert_non_null(value_of("interface-eth5/if_octets"));
    report_read(r);
    assert_int_equal(warnings, 1);
    report_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything, make_root, remove_root),
        cmocka_unit_test_setup_teardown(nothing_there, make_root, remove_root),
        cmocka_unit_test_setup_teardown(only_what_is_wanted, make_root, remove_root),
        cmocka_unit_test_setup_teardown(garbage, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
