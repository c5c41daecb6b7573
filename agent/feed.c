#include "agent/feed.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/metrics.h"
#include "agent/puts.h"
#include "agent/unixsock.h"

enum {
    DEPTH = 64,           /* requests in flight: 3 to 4 times the rate of one at a time; thousands would deadlock */
    RETRY_MS = 250,       /* between attempts to connect */
    SLACK_MS = 50,        /* how much earlier than the promised two intervals we act */
    READ_SIZE = 65536,
    BREATH_US = 1000,     /* between two reads of one round: see breathe() */
};

enum request_kind { LISTVAL, GETVAL, PUT };

struct request {
    enum request_kind kind;
    struct metric *metric; /* GETVAL */
    struct put *put;       /* PUT; NULL: was dropped */
};

enum phase { CLOSED, IDLE, LISTING, GETTING };

struct feed {
    struct event_base *base;
    struct metrics *metrics;
    struct feed_options options;
    char *path;
    enum phase phase;
    int fd;
    struct event *io_read, *io_write, *timer, *breath;
    struct evbuffer *out;
    struct unixsock_parser parser;
    struct request ring[DEPTH]; /* in flight, oldest at `first` */
    unsigned first, in_flight;
    struct puts puts;
    bool heard;          /* something of this round's answers has come */
    bool listed;         /* this connection has brought a LISTVAL: what metrics hold is of now */
    bool up, told, ever; /* told: on_status has been called; ever: a round has been complete */
    int64_t last_round_ms; /* complete; before the first: when we started */
    int64_t next_round_ms, deadline_ms, retry_ms; /* one of them counts in each phase */
    char why[160]; /* of the last failure */
    char buffer[READ_SIZE];
};

static void pump(struct feed *f);
static void arm(struct feed *f);

/* ---- the connection ---- */

static void disconnect(struct feed *f, const char *what, int error)
{
    if (f->fd < 0)
        return;
    snprintf(f->why, sizeof f->why, "%s: %s%s%s", f->path, what, error ? ": " : "", error ? strerror(error) : "");
    event_del(f->io_read);
    event_del(f->io_write);
    event_del(f->breath);
    close(f->fd);
    f->fd = -1;
    metrics_connected(f->metrics, false, clock_mono_ms());
    f->listed = false;
    f->phase = CLOSED;
    f->first = f->in_flight = 0;
    evbuffer_drain(f->out, evbuffer_get_length(f->out));
    puts_disconnected(&f->puts);
    f->retry_ms = clock_mono_ms() + RETRY_MS;
    arm(f);
}

static void on_read(evutil_socket_t fd, short what, void *arg);
static void on_write(evutil_socket_t fd, short what, void *arg);

static void failed(struct feed *f, const char *what, int error)
{
    snprintf(f->why, sizeof f->why, "%s: %s: %s", f->path, what, strerror(error));
    f->retry_ms = clock_mono_ms() + RETRY_MS;
}

static void opened(struct feed *f)
{
    unixsock_reset(&f->parser);
    f->phase = IDLE;
    f->next_round_ms = clock_mono_ms();
    event_add(f->io_read, NULL);
}

static void try_connect(struct feed *f)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(a.sun_path, sizeof a.sun_path, "%s", f->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        failed(f, "socket", errno);
        return;
    }
    /* EAGAIN is a full backlog, for a collectd that hangs: another attempt later, as for any other failure */
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        failed(f, "connect", errno);
        close(fd);
        return;
    }
    f->fd = fd;
    event_assign(f->io_read, f->base, fd, EV_READ | EV_PERSIST, on_read, f);
    event_assign(f->io_write, f->base, fd, EV_WRITE, on_write, f);
    opened(f);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;

    if (evbuffer_write(f->out, fd) < 0 && errno != EAGAIN && errno != EINTR) {
        disconnect(f, "write", errno);
        return;
    }
    if (evbuffer_get_length(f->out) > 0)
        event_add(f->io_write, NULL);
}

/* ---- requests ---- */

static void push(struct feed *f, struct request r, const char *line, size_t len)
{
    f->ring[(f->first + f->in_flight++) % DEPTH] = r;
    evbuffer_add(f->out, line, len);
}

static bool push_put(struct feed *f)
{
    struct put *p = puts_send(&f->puts);

    if (p)
        push(f, (struct request){.kind = PUT, .put = p}, p->line, p->len);
    return p != NULL;
}

static void push_getval(struct feed *f, struct metric *x)
{
    char line[2 * IDENT_MAX + 32] = "GETVAL ";
    size_t n = strlen(line), k = unixsock_quote(line + n, sizeof line - n - 1, metric_ident(x));

    line[n + k] = '\n';
    push(f, (struct request){.kind = GETVAL, .metric = x}, line, n + k + 1);
}

