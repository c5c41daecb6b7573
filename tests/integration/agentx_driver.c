/* The AgentX thread with an invented world, for tests and benches that need no collectd and no scripts.
 *
 *   agentx_driver -x SOCKET [-i INTERFACES] [-p PORTALS] [-l LIMITS] [-c LIMIT] [-e TESTS] [-s STORE_FILE]
 *
 * The world: interfaces 1…N named "if<N>", portals "p0"…, limits "l0"… and LIMIT of the configuration,
 * throughput tests "t0"…. Settings are stored in STORE_FILE (replaced as a whole). Commands on stdin, one a
 * line; each is answered by one line "ok …": event N        appends N portal events (object p0) store MODE
 * good | bad (fails at once) | late (the next write times out) | slow (takes 300 ms) dump           the
 * settings as one line of JSON tick N         publishes N views, a millisecond apart; their number since the
 * start is each interface's scmInterfaceInRate posted         how many settings have been posted sent how
 * many notifications were sent quit           ends; so does the end of stdin On stdout besides: "link STATE
 * TEXT", "run TEST NUMBER" and "admin PORTAL STATE" once for each change that was posted. */
#include "agent/agentx.h"
#include "agent/event.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/num.h"

enum { STORE_GOOD, STORE_BAD, STORE_LATE, STORE_SLOW };

struct world {
    struct view_hub *views;
    struct settings_hub *settings;
    struct event_log *events;
    struct agentx *ax;
    const struct settings *seen;
    const char *file, *limit;
    size_t interfaces, portals, limits, tests;
    int mode;
    unsigned posted, sent, ticks;
    pthread_mutex_t out;
};

static void say(struct world *w, const char *line)
{
    pthread_mutex_lock(&w->out);
    puts(line);
    fflush(stdout);
    pthread_mutex_unlock(&w->out);
}

static int persist(void *ctx, const struct settings *s, int deadline_ms)
{
    struct world *w = ctx;
    int mode = __atomic_load_n(&w->mode, __ATOMIC_RELAXED);
    size_t len;

    if (mode == STORE_BAD)
        return EIO;
    if (mode == STORE_SLOW)
        usleep(300000);
    char *text = settings_dump(s, &len);
    if (text == NULL)
        return ENOMEM;
    if (w->file != NULL) {
        char next[4096];
        snprintf(next, sizeof next, "%s.new", w->file);
        FILE *f = fopen(next, "w");
        if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0 || rename(next, w->file) != 0)
            exit(3);
    }
    free(text);
    if (mode == STORE_LATE) {
        __atomic_store_n(&w->mode, STORE_GOOD, __ATOMIC_RELAXED);
        usleep((useconds_t)deadline_ms * 1000);
        return ETIMEDOUT;
    }
    return 0;
}

static const struct scm_event *next_event(void *ctx, uint32_t after)
{
    return event_next_undelivered(((struct world *)ctx)->events, after);
}

static void sent(void *ctx, uint32_t index)
{
    struct world *w = ctx;

    event_delivered(w->events, index);
    __atomic_add_fetch(&w->sent, 1, __ATOMIC_RELAXED);
}

static void link_state(void *ctx, enum agentx_link state, const char *text)
{
    static const char *const names[] = {"down", "up", "refused"};
    char line[256];

    snprintf(line, sizeof line, "link %s %s", names[state], text);
    say(ctx, line);
}

static void log_line(void *ctx, int priority, const char *line)
{
    fprintf(stderr, "net-snmp: %d: %s\n", priority, line);
}

static const struct agentx_ops ops = {persist, next_event, sent, link_state, log_line};

