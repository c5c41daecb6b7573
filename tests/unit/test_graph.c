/* Graphs of RRD files made here: values that are known, files that are bad, names that are hostile. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/graph_draw.h"
#include "console/graph.h"
#include "console/graph_store.h"
#include "console/rrd_header.h"

enum { STEP = 10, ROWS = 360 };
static const time_t START = 1700000000, END = 1700000000 + ROWS * STEP;

struct fixture {
    char dir[32];
    struct graph_marks marks;
    struct graph_env env;
};

/* For lsan.supp: leaks inside librrd are only known by their callers, which the fast unwinder does not find.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}

static char warnings[4096];

static void warn(const char *text)
{
    size_t len = strlen(warnings);
    snprintf(warnings + len, sizeof warnings - len, "%s\n", text);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_graph.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->env = (struct graph_env){.rrd_dir = f->dir, .marks = &f->marks, .warn = warn};
    warnings[0] = '\0';
    *state = f;
    return 0;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    nftw(f->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
    graph_marks_free(&f->marks);
    free(f);
    return 0;
}

/* DIR/HOST/FILE.rrd, its directories made; malloc'ed. */
static char *place(const struct fixture *f, const char *host, const char *file)
{
    char *path = graph_path(f->dir, host, file);
    for (char *p = path + strlen(f->dir) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
        *p = '\0';
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    }
    return path;
}

/* Row i of data source d is first[d] + i * more[d]; unknown where that is negative. */
struct made {
    const char *file;
    const char *ds[3];
    double first[3], more[3];
};

static void make(const struct fixture *f, const char *host, const struct made *made)
{
    char *path = place(f, host, made->file), ds[3][64];
    const char *create[8];
    int n = 0;

    for (size_t d = 0; d < 3 && made->ds[d] != NULL; d++) {
        snprintf(ds[d], sizeof ds[d], "DS:%s:GAUGE:20:U:U", made->ds[d]);
        create[n++] = ds[d];
    }
    create[n++] = "RRA:AVERAGE:0.1:1:1000";
    create[n++] = "RRA:MAX:0.1:1:1000";
    assert_int_equal(rrd_create_r(path, STEP, START, n, create), 0);
    for (int i = 0; i < ROWS; i++) {
        char row[256];
        const char *update[] = {row};
        int len = snprintf(row, sizeof row, "%lld", (long long)START + (i + 1) * STEP);
        for (size_t d = 0; d < 3 && made->ds[d] != NULL; d++) {
            double value = made->first[d] + i * made->more[d];
            len += value < 0 ? snprintf(row + len, sizeof row - (size_t)len, ":U")
                             : snprintf(row + len, sizeof row - (size_t)len, ":%.17g", value);
        }
        assert_int_equal(rrd_update_r(path, NULL, 1, update), 0);
    }
    free(path);
}

static const struct graph_kind *kind(const struct graph_kind *kinds, const char *name)
{
    while (kinds->name != NULL && strcmp(kinds->name, name) != 0)
        kinds++;
    assert_non_null(kinds->name);
    return kinds;
}

static enum graph_status measure(const struct fixture *f, const char *name, const char *instance,
                                 const char *host, struct graph *graph)
{
    struct graph_request request = {
        kind(graph_host_kinds, name), instance, &host, 1, false, END, END - START};
    return graph_measure(&f->env, &request, graph);
}

static const struct graph_figure *figure(const struct graph *graph, const char *id)
{
    for (size_t i = 0; i < graph->n_figures; i++)
        if (strcmp(graph->figures[i].series->id, id) == 0)
            return &graph->figures[i];
    return NULL;
}

static void near_to(double value, double expected)
{
    /* a row more or less at the edges of the range */
    if (!(fabs(value - expected) <= fabs(expected) * 0.005 + 1e-9))
        fail_msg("%.9g is not near %.9g", value, expected);
}

static const struct made octets = {
    "interface-eth0/if_octets", {"rx",   "tx"},
     {125000, 0   },
     {0,      1000}
};

