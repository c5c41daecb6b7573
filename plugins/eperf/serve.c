#include "plugins/eperf/serve.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/eperf/clock.h"
#include "plugins/eperf/eperf.h"

enum { RETRY_SECONDS = 10 };

/* A client could fill the log with tests that end as they begin: so many at once are told, then one a second.
 */
static const double LINES_AT_ONCE = 20, LINES_PER_SECOND = 1;

struct serve {
    const struct config_server *config;
    void (*log)(enum runner_level level, const char *text);
    pthread_t thread;
    pthread_mutex_t lock; /* the rest */
    pthread_cond_t stopped;
    bool stop;
    struct eperf_server *server; /* while it runs */
    double lines, lines_at;      /* that may be logged, as of then */
    unsigned untold;             /* tests since the last line */
};

static void on_notice(void *arg, const char *text)
{
    const struct serve *s = arg;
    char line[1024];
    snprintf(line, sizeof line, "server: %s", text);
    s->log(RUNNER_INFO, line);
}

/* Whether the end of one more test may be logged, and then of how many it was not before. */
static bool may_tell(struct serve *s, unsigned *untold)
{
    double now = clock_seconds();
    pthread_mutex_lock(&s->lock);
    s->lines = fmin(LINES_AT_ONCE, s->lines + (now - s->lines_at) * LINES_PER_SECOND);
    s->lines_at = now;
    bool may = s->lines >= 1;
    *untold = s->untold;
    s->lines -= may ? 1 : 0;
    s->untold = may ? 0 : s->untold + 1;
    pthread_mutex_unlock(&s->lock);
    return may;
}

static void on_finished(void *arg, unsigned test, const struct eperf_result *r)
{
    struct serve *s = arg;
    char line[1024];
    unsigned untold;
    if (!may_tell(s, &untold))
        return;
    int used = snprintf(line, sizeof line, "server: test of %s: %s%s%s", r->peer,
                        eperf_outcome_text(r->outcome), r->error[0] ? ": " : "", r->error);
    if (r->upload.present && used < (int)sizeof line)
        used += snprintf(line + used, sizeof line - (size_t)used, ", received %.1f Mbits/s",
                         r->upload.receiver.rate / 1e6);
    if (r->download.present && used < (int)sizeof line)
        used += snprintf(line + used, sizeof line - (size_t)used, ", sent %.1f Mbits/s",
                         r->download.sender.rate / 1e6);
    if (r->shared && used < (int)sizeof line)
        used += snprintf(line + used, sizeof line - (size_t)used, ", shared with %u", r->shared);
    if (untold && used < (int)sizeof line)
        snprintf(line + used, sizeof line - (size_t)used, " (and %u more)", untold);
    s->log(RUNNER_INFO, line);
}

static struct eperf_server *listen_now(struct serve *s, char error[EPERF_ERROR_MAX])
{
    const struct config_server *c = s->config;
    const char *allow[CONFIG_ALLOW_MAX];
    for (size_t i = 0; i < c->n_allow; i++)
        allow[i] = c->allow[i];
    struct eperf_policy p;
    eperf_policy_default(&p);
    p.max_tests = (unsigned)c->max_tests;
    p.max_duration = (unsigned)c->max_duration;
    p.max_rate = c->max_rate;
    p.max_connections = (unsigned)c->max_connections;
    p.allow = allow;
    p.allow_count = c->n_allow;
    struct eperf_callbacks cb = {.arg = s, .finished = on_finished, .notice = on_notice};
    return eperf_server_new(c->listen[0] ? c->listen : NULL, (uint16_t)c->port, &p, &cb, error);
}

/* Makes the server known to serve_stop(); false when that was called already. */
static bool publish(struct serve *s, struct eperf_server *server)
{
    pthread_mutex_lock(&s->lock);
    s->server = server;
    bool go = !s->stop;
    pthread_mutex_unlock(&s->lock);
    return go;
}

/* Until it is stopped, or fails. */
static void listen_and_serve(struct serve *s, char error[EPERF_ERROR_MAX])
{
    struct eperf_server *server = listen_now(s, error);
    if (!server)
        return;
    char line[64];
    snprintf(line, sizeof line, "server: listening on port %u", eperf_server_port(server));
    s->log(RUNNER_INFO, line);
    if (publish(s, server))
        eperf_server_run(server, error);
    publish(s, NULL);
    eperf_server_free(server);
}

/* False once stopped. */
static bool pause_before_retry(struct serve *s)
{
    struct timespec until = clock_after(RETRY_SECONDS);
    pthread_mutex_lock(&s->lock);
    while (!s->stop && pthread_cond_timedwait(&s->stopped, &s->lock, &until) != ETIMEDOUT)
        ;
    bool go = !s->stop;
    pthread_mutex_unlock(&s->lock);
    return go;
}

static void *serve_thread(void *arg)
{
    struct serve *s = arg;
    char error[EPERF_ERROR_MAX], line[EPERF_ERROR_MAX + 64], last[sizeof line] = "";
    do {
        error[0] = '\0';
        listen_and_serve(s, error);
        snprintf(line, sizeof line, "server: %s; trying again every %d seconds", error, RETRY_SECONDS);
        if (error[0] && strcmp(line, last) != 0) {
            s->log(RUNNER_ERROR, line);
            memcpy(last, line, sizeof last);
        }
    } while (pause_before_retry(s));
    return NULL;
}

struct serve *serve_start(const struct config_server *config,
                          void (*log)(enum runner_level level, const char *text))
{
    struct serve *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->config = config;
    s->log = log;
    s->lines = LINES_AT_ONCE;
    s->lines_at = clock_seconds();
    pthread_mutex_init(&s->lock, NULL);
    clock_condition_init(&s->stopped);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, serve_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return s;
    pthread_cond_destroy(&s->stopped);
    pthread_mutex_destroy(&s->lock);
    free(s);
    errno = failed;
    return NULL;
}

void serve_stop(struct serve *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    if (s->server)
        eperf_server_stop(s->server);
    pthread_cond_signal(&s->stopped);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->stopped);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
