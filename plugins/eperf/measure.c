#include "plugins/eperf/measure.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/eperf/clock.h"

/* iperf3's server is deaf for a moment after each test: it closes its listener, or still calls itself busy.
 * What refuses right after it has served the upload is asked again for so long, so often. Seconds. */
static const double AFTER_UPLOAD = 3, ASK_AGAIN = 0.15;

struct measure {
    const struct config_test *test;
    pthread_mutex_t lock;   /* the rest */
    pthread_cond_t changed; /* cancelled */
    bool cancelled;
    struct eperf_client *client; /* while a direction runs */
};

struct measure *measure_new(const struct config_test *t)
{
    struct measure *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->test = t;
    pthread_mutex_init(&m->lock, NULL);
    clock_condition_init(&m->changed);
    return m;
}

void measure_free(struct measure *m)
{
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

void measure_cancel(struct measure *m)
{
    pthread_mutex_lock(&m->lock);
    m->cancelled = true;
    if (m->client)
        eperf_client_cancel(m->client);
    pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

/* Makes the client known to measure_cancel(); false when that has been called already. */
static bool publish(struct measure *m, struct eperf_client *client)
{
    pthread_mutex_lock(&m->lock);
    m->client = client;
    bool go = !m->cancelled;
    pthread_mutex_unlock(&m->lock);
    return go;
}

/* False when cancelled. */
static bool pause_for(struct measure *m, double seconds)
{
    struct timespec until = clock_after(seconds);
    pthread_mutex_lock(&m->lock);
    while (!m->cancelled && pthread_cond_timedwait(&m->changed, &m->lock, &until) != ETIMEDOUT)
        ;
    bool go = !m->cancelled;
    pthread_mutex_unlock(&m->lock);
    return go;
}

static struct eperf_params params_of(const struct config_test *t, enum eperf_direction direction)
{
    struct eperf_params p;
    eperf_params_default(&p);
    p.protocol = t->udp ? EPERF_UDP : EPERF_TCP;
    p.direction = direction;
    p.streams = (unsigned)t->connections;
    p.duration = (unsigned)t->duration;
    p.omit = (unsigned)t->omit;
    p.interval = t->sample_interval;
    p.block_len = (uint32_t)t->block;
    p.rate = t->bandwidth;
    p.mss = (uint32_t)t->mss;
    p.tos = (uint8_t)(t->dscp << 2);
    p.read_payload = t->really_read;
    snprintf(p.congestion, sizeof p.congestion, "%s", t->congestion);
    return p;
}

static enum eperf_outcome run_direction(struct measure *m, enum eperf_direction direction,
                                        struct result_status *s)
{
    const struct config_test *t = m->test;
    bool up = direction == EPERF_UPLOAD;
    struct eperf_params p = params_of(t, direction);
    struct eperf_callbacks none = {0};
    char why[EPERF_ERROR_MAX];
    struct eperf_client *c = eperf_client_new(t->host, (uint16_t)t->port, AF_UNSPEC, NULL, &p, &none, why);
    if (!c) {
        snprintf(s->last_error, sizeof s->last_error, "%s: %s", up ? "upload" : "download", why);
        return EPERF_LOCAL;
    }
    struct eperf_result r = {.outcome = EPERF_CANCELLED};
    if (publish(m, c))
        eperf_client_run(c, &r);
    publish(m, NULL);
    *(up ? &s->upload : &s->download) = result_figures(up ? &r.upload : &r.download, &r);
    s->last_error[0] = '\0';
    if (r.outcome != EPERF_OK)
        snprintf(s->last_error, sizeof s->last_error, "%s: %s", up ? "upload" : "download",
                 r.error[0] ? r.error : eperf_outcome_text(r.outcome));
    enum eperf_outcome outcome = r.outcome;
    eperf_result_free(&r);
    eperf_client_free(c);
    return outcome;
}

enum eperf_outcome measure_run(struct measure *m, struct result_status *s)
{
    enum eperf_outcome outcome = EPERF_OK;
    double began = clock_seconds();
    s->last_run = time(NULL);
    if (m->test->upload)
        outcome = run_direction(m, EPERF_UPLOAD, s);
    double patience = m->test->upload ? clock_seconds() + AFTER_UPLOAD : 0;
    if (m->test->download && outcome == EPERF_OK)
        do
            outcome = run_direction(m, EPERF_DOWNLOAD, s);
        while ((outcome == EPERF_BUSY || outcome == EPERF_REFUSED) && clock_seconds() < patience &&
               pause_for(m, ASK_AGAIN));
    s->duration = clock_seconds() - began;
    return outcome;
}
