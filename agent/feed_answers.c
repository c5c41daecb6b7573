/* The feed's answers: what collectd sends, to whom it belongs, and when to look for it. */
#include <errno.h>
#include <event2/event.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/feed_inner.h"
#include "agent/metrics.h"

enum { BREATH_US = 300 }; /* between two looks: about what collectd needs to fill its socket's buffer, which has room for some 270 writes */

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
            feed_disconnect(f, "not an answer that collectd's unixsock gives", 0);
            return false;
        }
    }
}

/* collectd writes each piece of an answer by itself, three and more per value, and each of these writes pays for a wake-up if somebody
 * waits for the descriptor. So nobody waits while answers are due: we look when collectd can have filled its socket's buffer, and find
 * many at once. Both sides need less CPU, and a round less time (tests/bench/agent). Who found nothing waits after all. */
void feed_look_again(struct feed *f, bool found)
{
    struct timeval tv = {0, BREATH_US};

    if (f->fd < 0)
        return;
    if (found && feed_round_runs(f)) {
        event_del(f->io_read);
        event_add(f->breath, &tv);
    } else {
        event_add(f->io_read, NULL);
    }
}

void feed_on_breath(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;

    feed_on_read(f->fd, what, f);
}

void feed_on_read(evutil_socket_t fd, short what, void *arg)
{
    struct feed *f = arg;
    ssize_t n = read(fd, f->buffer, sizeof f->buffer);

    if (n > 0) {
        f->heard = true;
        f->deadline_ms = clock_mono_ms() + feed_patience_ms(f); /* the timer finds it moved */
        if (take(f, f->buffer, (size_t)n))
            feed_pump(f);
        feed_look_again(f, true);
    } else if (n == 0) {
        feed_disconnect(f, "collectd closed the connection", 0);
    } else if (errno != EAGAIN && errno != EINTR) {
        feed_disconnect(f, "read", errno);
    } else {
        feed_look_again(f, false);
    }
}