static int64_t mono_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void publish(struct world *w)
{
    const struct settings *now = settings_acquire(w->settings);
    struct view *v = view_new(w->interfaces, w->portals, w->limits, w->tests);

    if (v == NULL)
        exit(3);
    v->started_ms = 1700000000000;
    v->feed_up = true;
    v->feed_age_ms = (struct view_u32){5, true};
    v->built_mono_ms = mono_ms();
    v->settings_generation = now->generation;
    settings_release(now);
    v->host.load1 = (struct view_u32){123, true};
    for (size_t i = 0; i < w->interfaces; i++) {
        struct view_interface *f = &v->interfaces[i];
        f->ifindex = (uint32_t)i + 1;
        snprintf(f->name, sizeof f->name, "if%zu", i + 1);
        f->in_rate = (struct view_u32){__atomic_load_n(&w->ticks, __ATOMIC_RELAXED), true};
        f->out_rate = f->in_peak = f->out_peak = (struct view_u32){(uint32_t)i * 1000, true};
        f->speed = (struct view_u32){1000000, true};
    }
    for (size_t i = 0; i < w->portals; i++) {
        snprintf(v->portals[i].name, sizeof v->portals[i].name, "p%zu", i);
        v->portals[i].oper = PORTAL_UNKNOWN;
    }
    for (size_t i = 0; i < w->limits; i++) {
        snprintf(v->limits[i].name, sizeof v->limits[i].name, "l%zu", i);
        v->limits[i].state = LIMIT_STATE_OK;
        v->limits[i].has_value = true;
        v->limits[i].value = 1.5;
        v->limits[i].since_ms = 1700000000000;
    }
    for (size_t i = 0; i < w->tests; i++) {
        snprintf(v->eperfs[i].name, sizeof v->eperfs[i].name, "t%zu", i);
        v->eperfs[i].status = EPERF_IDLE;
    }
    v->events = event_log_list(w->events);
    v->notifications_sent = __atomic_load_n(&w->sent, __ATOMIC_RELAXED);
    view_publish(w->views, v);
}

/* Says what differs from what was posted before: what the loop would act on. AgentX thread. */
static void wake(void *ctx)
{
    struct world *w = ctx;
    const struct settings *s = settings_acquire(w->settings);
    char line[128];

    __atomic_add_fetch(&w->posted, 1, __ATOMIC_RELAXED);
    for (size_t i = 0; i < s->n_portals; i++)
        if (s->portals[i].admin != w->seen->portals[i].admin) {
            snprintf(line, sizeof line, "admin %s %s", s->portals[i].name,
                     portal_admin_name(s->portals[i].admin));
            say(w, line);
        }
    for (size_t i = 0; i < s->n_eperfs; i++) {
        const struct setting_eperf *old = settings_eperf(w->seen, s->eperfs[i].name);
        if (old == NULL || old->run != s->eperfs[i].run) {
            snprintf(line, sizeof line, "run %s %u", s->eperfs[i].name, s->eperfs[i].run);
            say(w, line);
        }
    }
    settings_release(w->seen);
    w->seen = s;
    publish(w);
}

static struct settings *first_settings(const struct world *w)
{
    struct settings *s = settings_new("eth0");
    char name[SCM_NAME_MAX + 1];

    for (size_t i = 0; i < w->portals; i++) {
        snprintf(name, sizeof name, "p%zu", i);
        if (!settings_add_portal(s, name, PORTAL_ADMIN_HOLD))
            exit(3);
    }
    for (size_t i = 0; i < w->limits + (w->limit != NULL); i++) {
        struct setting_limit l = {.direction = LIMIT_ABOVE, .status = ROW_ACTIVE};
        if (i < w->limits)
            snprintf(l.name, sizeof l.name, "l%zu", i);
        else
            snprintf(l.name, sizeof l.name, "%s", w->limit);
        snprintf(l.metric, sizeof l.metric, "load/load:shortterm");
        if (!decimal_set(&l.threshold, "8", 1) || !settings_add_limit(s, &l))
            exit(3);
    }
    return s;
}