static void round_complete(struct feed *f)
{
    int64_t now = clock_mono_ms();

    f->phase = IDLE;
    f->last_round_ms = now;
    f->ever = true;
    if (!f->up) {
        f->up = f->told = true;
        f->options.on_status(f->options.arg, true, "");
    }
    arm(f);
    f->options.on_round(f->options.arg);
}

static bool getting_in_flight(const struct feed *f)
{
    for (unsigned i = 0; i < f->in_flight; i++)
        if (f->ring[(f->first + i) % DEPTH].kind == GETVAL)
            return true;
    return false;
}

/* How long collectd may say nothing while it owes an answer. A round may take longer: with more values than fit into an interval
 * rounds follow each other without a pause. */
static int64_t patience_ms(const struct feed *f)
{
    return (int64_t)f->options.interval_ms - 2 * SLACK_MS;
}

/* Sends what there is to send, as deep as allowed. */
static void pump(struct feed *f)
{
    struct metric *x = NULL;

    if (f->phase == CLOSED)
        return;
    while (f->in_flight < DEPTH - 1 && push_put(f)) /* one place for LISTVAL */
        ;
    if (f->phase == IDLE && f->in_flight < DEPTH && clock_mono_ms() >= f->next_round_ms) {
        int64_t now = clock_mono_ms();
        f->next_round_ms += f->options.interval_ms;
        if (f->next_round_ms <= now)
            f->next_round_ms = now + f->options.interval_ms;
        f->heard = false;
        f->deadline_ms = now + patience_ms(f);
        f->phase = LISTING;
        metrics_round_begin(f->metrics, now);
        push(f, (struct request){.kind = LISTVAL}, "LISTVAL\n", 8);
    }
    if (f->phase == GETTING && f->in_flight <= DEPTH / 2) { /* by the half: fewer, larger writes and reads on both sides */
        while (f->in_flight < DEPTH && (x = metrics_next_wanted(f->metrics)))
            push_getval(f, x);
        if (!x && !getting_in_flight(f))
            round_complete(f);
    }
    if (f->fd >= 0 && evbuffer_get_length(f->out) > 0)
        on_write(f->fd, 0, f);
}

/* ---- answers ---- */

static bool answer_line(struct feed *f, const struct request *r)
{
    const char *name;
    size_t len;
    int64_t time_ms;
    double value;

    if (r->kind == LISTVAL) {
        if (!unixsock_listval_line(f->parser.line, f->parser.len, &time_ms, &name, &len))
            return false;
        metrics_listed(f->metrics, name, len, time_ms);
    } else if (r->kind == GETVAL) {
        if (!unixsock_getval_line(f->parser.line, f->parser.len, &name, &len, &value))
            return false;
        metric_values_add(f->metrics, name, len, value);
    }
    return true;
}

static void answer_end(struct feed *f, const struct request *r)
{
    switch (r->kind) {
    case LISTVAL:
        if (!f->listed)
            metrics_connected(f->metrics, true, clock_mono_ms());
        f->listed = true;
        metrics_round_listed(f->metrics);
        f->phase = GETTING;
        break;
    case GETVAL:
        metric_values_end(f->metrics, r->metric);
        break;
    case PUT:
        puts_answered(&f->puts, r->put);
        break;
    }
    f->first = (f->first + 1) % DEPTH;
    f->in_flight--;
}

/* What came in belongs to the oldest request in flight. False: the connection was closed. */
static bool take(struct feed *f, const char *data, size_t size)
{
    for (;;) {
        const struct request *r = &f->ring[f->first];
        enum unixsock_item item = unixsock_next(&f->parser, &data, &size);
        if (item == UNIXSOCK_NONE)
            return true;
        bool good = item != UNIXSOCK_BAD && f->in_flight > 0;
        if (good && item == UNIXSOCK_STATUS && r->kind == GETVAL)
            metric_values_begin(f->metrics);
        else if (good && item == UNIXSOCK_STATUS && r->kind == LISTVAL)
            good = f->parser.count >= 0;
        else if (good && item == UNIXSOCK_LINE)
            good = answer_line(f, r);
        else if (good && item == UNIXSOCK_END)
            answer_end(f, r);
        if (!good) {
            disconnect(f, "not an answer that collectd's unixsock gives", 0);
            return false;
        }
    }
}

/* collectd writes and flushes line by line. Who waits for each line makes it pay for a wake-up each time; who looks a millisecond
 * later finds many at once: both sides need a tenth to a third less CPU (tests/bench/agent/feed_bench). Only in the first quarter
 * of an interval: then it is time to get done. */
