#include "console/graph_options.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/num.h"
#include "console/rrdcached.h"
#include "console/verb.h"

#define RRD_DIR LOCALSTATEDIR "/lib/collectd/rrd"

static void warn(const char *text)
{
    fprintf(stderr, "scalemon: %s\n", text);
}

/* ---- values of options */

static const char *take_range(const struct option_row *row, const char *value, void *at)
{
    struct graph_options *o = at;
    const struct graph_range *named = graph_range_named(value);
    uint64_t seconds = 0;

    if (named == NULL && !num_u64(value, strlen(value), 60, 366 * 86400, &seconds))
        return "hour, day, week, month, year or 60 to 31622400 seconds";
    if (o->n_ranges == RANGES_MAX)
        return "fewer of them";
    o->ranges[o->n_ranges++] = named != NULL ? *named : (struct graph_range){value, (time_t)seconds};
    return NULL;
}

static const char *take_end(const struct option_row *row, const char *value, void *at)
{
    uint64_t seconds;
    /* a year of data must fit before it, and rrd's own limits after */
    if (!num_u64(value, strlen(value), 400 * 86400, 4102444800, &seconds))
        return "seconds of the epoch";
    *(time_t *)at = (time_t)seconds;
    return NULL;
}

static const char *take_format(const struct option_row *row, const char *value, void *at)
{
    bool *svg = at;
    *svg = strcmp(value, "svg") == 0;
    return *svg || strcmp(value, "png") == 0 ? NULL : row->help;
}

static const char *take_theme(const struct option_row *row, const char *value, void *at)
{
    return graph_theme_named(value, at) ? NULL : row->help;
}

static const char *take_size(const struct option_row *row, const char *value, void *at)
{
    struct graph_look *look = at;
    size_t len = strcspn(value, "x");
    uint64_t w, h;
    if (value[len] != 'x' || !num_u64(value, len, 64, 4096, &w) ||
        !num_u64(value + len + 1, strlen(value + len + 1), 64, 4096, &h))
        return "WIDTHxHEIGHT, each 64 to 4096";
    look->width = (int)w;
    look->height = (int)h;
    return NULL;
}

/* clang-format off */
#define AT(member) offsetof(struct graph_options, member)
#define ROWS_OF_BOTH \
    {0, "out", "DIR", "where to write", option_text, AT(out), 0, 0}, \
    {0, "rrd", "DIR", "where the RRD files are (" RRD_DIR ")", option_text, AT(env.rrd_dir), 0, 0}, \
    {0, "range", "RANGE", "hour, day (if not given), week, month, year or seconds; repeatable", take_range, 0, 0, 0}, \
    {0, "end", "SECONDS", "of the epoch, when the range ends (now)", take_end, AT(end), 0, 0}, \
    {0, "graph", "PATTERN", "only graphs of such names; repeatable", option_list, AT(patterns), 0, 0}, \
    {0, "marks", "[HOST=]FILE", "draw the limits or events that -o json printed; repeatable", option_list, AT(mark_files), 0, 0}, \
    {0, "daemon", "ADDRESS", "the rrdcached that has to write first ($RRDCACHED_ADDRESS)", option_text, AT(daemon), 0, 0}

const struct option_row graph_option_rows[] = {
    ROWS_OF_BOTH,
    {0, "format", "FORMAT", "png or svg", take_format, AT(look.svg), 0, 0},
    {0, "theme", "THEME", "light or dark", take_theme, AT(look.theme), 0, 0},
    {0, "size", "WxH", "of the part with the data, in pixels (700x220)", take_size, AT(look), 0, 0},
    {0, "pool", NULL, "the graphs of all hosts together", option_flag, AT(pool), 0, 0},
    {0, "values", NULL, "print the values that would be drawn", option_flag, AT(values), 0, 0},
    {0},
};
/* A report has its own format, themes and size, and always its pool. */
const struct option_row report_option_rows[] = {ROWS_OF_BOTH, {0}};
/* clang-format on */

/* ---- what they name */

/* FILE, or HOST=FILE: then the file tells of that host, by whatever name the console reached it. */
static int read_marks(struct graph_options *o, const char *arg)
{
    char why[GRAPH_MARKS_WHY], *host = NULL;
    size_t len = strcspn(arg, "=/");
    const char *path = arg;

    if (arg[len] == '=') {
        host = graph_print("%.*s", (int)len, arg);
        path = arg + len + 1;
    }
    bool good = graph_marks_read(&o->marks, host, path, why);
    if (!good)
        fprintf(stderr, "scalemon: %s: %s\n", path, why);
    free(host);
    return good ? EXIT_WELL : EXIT_USAGE;
}

