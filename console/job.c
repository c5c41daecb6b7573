#include "console/job.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/ask.h"
#include "console/text.h"

enum { POLL_MS = 250, REQUESTER_MAX = 64 };

static void read_again(void *arg);

static void change(struct job *job, enum job_state state)
{
    job->state = state;
    if (job->changed != NULL)
        job->changed(job, job->arg);
}

static void over(struct job *job)
{
    job->ended = now_ms();
    change(job, JOB_OVER);
}

bool job_end(struct job *job, enum exit_status status, const char *format, ...)
{
    va_list ap;
    job->status = status;
    va_start(ap, format);
    vsnprintf(job->text, sizeof job->text, format, ap);
    va_end(ap);
    return true;
}

static void end_by_host(struct job *job, enum host_state state)
{
    const char *why = host_why(job->host);
    job_end(job, (enum exit_status)state_status(state), "%s", *why != '\0' ? why : host_state_name(state));
    over(job);
}

/* Comes back to fn after a while, unless the deadline has passed. */
static void wait_on(struct job *job, poll_timer *fn)
{
    if (now_ms() >= job->until) {
        char was[JOB_TEXT_MAX];
        snprintf(was, sizeof was, "%s", job->text);
        job_end(job, EXIT_NO_ANSWER, "not acknowledged in %d s; last seen: %.120s", job->timeout / 1000,
                was[0] != '\0' ? was : "nothing");
        over(job);
    } else if (!poller_after(host_poller(job->host), POLL_MS, fn, job)) {
        job_end(job, EXIT_FAILED, "out of memory");
        over(job);
    }
}

static void on_reread(struct host *h, enum host_state state, void *arg)
{
    struct job *job = arg;
    char was[JOB_TEXT_MAX];
    if (state == HOST_BAD || state == HOST_REFUSED) {
        end_by_host(job, state);
        return;
    }
    snprintf(was, sizeof was, "%s", job->text);
    if (state == HOST_UP && job->kind->judge(job)) {
        over(job);
        return;
    }
    if (state != HOST_UP)
        snprintf(job->text, sizeof job->text, "%s", host_state_name(state));
    if (strcmp(was, job->text) != 0)
        change(job, JOB_WAITING);
    wait_on(job, read_again);
}

static void read_again(void *arg)
{
    struct job *job = arg;
    if (host_busy(job->host))
        wait_on(job, read_again); /* top asks this host too */
    else
        host_fetch(job->host, job->kind->spec, &job->answer, on_reread, job);
}

static void on_set(struct host *h, enum host_state state, void *arg)
{
    struct job *job = arg;
    bool waits = job->kind->judge != NULL;
    if (state != HOST_UP && !(state == HOST_NO_ANSWER && waits)) {
        end_by_host(job, state);
    } else if (!waits) {
        job_end(job, EXIT_WELL, "done");
        over(job);
    } else {
        change(job, JOB_WAITING);
        read_again(job);
    }
}

static void on_read(struct host *h, enum host_state state, void *arg)
{
    struct job *job = arg;
    struct assignment list[SET_MAX];
    if (state != HOST_UP) {
        end_by_host(job, state);
        return;
    }
    memset(list, 0, sizeof list);
    size_t n = job->kind->plan(job, list);
    if (n == 0) {
        over(job);
        return;
    }
    job->until = now_ms() + job->timeout;
    change(job, JOB_SETTING);
    host_set(job->host, list, n, on_set, job);
}

static void first_read(void *arg)
{
    struct job *job = arg;
    if (host_busy(job->host))
        wait_on(job, first_read);
    else
        host_fetch(job->host, job->kind->spec, &job->answer, on_read, job);
}

void job_start(struct job *job)
{
    job->started = now_ms();
    job->until = job->started + job->timeout;
    change(job, JOB_READING);
    first_read(job);
}

int jobs_run(struct poller *p, struct job *jobs, size_t n, size_t parallel)
{
    size_t next = 0, open;
    int status = EXIT_WELL;
    do {
        open = 0;
        for (size_t i = 0; i < next; i++)
            open += jobs[i].state != JOB_OVER;
        while (next < n && (parallel == 0 || open < parallel)) {
            if (jobs[next].state == JOB_NEW) {
                job_start(&jobs[next]);
                open++;
            }
            next++;
        }
        if (open > 0)
            poller_step(p, -1);
    } while (open > 0 || next < n);
    for (size_t i = 0; i < n; i++)
        status = worse(status, (int)jobs[i].status);
    return status;
}

void job_clear(struct job *job)
{
    answer_clear(&job->answer);
}

const char *job_requester(void)
{
    static char text[REQUESTER_MAX + 1];
    char host[65] = "", raw[160];
    const char *login = getenv("SUDO_USER");
    const struct passwd *pw = getpwuid(getuid());
    if (text[0] != '\0')
        return text;
    if (login == NULL || *login == '\0')
        login = pw != NULL ? pw->pw_name : "?";
    gethostname(host, sizeof host - 1);
    snprintf(raw, sizeof raw, "%.80s@%.64s", login, host);
    text_clean(text, sizeof text, raw, strlen(raw), true);
    return text;
}
