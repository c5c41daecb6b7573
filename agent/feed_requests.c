/* The feed's requests: LISTVAL and GETVAL of a round, PUTVAL and PUTNOTIF between them, pipelined. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/feed_inner.h"
#include "agent/metrics.h"

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
    f->excused_ms = 0;
    f->ever = true;
    if (!f->up) {
        f->up = f->told = true;
        f->options.on_status(f->options.arg, true, "");
    }
    feed_arm(f);
    f->options.on_round(f->options.arg);
}

static bool getting_in_flight(const struct feed *f)
{
    for (unsigned i = 0; i < f->in_flight; i++)
        if (f->ring[(f->first + i) % DEPTH].kind == GETVAL)
            return true;
    return false;
}

void feed_on_write(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;

    if (evbuffer_write(f->out, fd) < 0 && errno != EAGAIN && errno != EINTR) {
        feed_disconnect(f, "write", errno);
        return;
    }
    if (evbuffer_get_length(f->out) > 0)
        event_add(f->io_write, NULL);
}

void feed_pump(struct feed *f)
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
        f->deadline_ms = now + feed_patience_ms(f);
        f->phase = LISTING;
        metrics_round_begin(f->metrics, now);
        push(f, (struct request){.kind = LISTVAL}, "LISTVAL\n", 8);
        feed_look_again(f, true);
    }
    if (f->phase == GETTING && f->in_flight <= DEPTH / 2) { /* by the half: fewer, larger writes and reads on both sides */
        while (f->in_flight < DEPTH && (x = metrics_next_wanted(f->metrics)))
            push_getval(f, x);
        if (!x && !getting_in_flight(f))
            round_complete(f);
    }
    if (f->fd >= 0 && evbuffer_get_length(f->out) > 0)
        feed_on_write(f->fd, 0, f);
}