/* The hosts named, each of which must be there, or all. */
static int find_hosts(struct graph_options *o, const struct verb *verb, char **names, int n)
{
    for (int i = 0; i < n; i++) {
        if (!graph_host_good(names[i]))
            return verb_usage(verb, "%s: not the name of a host", names[i]);
        o->hosts.v = graph_grow(o->hosts.v, o->hosts.n + 1, sizeof *o->hosts.v);
        o->hosts.v[o->hosts.n++] = graph_print("%s", names[i]);
    }
    o->named = n > 0;
    if (n == 0 && !graph_hosts(o->env.rrd_dir, &o->hosts)) {
        fprintf(stderr, "scalemon: %s: %s\n", o->env.rrd_dir, strerror(errno));
        return EXIT_FAILED;
    }
    if (o->hosts.n == 0) {
        fprintf(stderr, "scalemon: %s: no host's directory in it; expected collectd's HOST/PLUGIN/TYPE.rrd\n",
                o->env.rrd_dir);
        return EXIT_FAILED;
    }
    return EXIT_WELL;
}

static int open_daemon(struct graph_options *o, const char *address)
{
    char why[GRAPH_WHY_MAX];

    /* librrd would ask that daemon too, for paths of our making and without a time-out */
    unsetenv("RRDCACHED_ADDRESS");
    if (address == NULL || address[0] == '\0')
        return EXIT_WELL;
    o->env.cached = rrdcached_open(address, why, sizeof why);
    if (o->env.cached != NULL)
        return EXIT_WELL;
    fprintf(stderr, "scalemon: rrdcached at %s: %s\n", address, why);
    return EXIT_FAILED;
}

static int open_all(struct graph_options *o, const struct verb *verb, char **hosts, int n)
{
    int status = EXIT_WELL;

    if (o->out == NULL && !o->values)
        return verb_usage(verb, "--out DIR is missing");
    for (size_t i = 0; i < o->mark_files.n && status == EXIT_WELL; i++)
        status = read_marks(o, o->mark_files.v[i]);
    if (status == EXIT_WELL)
        status = find_hosts(o, verb, hosts, n);
    if (status == EXIT_WELL)
        status = open_daemon(o, o->daemon);
    if (status == EXIT_WELL && !o->values && !graph_make_dir(o->out))
        status = EXIT_FAILED;
    return status;
}

bool graph_options_read(struct graph_options *o, const struct verb *verb, int argc, char **argv, int *status)
{
    *o = (struct graph_options){
        .end = time(NULL),
        .daemon = getenv("RRDCACHED_ADDRESS"),
        .look = {.width = 700, .height = 220, .legend = true},
        .env = {.rrd_dir = RRD_DIR,            .warn = warn       },
    };
    o->env.marks = &o->marks;
    if (!options_read(verb, &argc, &argv, o, status))
        return false;
    if (o->n_ranges == 0)
        o->ranges[o->n_ranges++] = *graph_range_named("day");
    *status = open_all(o, verb, argv, argc);
    return *status == EXIT_WELL;
}

void graph_options_free(struct graph_options *o)
{
    graph_marks_free(&o->marks);
    graph_names_free(&o->hosts);
    rrdcached_close(o->env.cached);
    o->env.cached = NULL;
}

bool graph_wanted(const struct graph_options *o, const char *name)
{
    for (size_t i = 0; i < o->patterns.n; i++)
        if (fnmatch(o->patterns.v[i], name, 0) == 0)
            return true;
    return o->patterns.n == 0;
}

int graph_no_such(const struct graph_options *o)
{
    fprintf(stderr, "scalemon: %s: no graph has the name that --graph asks for\n", o->env.rrd_dir);
    return EXIT_FAILED;
}

static void visit_one(const struct graph_options *o, const struct graph_request *request, graph_visit *visit,
                      void *arg, struct graph_tally *tally)
{
    struct graph graph;
    enum graph_status status = graph_measure(&o->env, request, &graph);
    bool drawn = status == GRAPH_DRAWN && visit(arg, &graph);

    tally->wanted += status != GRAPH_ABSENT;
    tally->drawn += drawn;
    tally->failed += !drawn && status != GRAPH_EMPTY && status != GRAPH_ABSENT;
    graph_free(&graph);
}

void graph_each(const struct graph_options *o, const struct graph_kind *kinds, const char *const *hosts,
                size_t n, bool pool, const struct graph_range *range, graph_visit *visit, void *arg,
                struct graph_tally *tally)
{
    for (const struct graph_kind *kind = kinds; kind->name != NULL; kind++) {
        struct graph_names instances;
        graph_all_instances(o->env.rrd_dir, hosts, n, kind->where, &instances);
        for (size_t i = 0; i < instances.n; i++) {
            struct graph_request request = {kind, instances.v[i], hosts, n, pool, o->end, range->seconds};
            char *name = graph_expand(kind->name, instances.v[i]);
            if (graph_wanted(o, name))
                visit_one(o, &request, visit, arg, tally);
            free(name);
        }
        graph_names_free(&instances);
    }
}