static void octets_are_drawn_as_bits(void **state)
{
    const struct fixture *f = *state;
    struct graph graph;

    make(f, "web1", &octets);
    assert_int_equal(measure(f, "network-@", "eth0", "web1", &graph), GRAPH_DRAWN);
    assert_string_equal(graph.name, "network-eth0");
    assert_string_equal(graph.axis.label, "Mbit/s");
    near_to(figure(&graph, "in")->mean, 1e6);
    near_to(figure(&graph, "in")->max, 1e6);
    near_to(figure(&graph, "out")->last, 359 * 8000.0);
    near_to(figure(&graph, "out")->max, 359 * 8000.0);
    near_to(figure(&graph, "out")->mean, 359 * 4000.0);
    near_to(figure(&graph, "out_line")->max, 0.95 * 359 * 8000);
    /* hostres is not there: the peak is the archive's */
    near_to(figure(&graph, "in_peak")->max, 1e6);
    assert_string_equal(warnings, "");
    graph_free(&graph);

    make(f, "web1",
         &(struct made){
             "hostres-eth0/if_rate-max", {"rx", "tx"},
              {7e6,    9e6},
              {0}
    });
    assert_int_equal(measure(f, "network-@", "eth0", "web1", &graph), GRAPH_DRAWN);
    near_to(figure(&graph, "in_peak")->max, 7e6);
    near_to(graph.top, 9e6);
    graph_free(&graph);
}

static void make_memory(const struct fixture *f, const char *host)
{
    static const char *const parts[] = {"used", "buffered", "cached", "free", "slab_unrecl"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char file[64];
        snprintf(file, sizeof file, "memory/memory-%s", parts[i]);
        make(f, host, &(struct made){file, {"value"}, {(double)(1 << 30)}, {0}});
    }
}

static void what_is_missing_is_named_and_left_out(void **state)
{
    const struct fixture *f = *state;
    struct graph graph;

    make_memory(f, "web1");
    assert_int_equal(measure(f, "memory", "", "web1", &graph), GRAPH_DRAWN);
    assert_string_equal(warnings,
                        "web1/memory/memory-slab_recl.rrd: No such file or directory; memory drawn without "
                        "reclaimable\n");
    assert_null(figure(&graph, "reclaimable"));
    near_to(figure(&graph, "free")->mean, 1 << 30);
    near_to(graph.top, 5.0 * (1 << 30)); /* stacked */
    assert_string_equal(graph.axis.label, "GiB");
    graph_free(&graph);
}

static void nothing_left_is_said(void **state)
{
    const struct fixture *f = *state;
    struct graph graph;

    assert_int_equal(measure(f, "load", "", "web1", &graph), GRAPH_EMPTY);
    assert_non_null(strstr(warnings, "web1: load: no usable RRD file\n"));
    graph_free(&graph);

    make(f, "web1",
         &(struct made){
             "load/load", {"shortterm", "midterm", "longterm"},
              {-1, -1, -1},
              {0         }
    });
    assert_int_equal(measure(f, "load", "", "web1", &graph), GRAPH_EMPTY);
    assert_non_null(strstr(warnings, "web1: load: no value known in this range\n"));
    graph_free(&graph);

    /* librrd makes a percentile of nothing out of whatever its memory holds */
    make(f, "web1", &(struct made){"interface-eth0/if_octets", {"rx", "tx"}, {-1, -1}, {0}});
    assert_int_equal(measure(f, "network-@", "eth0", "web1", &graph), GRAPH_EMPTY);
    graph_free(&graph);
    make(f, "web1", &(struct made){"interface-eth1/if_octets", {"rx", "tx"}, {125000, -1}, {0}});
    assert_int_equal(measure(f, "network-@", "eth1", "web1", &graph), GRAPH_DRAWN);
    near_to(figure(&graph, "in_line")->max, 1e6);
    assert_true(isnan(figure(&graph, "out_line")->max));
    graph_free(&graph);
}

static void cpus_are_counted_from_the_relative_load(void **state)
{
    const struct fixture *f = *state;
    struct graph graph;

    make(f, "web1",
         &(struct made){
             "load/load", {"shortterm", "midterm", "longterm"},
              {3,           2,         1         },
              {0.01,        0,         0         }
    });
    make(f, "web1",
         &(struct made){
             "load/load-relative", {"shortterm", "midterm", "longterm"},
              {0.5,         0,         0         },
              {0.01 / 6,    0,         0         }
    });
    assert_int_equal(measure(f, "load", "", "web1", &graph), GRAPH_DRAWN);
    assert_true(figure(&graph, "cpus")->last == 6);
    assert_true(figure(&graph, "cpus")->mean == 6);
    graph_free(&graph);
}

