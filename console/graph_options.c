#include "console/graph_options.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/num.h"
#include "console/rrdcached.h"
#include "console/verb.h"

enum {
    OPT_RRD = 256,
    OPT_OUT,
    OPT_FORMAT,
    OPT_THEME,
    OPT_RANGE,
    OPT_END,
    OPT_SIZE,
    OPT_GRAPH,
    OPT_POOL,
    OPT_MARKS,
    OPT_DAEMON,
    OPT_VALUES
};

static const struct option graph_table[] = {
    {"rrd",              required_argument, NULL, OPT_RRD},
    {"out",              required_argument, NULL, OPT_OUT},
    {"range",                  required_argument, NULL, OPT_RANGE},
    {"end",required_argument, NULL, OPT_END},
    {"graph",           required_argument, NULL, OPT_GRAPH},
    {"marks",            required_argument, NULL, OPT_MARKS},
    {"daemon",              required_argument, NULL, OPT_DAEMON},
    {"format",                  required_argument, NULL, OPT_FORMAT},
    {"theme",              required_argument, NULL, OPT_THEME},
    {"size",           required_argument, NULL, OPT_SIZE},
    {"pool",            no_argument, NULL, OPT_POOL},
    {"values",              no_argument, NULL, OPT_VALUES},
    {0                 },
};
/* A report has its own format, themes and size, and always its pool. */
enum { REPORT_OPTIONS = 7 };

static void warn(const char *text)
{
    fprintf(stderr, "scalemon: %s\n", text);
}

static bool size_of(const char *text, int *width, int *height)
{
    size_t len = strcspn(text, "x");
    uint64_t w, h;
    if (text[len] != 'x' || !num_u64(text, len, 64, 4096, &w) ||
        !num_u64(text + len + 1, strlen(text + len + 1), 64, 4096, &h))
        return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

static bool range_of(const char *text, struct graph_range *out)
{
    const struct graph_range *named = graph_range_named(text);
    uint64_t seconds = 0;

    if (named == NULL && !num_u64(text, strlen(text), 60, 366 * 86400, &seconds))
        return false;
    *out = named != NULL ? *named : (struct graph_range){text, (time_t)seconds};
    return true;
}

static bool time_of(const char *text, time_t *out)
{
    uint64_t seconds;
    /* a year of data must fit before it, and rrd's own limits after */
    if (!num_u64(text, strlen(text), 400 * 86400, 4102444800, &seconds))
        return false;
    *out = (time_t)seconds;
    return true;
}

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

struct reading {
    struct graph_options *options;
    const char *verb, *daemon;
};

static int take_option(struct reading *r, int option, const char *value)
{
    struct graph_options *o = r->options;

    switch (option) {
    case OPT_RRD:
        o->env.rrd_dir = value;
        return EXIT_WELL;
    case OPT_OUT:
        o->out = value;
        return EXIT_WELL;
    case OPT_DAEMON:
        r->daemon = value;
        return EXIT_WELL;
    case OPT_MARKS:
        return read_marks(o, value);
    case OPT_POOL:
        o->pool = true;
        return EXIT_WELL;
    case OPT_VALUES:
        o->values = true;
        return EXIT_WELL;
    case OPT_FORMAT:
        o->look.svg = strcmp(value, "svg") == 0;
        return o->look.svg || strcmp(value, "png") == 0
                   ? EXIT_WELL
                   : verb_usage(r->verb, "--format %s: expected png or svg", value);
    case OPT_THEME:
        return graph_theme_named(value, &o->look.theme)
                   ? EXIT_WELL
                   : verb_usage(r->verb, "--theme %s: expected light or dark", value);
    case OPT_SIZE:
        return size_of(value, &o->look.width, &o->look.height)
                   ? EXIT_WELL
                   : verb_usage(r->verb, "--size %s: expected WIDTHxHEIGHT, each 64 to 4096", value);
    case OPT_END:
        return time_of(value, &o->end)
                   ? EXIT_WELL
                   : verb_usage(r->verb, "--end %s: expected seconds of the epoch", value);
    case OPT_GRAPH:
        if (o->n_patterns == PATTERNS_MAX)
            return verb_usage(r->verb, "more than %d --graph", PATTERNS_MAX);
        o->patterns[o->n_patterns++] = value;
        return EXIT_WELL;
    case OPT_RANGE:
        if (o->n_ranges == RANGES_MAX)
            return verb_usage(r->verb, "more than %d --range", RANGES_MAX);
        return range_of(value, &o->ranges[o->n_ranges++])
                   ? EXIT_WELL
                   : verb_usage(r->verb,
                                "--range %s: expected hour, day, week, month, year or 60 to 31622400 seconds",
                                value);
    default:
        return verb_usage(r->verb, "unknown option, or one without its value");
    }
}

/* The hosts named, each of which must be there, or all. */
static int find_hosts(struct graph_options *o, const char *verb, char **names, int n)
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

int graph_options_read(struct graph_options *o, int argc, char **argv)
{
    bool report = strcmp(argv[0], "report") == 0;
    struct reading reading = {o, argv[0], getenv("RRDCACHED_ADDRESS")};
    struct option table[sizeof graph_table / sizeof graph_table[0]];
    int option, status;

    *o = (struct graph_options){
        .end = time(NULL),
        .look = {.width = 700, .height = 220,                    .legend = true},
        .env = {.rrd_dir = LOCALSTATEDIR "/lib/collectd/rrd",            .warn = warn},
    };
    o->env.marks = &o->marks;
    memcpy(table, graph_table, sizeof table);
    if (report)
        table[REPORT_OPTIONS] = (struct option){0};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
        if ((status = take_option(&reading, option, optarg)) != EXIT_WELL)
            return status;
    if (o->n_ranges == 0)
        o->ranges[o->n_ranges++] = *graph_range_named("day");
    if (o->out == NULL && !o->values)
        return verb_usage(argv[0], "--out DIR is missing");
    if ((status = find_hosts(o, argv[0], argv + optind, argc - optind)) != EXIT_WELL)
        return status;
    if ((status = open_daemon(o, reading.daemon)) != EXIT_WELL)
        return status;
    return o->values || graph_make_dir(o->out) ? EXIT_WELL : EXIT_FAILED;
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
    for (size_t i = 0; i < o->n_patterns; i++)
        if (fnmatch(o->patterns[i], name, 0) == 0)
            return true;
    return o->n_patterns == 0;
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