static void breathe(struct feed *f)
{
    struct timeval tv = {0, BREATH_US};

    if ((f->phase != LISTING && f->phase != GETTING) ||
        f->next_round_ms - clock_mono_ms() < (int64_t)f->options.interval_ms * 3 / 4)
        return;
    event_del(f->io_read);
    event_add(f->breath, &tv);
}

static void on_breath(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;

    if (f->fd >= 0)
        event_add(f->io_read, NULL);
}

static void on_read(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;
    ssize_t n = read(fd, f->buffer, sizeof f->buffer);

    if (n > 0) {
        f->heard = true;
        f->deadline_ms = clock_mono_ms() + patience_ms(f); /* the timer finds it moved */
        if (take(f, f->buffer, (size_t)n))
            pump(f);
        breathe(f);
    } else if (n == 0) {
        disconnect(f, "collectd closed the connection", 0);
    } else if (errno != EAGAIN && errno != EINTR) {
        disconnect(f, "read", errno);
    }
}

/* ---- time ---- */

static int64_t due_ms(const struct feed *f)
{
    switch (f->phase) {
    case CLOSED:
        return f->retry_ms;
    case IDLE:
        return f->next_round_ms;
    case LISTING:
    case GETTING:
        return f->deadline_ms;
    }
    return 0;
}

/* When a feed is down, unless a round that takes longer is being answered. */
static int64_t down_ms(const struct feed *f)
{
    return f->last_round_ms + 2 * (int64_t)f->options.interval_ms - SLACK_MS;
}

static bool answering(const struct feed *f, int64_t now)
{
    return (f->phase == LISTING || f->phase == GETTING) && f->heard && now < f->deadline_ms;
}

static void arm(struct feed *f)
{
    int64_t now = clock_mono_ms(), due = due_ms(f);

    if ((f->up || !f->told) && !answering(f, now) && down_ms(f) < due)
        due = down_ms(f);
    int64_t wait = due > now ? due - now : 0;
    struct timeval tv = {wait / 1000, (wait % 1000) * 1000};
    event_add(f->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;
    int64_t now = clock_mono_ms();

    if ((f->phase == LISTING || f->phase == GETTING) && now >= f->deadline_ms)
        disconnect(f, "collectd does not answer in time", 0);
    if (f->phase == CLOSED && now >= f->retry_ms)
        try_connect(f);
    pump(f);
    if ((f->up || !f->told) && now >= down_ms(f) && !answering(f, now)) {
        f->up = false;
        f->told = true;
        f->options.on_status(f->options.arg, false, f->why[0] ? f->why : "collectd does not answer in time");
    }
    arm(f);
}

/* ---- public ---- */

struct feed *feed_new(struct event_base *base, struct metrics *metrics, const struct feed_options *options)
{
    struct feed *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->base = base;
    f->metrics = metrics;
    f->options = *options;
    f->fd = -1;
    puts_init(&f->puts);
    f->path = strdup(options->socket);
    f->out = evbuffer_new();
    f->io_read = event_new(base, -1, EV_READ, on_read, f);
    f->io_write = event_new(base, -1, EV_WRITE, on_write, f);
    f->timer = evtimer_new(base, on_timer, f);
    f->breath = evtimer_new(base, on_breath, f);
    if (!f->breath || !f->path || !f->out || !f->io_read || !f->io_write || !f->timer) {
        feed_free(f);
        return NULL;
    }
    return f;
}

void feed_start(struct feed *f)
{
    f->last_round_ms = f->retry_ms = clock_mono_ms();
    arm(f);
}

void feed_free(struct feed *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    puts_free(&f->puts);
    if (f->io_read)
        event_free(f->io_read);
    if (f->io_write)
        event_free(f->io_write);
    if (f->timer)
        event_free(f->timer);
    if (f->breath)
        event_free(f->breath);
    if (f->out)
        evbuffer_free(f->out);
    free(f->path);
    free(f);
}

bool feed_up(const struct feed *f)
{
    return f->up;
}

int64_t feed_age_ms(const struct feed *f)
{
    return f->ever ? clock_mono_ms() - f->last_round_ms : -1;
}

void feed_putval(struct feed *f, const char *ident, double interval_s, double value)
{
    if (f->phase == CLOSED)
        return;
    puts_value(&f->puts, ident, interval_s, value);
    pump(f);
}

void feed_putnotif(struct feed *f, const struct feed_notification *n)
{
    puts_notification(&f->puts, n);
    pump(f);
}