static void a_failed_test_is_marked(void **state)
{
    const struct fixture *f = *state;
    struct graph graph;

    make(f, "web1",
         &(struct made){
             "eperf-x/eperf_rate-upload", {"mean", "min", "max"},
              {-1, -1, -1},
              {0    }
    });
    make(f, "web1", &(struct made){"eperf-x/gauge-up", {"value"}, {0}, {0}});
    /* every rate is unknown, but that it failed is not */
    assert_int_equal(measure(f, "eperf-@-upload", "x", "web1", &graph), GRAPH_DRAWN);
    assert_true(figure(&graph, "failed")->max == 1);
    graph_free(&graph);
}

static void bad_files_are_told_apart(void **state)
{
    const struct fixture *f = *state;
    char why[GRAPH_WHY_MAX], *good = place(f, "h", "load/load"), *bad = place(f, "h", "load/bad");

    make(f, "h", &(struct made){"load/load", {"shortterm"}, {1}, {0}});
    assert_true(graph_file_usable(good, "shortterm", "MAX", why));
    assert_false(graph_file_usable(good, "midterm", "MAX", why));
    assert_string_equal(why, "no data source midterm");
    assert_false(graph_file_usable(good, "shortterm", "MIN", why));
    assert_string_equal(why, "no archive of MIN");

    assert_false(graph_file_usable(bad, "value", "MAX", why));
    assert_string_equal(why, "No such file or directory");
    assert_int_equal(symlink("/dev/zero", bad), 0);
    assert_false(graph_file_usable(bad, "value", "MAX", why));
    assert_string_equal(why, "not a regular file");
    assert_int_equal(unlink(bad), 0);
    assert_int_equal(mkfifo(bad, 0600), 0);
    assert_false(graph_file_usable(bad, "value", "MAX", why));
    assert_string_equal(why, "not a regular file");
    assert_int_equal(unlink(bad), 0);
    free(good);
    free(bad);
}

/* A good file cut at every length, and with every byte of its header changed: refused or drawn, never a
 * crash. */
static void broken_files_do_no_harm(void **state)
{
    const struct fixture *f = *state;
    char *good = place(f, "h", "load/load"), *bad = place(f, "bad", "load/load"), why[GRAPH_WHY_MAX];
    static unsigned char bytes[200000];
    struct graph graph;

    make(f, "h",
         &(struct made){
             "load/load", {"shortterm", "midterm", "longterm"},
              {1, 1, 1},
              {0          }
    });
    FILE *in = fopen(good, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_true(size > 1000 && size < sizeof bytes / 2);
    for (size_t cut = 0; cut < size; cut += 997) {
        FILE *out = fopen(bad, "wb");
        fwrite(bytes, 1, cut, out);
        fclose(out);
        assert_false(graph_file_usable(bad, "shortterm", "AVERAGE", why));
    }
    assert_int_equal(measure(f, "load", "", "bad", &graph), GRAPH_EMPTY);
    graph_free(&graph);
    /* counts whose sizes overflow to something small */
    memcpy(bytes + sizeof bytes - size, bytes, size);
    unsigned char *copy = bytes + sizeof bytes - size;
    memset(copy + 24, 0, 8);
    copy[31] = 0x40;
    assert_false(rrd_header_check(copy, size, size, "shortterm", "AVERAGE", why));
    assert_string_equal(why, "a broken RRD: impossible counts");
    for (size_t at = 0; at < 1500; at += 3) {
        unsigned char was = bytes[at];
        bytes[at] = (unsigned char)(was ^ (at % 2 == 0 ? 0xff : 0x01));
        FILE *out = fopen(bad, "wb");
        fwrite(bytes, 1, size, out);
        fclose(out);
        bytes[at] = was;
        measure(f, "load", "", "bad", &graph);
        graph_free(&graph);
    }
    free(good);
    free(bad);
}

static void a_title_that_is_too_long_keeps_what_is_drawn(void **state)
{
    static const struct graph graph = {
        .host = "web1.a-long-subdomain.example.org", .title = "Throughput paris, upload", .end = 86400};
    static const struct {
        size_t chars;
        const char *title;
    } cases[] = {
        {100,
         "web1.a-long-subdomain.example.org: Throughput paris, upload, 1970-01-01 00:00 to 1970-01-02 00:00"},
        {60,  "web1.a-long-subdomain.example.org: Throughput paris, upload"                                 },
        {40,  "web1.a-long-s\u2026: Throughput paris, upload"                                               },
        {20,  "web1.a-\u2026: Throughput paris, upload"                                                     },
    };
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *title = graph_draw_title(&graph, cases[i].chars);
        assert_string_equal(title, cases[i].title);
        free(title);
    }
}

