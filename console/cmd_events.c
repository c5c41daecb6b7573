/* scalemon events: the event rings of the hosts, and following them. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console/ask.h"
#include "console/list.h"
#include "console/tail.h"

static const struct out_column columns[] = {
    {"TIME               ", "time",   false},
    {"HOST        ",        "host",   false},
    {NULL,                  "index",  true },
    {"TYPE           ",     "type",   false},
    {"OBJECT      ",        "object", false},
    {"OLD     ",            "old",    false},
    {"NEW     ",            "new",    false},
    {"VALUE",               "value",  true },
    {"TEXT",                "text",   false},
};
static const enum mib_object objects[] = {EVENT_TYPE,      EVENT_OBJECT, EVENT_OLD_STATE,
                                          EVENT_NEW_STATE, EVENT_VALUE,  EVENT_TEXT};

/* What -f off keeps until all hosts have told: the listing is by time. */
struct kept {
    const char *host;
    struct row row; /* its texts are ours */
};

struct view {
    struct out *out;
    bool follow, end;
    uint64_t lost;
    struct kept *kept;
    size_t n, room;
    int signals;
};

static void print(struct view *v, const char *host, const struct row *row)
{
    out_mib(v->out, EVENT_TIME, row_cell(row, EVENT_TIME));
    out_text(v->out, host);
    out_cell(v->out, json_integer(row->index.number), NULL);
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
        out_mib(v->out, objects[i], row_cell(row, objects[i]));
}

static void keep(struct view *v, const char *host, const struct row *row)
{
    if (v->n == v->room) {
        size_t room = v->room == 0 ? 64 : v->room * 2;
        struct kept *kept = reallocarray(v->kept, room, sizeof *kept);
        if (kept == NULL) {
            v->lost++;
            return;
        }
        v->kept = kept;
        v->room = room;
    }
    struct kept *k = &v->kept[v->n++];
    k->host = host;
    k->row = *row;
    for (size_t i = 0; i < MIB_CELLS; i++)
        if (row->cells[i].kind == CELL_TEXT && (k->row.cells[i].text = strdup(row->cells[i].text)) == NULL)
            k->row.cells[i].kind = CELL_ABSENT;
}

static void on_event(struct tail *t, const struct row *row, void *arg)
{
    struct view *v = arg;
    if (v->follow)
        print(v, host_name(tail_host(t)), row);
    else
        keep(v, host_name(tail_host(t)), row);
}

static void on_lost(struct tail *t, uint32_t n, void *arg)
{
    struct view *v = arg;
    v->lost += n;
    fprintf(stderr, "scalemon: %s: %u events fell out of the ring unseen\n", host_name(tail_host(t)), n);
}

static void on_state(struct tail *t, enum host_state state, void *arg)
{
    const struct view *v = arg;
    const struct host *h = tail_host(t);
    const char *why = host_why(h);
    if (v->follow)
        fprintf(stderr, "scalemon: %s: %s%s%s\n", host_name(h), host_state_name(state),
                *why != '\0' ? ": " : "", why);
}

static const struct tail_calls calls = {.event = on_event, .lost = on_lost, .state = on_state};

static void on_signal(void *arg)
{
    struct view *v = arg;
    struct signalfd_siginfo info;
    if (read(v->signals, &info, sizeof info) == sizeof info)
        v->end = true;
}

static int by_time(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    int64_t s = cell_number(row_cell(&x->row, EVENT_TIME), 0),
            t = cell_number(row_cell(&y->row, EVENT_TIME), 0);
    if (s != t)
        return s < t ? -1 : 1;
    int c = strcmp(x->host, y->host);
    return c != 0                                      ? c
           : x->row.index.number < y->row.index.number ? -1
                                                       : x->row.index.number > y->row.index.number;
}

static void print_kept(struct view *v, size_t most)
{
    if (v->n > 0)
        qsort(v->kept, v->n, sizeof v->kept[0], by_time);
    for (size_t i = 0; i < v->n; i++) {
        if (i + most >= v->n)
            print(v, v->kept[i].host, &v->kept[i].row);
        for (size_t k = 0; k < MIB_CELLS; k++)
            free(v->kept[i].row.cells[k].text);
    }
    free(v->kept);
}

static bool watch_signals(struct view *v, struct poller *p)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
        (v->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return false;
    return poller_watch(p, v->signals, on_signal, v);
}

static int tell(struct fleet *fleet, struct view *v, size_t old, int interval)
{
    struct tail **tails = calloc(fleet->n, sizeof(struct tail *));
    int status = EXIT_WELL;
    if (tails == NULL || !watch_signals(v, fleet->poller) || (v->follow && !fleet_keep_looking_up(fleet))) {
        perror("scalemon");
        free(tails);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < fleet->n && status == EXIT_WELL; i++) {
        tails[i] = tail_new(fleet->hosts[i], &calls, v);
        if (tails[i] == NULL)
            status = EXIT_FAILED;
        else
            tail_start(tails[i], old, v->follow ? interval : 0);
    }
    while (status == EXIT_WELL && !v->end && !poller_idle(fleet->poller) && !ferror(stdout))
        poller_step(fleet->poller, -1);
    print_kept(v, old);
    if (!v->follow)
        status = worse(status, tell_down(fleet));
    else
        for (size_t i = 0; i < fleet->n; i++)
            if (host_state(fleet->hosts[i]) == HOST_BAD)
                status = EXIT_BAD_AGENT;
    poller_free(fleet->poller); /* before what its timers point to */
    fleet->poller = NULL;
    for (size_t i = 0; i < fleet->n; i++)
        tail_free(tails[i]);
    free(tails);
    close(v->signals);
    return v->lost > 0 ? worse(status, EXIT_FAILED) : status;
}

enum { RING = 4096, FOLLOW_FROM = 10 }; /* what an agent remembers; what -f shows of it */

struct request {
    bool follow;
    uint64_t count; /* UINT64_MAX: not given */
    double interval;
    enum out_format format;
};
/* clang-format off */
#define AT(member) offsetof(struct request, member)
static const struct option_row options[] = {
    {'f', "follow", NULL, "follow, from the newest ten on", option_flag, AT(follow), 0, 0},
    {'n', "count", "COUNT", "the newest COUNT only", option_number, AT(count), 0, RING},
    {'i', "interval", "SECONDS", "between two looks of -f (2, or console.conf's)", option_decimal, AT(interval), 0.1, 3600},
    OPTION_OUTPUT(struct request, format),
    {0},
};
#undef AT
/* clang-format on */

static int run(const struct globals *globals, int argc, char **argv)
{
    struct request r = {.count = UINT64_MAX};
    struct fleet fleet;
    int status;
    if (!options_read(&verb_events, &argc, &argv, &r, &status))
        return status;
    status = fleet_start(&fleet, globals, argv, argc);
    if (status != EXIT_WELL)
        return status;
    if (r.count == UINT64_MAX)
        r.count = r.follow ? FOLLOW_FROM : RING;
    double interval = r.interval > 0 ? r.interval : fleet.conf.interval;
    struct view view = {.signals = -1, .follow = r.follow};
    view.out = out_open(stdout, r.format, columns, sizeof columns / sizeof columns[0], view.follow);
    status = view.out != NULL ? tell(&fleet, &view, r.count, (int)(interval * 1000)) : EXIT_FAILED;
    if (!out_close(view.out))
        status = worse(status, EXIT_FAILED);
    fleet_close(&fleet);
    return status;
}

const struct verb verb_events = {"events", "[options] [HOST|@POOL...]", "what happened; -f follows", options,
                                 run};