static void add_events(struct world *w, unsigned n)
{
    const struct scm_event draft = {.type = EVENT_PORTAL_CHANGE,
                                .severity = EVENT_OKAY,
                                .notify = true,
                                .object = "p0",
                                .old_state = "off",
                                .new_state = "starting",
                                .text = "a test",
                                .state = PORTAL_STARTING,
                                .admin = PORTAL_ADMIN_ON,
                                .requester = "me"};
    struct timespec t;

    for (unsigned i = 0; i < n; i++) {
        clock_gettime(CLOCK_REALTIME, &t);
        event_unref(event_append(w->events, &draft, (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000));
    }
    publish(w);
    agentx_kick(w->ax);
}

static void command(struct world *w, const char *line)
{
    static const char *const modes[] = {"good", "bad", "late", "slow"};
    char answer[64] = "ok";
    uint64_t n;

    if (strncmp(line, "event ", 6) == 0 && num_u64(line + 6, strlen(line + 6), 1, 1000000, &n)) {
        add_events(w, (unsigned)n);
    } else if (strncmp(line, "store ", 6) == 0) {
        for (int i = 0; i < 4; i++)
            if (strcmp(line + 6, modes[i]) == 0)
                __atomic_store_n(&w->mode, i, __ATOMIC_RELAXED);
    } else if (strncmp(line, "tick ", 5) == 0 && num_u64(line + 5, strlen(line + 5), 1, 100000, &n)) {
        for (; n > 0; n--) {
            __atomic_add_fetch(&w->ticks, 1, __ATOMIC_RELAXED);
            publish(w);
            usleep(1000);
        }
    } else if (strcmp(line, "posted") == 0) {
        snprintf(answer, sizeof answer, "ok %u", __atomic_load_n(&w->posted, __ATOMIC_RELAXED));
    } else if (strcmp(line, "sent") == 0) {
        snprintf(answer, sizeof answer, "ok %u", __atomic_load_n(&w->sent, __ATOMIC_RELAXED));
    } else if (strcmp(line, "dump") == 0) {
        const struct settings *s = settings_acquire(w->settings);
        size_t len;
        char *text = settings_dump(s, &len);
        for (char *p = text; *p; p++)
            if (*p == '\n')
                *p = ' ';
        say(w, text);
        free(text);
        settings_release(s);
    } else {
        snprintf(answer, sizeof answer, "what?");
    }
    say(w, answer);
}

static size_t count_arg(const char *text)
{
    uint64_t n = 0;

    if (!num_u64(text, strlen(text), 0, 100000, &n))
        exit(2);
    return (size_t)n;
}

int main(int argc, char **argv)
{
    static struct world w = {.out = PTHREAD_MUTEX_INITIALIZER};
    const char *socket = NULL;
    char line[256];
    int o;

    while ((o = getopt(argc, argv, "x:i:p:l:c:e:s:")) != -1)
        switch (o) {
        case 'x':
            socket = optarg;
            break;
        case 'i':
            w.interfaces = count_arg(optarg);
            break;
        case 'p':
            w.portals = count_arg(optarg);
            break;
        case 'l':
            w.limits = count_arg(optarg);
            break;
        case 'c':
            w.limit = optarg;
            break;
        case 'e':
            w.tests = count_arg(optarg);
            break;
        case 's':
            w.file = optarg;
            break;
        default:
            return 2;
        }
    if (socket == NULL)
        return 2;
    w.views = view_hub_new();
    w.settings = settings_hub_new(first_settings(&w), wake, &w);
    w.events = event_log_open(NULL);
    w.seen = settings_acquire(w.settings);
    publish(&w);
    const struct agentx_opts opts = {socket, w.views, w.settings, &ops, &w};
    w.ax = agentx_start(&opts);
    if (w.ax == NULL)
        return 3;
    say(&w, "ready");
    while (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "quit\n") != 0) {
        line[strcspn(line, "\n")] = '\0';
        command(&w, line);
    }
    if (!agentx_stop(w.ax, 2000))
        _exit(4);
    settings_release(w.seen);
    settings_hub_free(w.settings);
    view_hub_free(w.views);
    event_log_close(w.events);
    return 0;
}