static void draw(const struct fixture *f, const struct graph *graph, bool svg, bool legend, bool spark)
{
    unsigned char *image;
    size_t size;

    for (int theme = 0; theme < THEMES; theme++) {
        struct graph_look look = {(enum graph_theme)theme, svg, 400, 120, legend, spark};
        assert_true(graph_draw(&f->env, graph, &look, &image, &size));
        assert_true(size > 200);
        assert_memory_equal(image, svg ? "<?xml" : "\x89PNG\r", 5);
        free(image);
    }
}

static void hostile_names_are_only_names(void **state)
{
    static const char host[] = "a:b\\c<img src=x>%s\xff", instance[] = "e:t\\h0\\:l\\";
    const struct fixture *f = *state;
    struct graph graph;
    char file[64];

    snprintf(file, sizeof file, "interface-%s/if_octets", instance);
    make(f, host,
         &(struct made){
             file, {"rx",    "tx"},
              {125000,       125000},
              {0}
    });
    assert_int_equal(measure(f, "network-@", instance, host, &graph), GRAPH_DRAWN);
    near_to(figure(&graph, "in")->mean, 1e6);
    draw(f, &graph, false, true, false);
    draw(f, &graph, true, false, false);
    graph_free(&graph);

    struct graph_names names;
    assert_true(graph_hosts(f->dir, &names));
    assert_int_equal(names.n, 1);
    assert_string_equal(names.v[0], host);
    graph_names_free(&names);
    assert_false(graph_host_good(".."));
    assert_false(graph_host_good("a/b"));
    assert_false(graph_host_good(""));
}

static void limits_are_lines_in_the_unit_of_the_graph(void **state)
{
    struct fixture *f = *state;
    struct graph graph;
    char why[GRAPH_MARKS_WHY];
    static const char json[] =
        "[{\"name\":\"a:b\\\\\",\"metric\":\"interface-eth0/if_octets:rx\",\"threshold\":100000},"
        "{\"name\":\"peak\",\"metric\":\"hostres-*/if_rate-max:tx\",\"threshold\":5e6},"
        "{\"name\":\"far\",\"metric\":\"interface-eth0/if_octets:tx\",\"threshold\":\"1e12\"},"
        "{\"name\":\"percent\",\"metric\":\"hostres/percent-memory\",\"threshold\":90},"
        "{\"name\":\"share\",\"metric\":\"hostres-eth0/percent-rx\",\"direction\":\"below\",\"threshold\":1},"
        "{\"name\":\"other\",\"metric\":\"interface-eth1/if_octets:rx\",\"threshold\":1}]";

    assert_true(graph_marks_parse(&f->marks, NULL, json, sizeof json - 1, why));
    make(f, "web1", &octets);
    make(f, "web1",
         &(struct made){
             "hostres-eth0/if_rate-max", {"rx", "tx"},
              {7e6,    9e6},
              {0}
    });
    make(f, "web1", &(struct made){"hostres-eth0/percent-rx", {"value"}, {3}, {0}});
    assert_int_equal(measure(f, "network-@", "eth0", "web1", &graph), GRAPH_DRAWN);
    assert_int_equal(graph.n_lines, 4);
    assert_true(graph.lines[0].value == 8e5);
    assert_true(graph.lines[1].value == 5e6);
    assert_true(graph.lines[2].value == 8e12);
    assert_true(isnan(graph.lines[3].value) && graph.lines[3].compare == 1);
    char *text = graph_line_text(&graph, &graph.lines[2]);
    assert_string_equal(text, "limit far: above 8.00 Tbit/s (beyond the scale)");
    free(text);
    draw(f, &graph, false, true, false);
    graph_free(&graph);

    make_memory(f, "web1");
    make(f, "web1", &(struct made){"hostres/memory-total", {"value"}, {8.0 * (1 << 30)}, {0}});
    make(f, "web1", &(struct made){"hostres/percent-memory", {"value"}, {12.5}, {0}});
    assert_int_equal(measure(f, "memory", "", "web1", &graph), GRAPH_DRAWN);
    assert_int_equal(graph.n_lines, 1);
    near_to(graph.lines[0].value, 0.9 * 8 * (1 << 30));
    graph_free(&graph);
}

