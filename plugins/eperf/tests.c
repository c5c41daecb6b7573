/* The tests' slots, and what tests' threads ask of their server. The listener alone fills and empties slots; whoever else
 * looks at them holds the lock. */
#include <string.h>
#include <unistd.h>

#include "plugins/eperf/server.h"

/* ---- hooks: called from tests' threads ---- */

static bool claim_udp(struct eperf_server *s, struct server_test *t)
{
    int slot = -1;
    bool taken = false;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < TESTS_MAX; i++) {
        if (!s->joining_udp[i])
            slot = i;
        else
            taken = taken || net_same_host(&s->joining_udp[i]->s.peer, &t->s.peer);
    }
    if (!taken && slot >= 0)
        s->joining_udp[slot] = t;
    pthread_mutex_unlock(&s->lock);
    return !taken && slot >= 0;
}

static void release_udp(struct eperf_server *s, struct server_test *t)
{
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < TESTS_MAX; i++) {
        if (s->joining_udp[i] == t)
            s->joining_udp[i] = NULL;
        if (s->tests[i] && !s->tests[i]->over) /* one of them may be waiting for its turn */
            session_wake(&s->tests[i]->s);
    }
    pthread_mutex_unlock(&s->lock);
}

/* Tells every running test of how many others it shares the machine with. */
static void test_running(struct eperf_server *s, struct server_test *t, bool on)
{
    unsigned n = 0;
    pthread_mutex_lock(&s->lock);
    t->running = on;
    for (int i = 0; i < TESTS_MAX; i++)
        n += s->tests[i] && s->tests[i]->running;
    for (int i = 0; i < TESTS_MAX && on; i++) {
        struct server_test *other = s->tests[i];
        if (other && other->running && atomic_load(&other->s.shared) < n - 1)
            atomic_store(&other->s.shared, n - 1);
    }
    pthread_mutex_unlock(&s->lock);
}

static void test_ended(struct eperf_server *s, struct server_test *t)
{
    pthread_mutex_lock(&s->lock);
    t->over = true;
    pthread_mutex_unlock(&s->lock);
    server_ring(s);
}

/* ---- tests ---- */

static bool is_over(struct eperf_server *s, const struct server_test *t)
{
    pthread_mutex_lock(&s->lock);
    bool over = t->over;
    pthread_mutex_unlock(&s->lock);
    return over;
}

/* Out of its slot first, so that no other test's thread finds it; then joined. */
static void bury(struct eperf_server *s, int slot)
{
    struct server_test *t = s->tests[slot];
    pthread_mutex_lock(&s->lock);
    s->tests[slot] = NULL;
    pthread_mutex_unlock(&s->lock);
    server_test_free(t);
    s->served = true;
}

unsigned tests_reap(struct eperf_server *s)
{
    unsigned left = 0;
    for (int i = 0; i < TESTS_MAX; i++) {
        if (s->tests[i] && is_over(s, s->tests[i]))
            bury(s, i);
        left += s->tests[i] != NULL;
    }
    return left;
}

void tests_end(struct eperf_server *s)
{
    for (int i = 0; i < TESTS_MAX; i++)
        if (s->tests[i])
            server_test_cancel(s->tests[i]);
    for (int i = 0; i < TESTS_MAX; i++)
        if (s->tests[i])
            bury(s, i);
}

struct server_test *tests_by_cookie(struct eperf_server *s, const struct pending *p)
{
    for (int i = 0; i < TESTS_MAX; i++) {
        struct server_test *t = s->tests[i];
        if (t && memcmp(t->s.cookie, p->cookie, EPERF_COOKIE_LEN) == 0 && net_same_host(&t->s.peer, &p->peer))
            return t;
    }
    return NULL;
}

static void say_busy(int fd)
{
    int8_t no = MSG_ACCESS_DENIED;
    ssize_t n = send(fd, &no, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)n;
    close(fd);
}

void tests_new(struct eperf_server *s, int fd, const struct pending *p)
{
    unsigned held = 0, at_work = 0;
    int slot = -1;
    for (int i = 0; i < TESTS_MAX; i++) {
        held += s->tests[i] != NULL;
        at_work += s->tests[i] && !atomic_load(&s->tests[i]->served);
        if (!s->tests[i])
            slot = i;
    }
    if (at_work >= s->policy.max_tests || slot < 0 || (s->policy.one_off && held)) {
        say_busy(fd);
        return;
    }
    struct server_hooks hooks = {s, claim_udp, release_udp, test_running, test_ended};
    pthread_mutex_lock(&s->lock); /* the test is in its slot before its thread looks for it */
    s->tests[slot] = server_test_start(fd, p->cookie, &p->peer, ++s->next_number, &s->policy, &s->cb, &hooks);
    bool ok = s->tests[slot] != NULL;
    pthread_mutex_unlock(&s->lock);
    if (!ok) {
        server_notice(s, "cannot start a test: no threads, memory or descriptors");
        say_busy(fd);
    }
}
