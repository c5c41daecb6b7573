/* The feed's life: its connection, its time and its state.
 *
 *               connect            interval         LISTVAL complete
 *   CLOSED ----------------> IDLE ----------> LISTING ----------------> GETTING --+ all GETVALs answered:
 *     ^  ^ retry 250 ms       ^ ^                |                         |      | on_round
 *     |  +-- refused          | +----------------|-------------------------|------+
 *     +-----------------------+------------------+-------------------------+
 *            EOF, error, an answer that is none, silence for an interval while an answer is due
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/feed_inner.h"
#include "agent/metrics.h"

enum {
    RETRY_MS = 250, /* between attempts to connect */
    SLACK_MS = 50,  /* how much earlier than the promised two intervals we act */
    LATE_MS = 100,  /* a timer that is later than this tells that we were not let run */
};

/* ---- the connection ---- */

void feed_disconnect(struct feed *f, const char *what, int error)
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
    feed_arm(f);
}

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
    event_assign(f->io_read, f->base, fd, EV_READ | EV_PERSIST, feed_on_read, f);
    event_assign(f->io_write, f->base, fd, EV_WRITE, feed_on_write, f);
    opened(f);
}

/* ---- time ---- */

bool feed_round_runs(const struct feed *f)
{
    return f->phase == LISTING || f->phase == GETTING;
}

/* How long collectd may say nothing while it owes an answer. A round may take longer: with more values than fit into an interval
 * rounds follow each other without a pause. */
int64_t feed_patience_ms(const struct feed *f)
{
    return (int64_t)f->options.interval_ms - 2 * SLACK_MS;
}

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
    return f->last_round_ms + f->excused_ms + 2 * (int64_t)f->options.interval_ms - SLACK_MS;
}

static bool answering(const struct feed *f, int64_t now)
{
    return feed_round_runs(f) && f->heard && now < f->deadline_ms;
}

void feed_arm(struct feed *f)
{
    int64_t now = clock_mono_ms(), due = due_ms(f);

    if ((f->up || !f->told) && !answering(f, now) && down_ms(f) < due)
        due = down_ms(f);
    int64_t wait = due > now ? due - now : 0;
    struct timeval tv = {wait / 1000, (wait % 1000) * 1000};
    f->timer_ms = now + wait;
    event_add(f->timer, &tv);
}

/* Time in which we were stopped, or the machine too busy to let us run, is not collectd's: nobody asked it, or read what it said. */
static void excuse(struct feed *f, int64_t now)
{
    int64_t late = now - f->timer_ms;

    if (late < LATE_MS)
        return;
    f->excused_ms += late;
    f->deadline_ms += late;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;
    int64_t now = clock_mono_ms();

    excuse(f, now);
    if (feed_round_runs(f) && now >= f->deadline_ms)
        feed_disconnect(f, "collectd does not answer in time", 0);
    if (f->phase == CLOSED && now >= f->retry_ms)
        try_connect(f);
    feed_pump(f);
    if ((f->up || !f->told) && now >= down_ms(f) && !answering(f, now)) {
        f->up = false;
        f->told = true;
        f->options.on_status(f->options.arg, false, f->why[0] ? f->why : "collectd does not answer in time");
    }
    feed_arm(f);
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
    f->io_read = event_new(base, -1, EV_READ, feed_on_read, f);
    f->io_write = event_new(base, -1, EV_WRITE, feed_on_write, f);
    f->timer = evtimer_new(base, on_timer, f);
    f->breath = evtimer_new(base, feed_on_breath, f);
    if (!f->breath || !f->path || !f->out || !f->io_read || !f->io_write || !f->timer) {
        feed_free(f);
        return NULL;
    }
    return f;
}

void feed_start(struct feed *f)
{
    f->last_round_ms = f->retry_ms = clock_mono_ms();
    feed_arm(f);
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
    feed_pump(f);
}

void feed_putnotif(struct feed *f, const struct feed_notification *n)
{
    puts_notification(&f->puts, n);
    feed_pump(f);
}