static void the_newest_events_are_drawn(void **state)
{
    struct fixture *f = *state;
    struct graph graph;
    char why[GRAPH_MARKS_WHY], json[80];

    for (int i = 0; i < 150; i++) {
        int len = snprintf(json, sizeof json, "{\"host\":\"%s\",\"time\":%lld,\"text\":\"e%d:\\\\\"}",
                           i % 3 == 0 ? "web2" : "web1", (long long)START - 100 + i * 10, i);
        assert_true(graph_marks_parse(&f->marks, NULL, json, (size_t)len, why));
    }
    make(f, "web1", &octets);
    assert_int_equal(measure(f, "network-@", "eth0", "web1", &graph), GRAPH_DRAWN);
    assert_int_equal(graph.n_events, 94); /* of 10 to 149, 46 are another host's */
    assert_int_equal(graph.events_left_out, 0);
    assert_string_equal(graph.events[0]->text, "e10:\\");
    draw(f, &graph, false, true, false);
    graph_free(&graph);
    for (int i = 0; i < 150; i++)
        assert_true(graph_marks_parse(&f->marks, NULL, "{\"time\":1700000009}", 19, why));
    assert_int_equal(measure(f, "network-@", "eth0", "web1", &graph), GRAPH_DRAWN);
    assert_int_equal(graph.n_events, 100);
    assert_int_equal(graph.events_left_out, 144);
    assert_string_equal(graph.events[99]->text, "e149:\\");
    graph_free(&graph);
}

static void what_need_not_be_there_is_not_missed(void **state)
{
    const struct fixture *f = *state;
    struct graph graph;

    assert_int_equal(measure(f, "eperf-@-loss", "paris", "web1", &graph), GRAPH_ABSENT);
    graph_free(&graph);
    make(f, "web1", &(struct made){"eperf-paris/percent-loss-download", {"value"}, {2}, {0}});
    assert_int_equal(measure(f, "eperf-@-loss", "paris", "web1", &graph), GRAPH_DRAWN);
    assert_int_equal(graph.n_figures, 1);
    draw(f, &graph, false, true, false);
    graph_free(&graph);
    assert_string_equal(warnings, "");
}

static void a_pool_counts_traffic_once(void **state)
{
    const struct fixture *f = *state;
    static const char *const hosts[] = {"web1", "tunnels"};
    static const char *const others[] = {"lo", "br0", "br-1a2b", "docker0", "virbr0", "veth0a1b", "bond0", "eth0.100", "tap3"};
    struct graph graph;

    make(f, "web1", &octets);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char file[64];
        snprintf(file, sizeof file, "interface-%s/if_octets", others[i]);
        make(f, "web1", &(struct made){file, {"rx", "tx"}, {9e9, 9e9}, {0}});
    }
    /* where none is of the host's own, what there is counts, but lo */
    make(f, "tunnels", &(struct made){"interface-wg0/if_octets", {"rx", "tx"}, {125000, 0}, {0}});
    make(f, "tunnels", &(struct made){"interface-lo/if_octets", {"rx", "tx"}, {9e9, 9e9}, {0}});

    struct graph_request request = {kind(graph_pool_kinds, "network"), "", hosts, 2, true, END, END - START};
    assert_int_equal(graph_measure(&f->env, &request, &graph), GRAPH_DRAWN);
    near_to(figure(&graph, "in")->mean, 2e6);
    graph_free(&graph);
    assert_string_equal(warnings, "");
}

static void a_pool_is_the_sum_of_its_hosts(void **state)
{
    struct fixture *f = *state;
    static const char *const hosts[] = {"web1", "web2", "web3", "gone"};
    struct graph graph;
    char why[GRAPH_MARKS_WHY];
    static const char json[] =
        "[{\"name\":\"few\",\"metric\":\"sum(*/portal-a/gauge-running)\",\"direction\":\"below\","
        "\"threshold\":2},{\"name\":\"one\",\"metric\":\"portal-a/gauge-running\",\"threshold\":1}]";

    assert_true(graph_marks_parse(&f->marks, NULL, json, sizeof json - 1, why));
    for (size_t i = 0; i < 3; i++) {
        make(f, hosts[i], &octets);
        make(f, hosts[i],
             &(struct made){
                 "interface-lo/if_octets", {"rx", "tx"},
                  {9e9,    9e9},
                  {0}
        });
        make(f, hosts[i], &(struct made){"load/load", {"shortterm"}, {1 + 2 * (double)i}, {0}});
        /* web3 has the portal's file, but no value in it */
        make(f, hosts[i],
             &(struct made){"portal-a/gauge-running", {"value"}, {i == 2 ? -1.0 : 1.0 - (double)i}, {0}});
    }
    make(f, "web2",
         &(struct made){
             "interface-eth1/if_octets", {"rx", "tx"},
              {125000,    0},
              {0}
    });

    struct graph_request request = {kind(graph_pool_kinds, "network"), "", hosts, 4, true, END, END - START};
    assert_int_equal(graph_measure(&f->env, &request, &graph), GRAPH_DRAWN);
    near_to(figure(&graph, "in")->mean, 4e6); /* eth1 too, lo not */
    draw(f, &graph, true, true, true);
    graph_free(&graph);

    request.kind = kind(graph_pool_kinds, "load");
    assert_int_equal(graph_measure(&f->env, &request, &graph), GRAPH_DRAWN);
    near_to(figure(&graph, "mean")->mean, 3);
    near_to(figure(&graph, "highest")->mean, 5);
    graph_free(&graph);

    request.kind = kind(graph_pool_kinds, "portal-@");
    request.instance = "a";
    assert_int_equal(graph_measure(&f->env, &request, &graph), GRAPH_DRAWN);
    near_to(figure(&graph, "running")->mean, 1);
    near_to(figure(&graph, "reporting")->mean, 2);
    assert_int_equal(graph.n_lines, 1);
    assert_string_equal(graph.lines[0].limit->name, "few");
    draw(f, &graph, false, true, false);
    graph_free(&graph);
    assert_string_equal(warnings, "");
}

/* Relative luminance and contrast as WCAG 2 has them. */
static double luminance(const char *colour)
{
    static const double weight[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        char digits[3] = {colour[1 + 2 * i], colour[2 + 2 * i], 0};
        double c = (double)strtol(digits, NULL, 16) / 255;
        sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(enum graph_theme theme, enum graph_role a, enum graph_role b)
{
    double x = luminance(graph_colour(theme, a)), y = luminance(graph_colour(theme, b));
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

static void text_and_limits_can_be_read_in_both_themes(void **state)
{
    for (int theme = 0; theme < THEMES; theme++) {
        enum graph_theme t = (enum graph_theme)theme;
        assert_true(contrast(t, ROLE_TEXT, ROLE_PAGE) >= 7);
        assert_true(contrast(t, ROLE_MUTED, ROLE_PAGE) >= 4.5);
        assert_true(contrast(t, ROLE_LIMIT, ROLE_CANVAS) >= 3);
        for (int role = 0; role < ROLES; role++)
            assert_int_equal(strspn(graph_colour(t, (enum graph_role)role) + 1, "0123456789abcdef"), 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_limits_can_be_read_in_both_themes),
        cmocka_unit_test_setup_teardown(octets_are_drawn_as_bits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named_and_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_left_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cpus_are_counted_from_the_relative_load, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_test_is_marked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_files_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_files_do_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hostile_names_are_only_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_are_lines_in_the_unit_of_the_graph, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_events_are_drawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_need_not_be_there_is_not_missed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pool_counts_traffic_once, set_up, tear_down),
        cmocka_unit_test(a_title_that_is_too_long_keeps_what_is_drawn),
        cmocka_unit_test_setup_teardown(a_pool_is_the_sum_of_its_hosts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
