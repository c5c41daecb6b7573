/* Client and server of the engine against each other in one process, over loopback; also built with TSan (16 streams). */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plugins/eperf/eperf.h"

/* Ends itself should the engine hang: the test fails then, instead of waiting for the harness. */
enum { WATCHDOG_S = 120 };

struct fixture {
    struct eperf_server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    unsigned finished;
    struct eperf_result last; /* without streams */
};

static void on_finished(void *arg, unsigned test, const struct eperf_result *r)
{
    struct fixture *f = arg;
    pthread_mutex_lock(&f->lock);
    f->finished++;
    f->last = *r;
    f->last.streams = NULL;
    pthread_mutex_unlock(&f->lock);
}

static void *serve(void *arg)
{
    struct fixture *f = arg;
    char error[EPERF_ERROR_MAX];
    assert_int_equal(eperf_server_run(f->server, error), 0);
    return NULL;
}

static void start(struct fixture *f, const struct eperf_policy *policy)
{
    struct eperf_callbacks cb = {.arg = f, .finished = on_finished};
    char error[EPERF_ERROR_MAX] = "";
    *f = (struct fixture){0};
    pthread_mutex_init(&f->lock, NULL);
    f->server = eperf_server_new("127.0.0.1", 0, policy, &cb, error);
    assert_string_equal(error, "");
    assert_non_null(f->server);
    pthread_create(&f->thread, NULL, serve, f);
}

static void stop(struct fixture *f)
{
    eperf_server_stop(f->server);
    pthread_join(f->thread, NULL);
    eperf_server_free(f->server);
    pthread_mutex_destroy(&f->lock);
}

static struct eperf_params quick(enum eperf_protocol protocol, enum eperf_direction direction, unsigned streams)
{
    struct eperf_params p;
    eperf_params_default(&p);
    p.protocol = protocol;
    p.direction = direction;
    p.streams = streams;
    p.duration = 1;
    p.interval = 0.25;
    return p;
}

static enum eperf_outcome run(const struct fixture *f, const struct eperf_params *p, const struct eperf_callbacks *cb,
                              struct eperf_result *r)
{
    char error[EPERF_ERROR_MAX];
    struct eperf_client *c =
        eperf_client_new("127.0.0.1", eperf_server_port(f->server), AF_UNSPEC, NULL, p, cb, error);
    assert_non_null(c);
    enum eperf_outcome o = eperf_client_run(c, r);
    eperf_client_free(c);
    return o;
}

static void wait_finished(struct fixture *f, unsigned n)
{
    for (int i = 0; i < 600; i++) {
        pthread_mutex_lock(&f->lock);
        bool done = f->finished >= n;
        pthread_mutex_unlock(&f->lock);
        if (done)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fail_msg("the server's side did not end");
}

static int entries(const char *dir)
{
    DIR *d = opendir(dir);
    int n = 0;
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* The sums of the intervals, to be held against the total. */
struct sums {
    uint64_t up, down;
    unsigned n;
};

static void on_interval(void *arg, unsigned test, const struct eperf_interval *i)
{
    struct sums *s = arg;
    uint64_t streams = 0;
    if (i->omitted)
        return;
    s->n++;
    s->up += i->upload.bytes;
    s->down += i->download.bytes;
    for (unsigned k = 0; k < i->nstreams; k++)
        streams += i->streams[k].f.bytes;
    assert_int_equal(streams, i->upload.bytes + i->download.bytes);
}

static void tcp_both_ends_agree(void **state)
{
    struct eperf_policy policy;
    static struct fixture f; /* a failed assertion leaves its server running */
    eperf_policy_default(&policy);
    start(&f, &policy);
    for (int d = EPERF_UPLOAD; d <= EPERF_BOTH; d++) {
        struct eperf_params p = quick(EPERF_TCP, d, d == EPERF_BOTH ? 8 : 16);
        struct sums sums = {0};
        struct eperf_callbacks cb = {.arg = &sums, .interval = on_interval};
        struct eperf_result r;
        run(&f, &p, &cb, &r);
        assert_string_equal(r.error, "");
        assert_int_equal(r.nstreams, 16);
        assert_int_equal(r.upload.present, d != EPERF_DOWNLOAD);
        assert_int_equal(r.download.present, d != EPERF_UPLOAD);
        assert_int_equal(sums.up, r.upload.present ? r.upload.sender.bytes : 0);
        assert_int_equal(sums.down, r.download.present ? r.download.receiver.bytes : 0);
        assert_true(sums.n >= 1 && sums.n <= 6); /* four on a machine that has the time */
        if (r.upload.present) {
            assert_true(r.upload.sender.bytes > 1000000);
            assert_int_equal(r.upload.sender.bytes, r.upload.receiver.bytes); /* acknowledged is received */
            assert_true(r.upload.rate_min <= r.upload.sender.rate * 1.01 && r.upload.rate_max >= r.upload.sender.rate * 0.99);
        }
        if (r.download.present)
            assert_int_equal(r.download.sender.bytes, r.download.receiver.bytes);
        eperf_result_free(&r);
    }
    wait_finished(&f, 3);
    stop(&f);
}

static void udp_loses_nothing_at_a_low_rate(void **state)
{
    struct eperf_policy policy;
    static struct fixture f; /* a failed assertion leaves its server running */
    eperf_policy_default(&policy);
    start(&f, &policy);
    for (int d = EPERF_UPLOAD; d <= EPERF_BOTH; d++) {
        struct eperf_params p = quick(EPERF_UDP, d, 2);
        struct eperf_result r;
        p.rate = 2000000;
        p.block_len = 1000;
        p.counters_64bit = d == EPERF_UPLOAD;
        run(&f, &p, NULL, &r);
        assert_string_equal(r.error, "");
        const struct eperf_direction_result *one = r.upload.present ? &r.upload : &r.download;
        assert_true(one->sender.packets > 100 && one->sender.packets < 700);
        assert_int_equal(one->receiver.lost, 0);
        assert_int_equal(one->receiver.packets, one->sender.packets);
        assert_int_equal(one->receiver.bytes, one->sender.bytes);
        eperf_result_free(&r);
    }
    stop(&f);
}

static void by_bytes_and_with_warm_up(void **state)
{
    struct eperf_policy policy;
    static struct fixture f; /* a failed assertion leaves its server running */
    struct eperf_result r;
    eperf_policy_default(&policy);
    start(&f, &policy);
    struct eperf_params p = quick(EPERF_TCP, EPERF_UPLOAD, 2);
    p.bytes = 10 << 20;
    run(&f, &p, NULL, &r);
    assert_string_equal(r.error, "");
    assert_true(r.upload.sender.bytes >= p.bytes && r.upload.sender.bytes < p.bytes + (2 << 20));
    eperf_result_free(&r);
    p = quick(EPERF_TCP, EPERF_DOWNLOAD, 1);
    p.omit = 1;
    run(&f, &p, NULL, &r);
    assert_string_equal(r.error, "");
    assert_true(r.elapsed > 0.9 && r.elapsed < 3);
    eperf_result_free(&r);
    stop(&f);
}

static void *cancel_soon(void *c)
{
    nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
    eperf_client_cancel(c);
    return NULL;
}

static void cancelled_in_the_middle(void **state)
{
    struct eperf_policy policy;
    static struct fixture f; /* a failed assertion leaves its server running */
    struct eperf_result r;
    struct timespec a, b;
    pthread_t t;
    char error[EPERF_ERROR_MAX];
    eperf_policy_default(&policy);
    start(&f, &policy);
    struct eperf_params p = quick(EPERF_TCP, EPERF_BOTH, 4);
    p.duration = 30;
    struct eperf_client *c = eperf_client_new("127.0.0.1", eperf_server_port(f.server), AF_INET, NULL, &p, NULL, error);
    pthread_create(&t, NULL, cancel_soon, c);
    clock_gettime(CLOCK_MONOTONIC, &a);
    assert_int_equal(eperf_client_run(c, &r), EPERF_CANCELLED);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_true(b.tv_sec - a.tv_sec < 3);
    assert_true(r.upload.sender.bytes > 0); /* the figures so far */
    pthread_join(t, NULL);
    eperf_result_free(&r);
    eperf_client_free(c);
    wait_finished(&f, 1);
    pthread_mutex_lock(&f.lock);
    assert_int_equal(f.last.outcome, EPERF_PEER_ENDED);
    pthread_mutex_unlock(&f.lock);
    stop(&f);
}

static void *stop_soon(void *s)
{
    nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
    eperf_server_stop(s);
    return NULL;
}

static void server_stopped_in_the_middle(void **state)
{
    struct eperf_policy policy;
    static struct fixture f; /* a failed assertion leaves its server running */
    struct eperf_result r;
    pthread_t t;
    eperf_policy_default(&policy);
    start(&f, &policy);
    struct eperf_params p = quick(EPERF_TCP, EPERF_UPLOAD, 4);
    p.duration = 30;
    pthread_create(&t, NULL, stop_soon, f.server);
    assert_int_equal(run(&f, &p, NULL, &r), EPERF_PEER_ENDED);
    pthread_join(t, NULL);
    eperf_result_free(&r);
    stop(&f);
}

static void *client_thread(void *arg)
{
    struct fixture *f = arg;
    struct eperf_params p = quick(EPERF_TCP, EPERF_UPLOAD, 1);
    struct eperf_result *r = calloc(1, sizeof *r);
    p.duration = 2;
    run(f, &p, NULL, r);
    return r;
}

static void busy_and_shared(void **state)
{
    struct eperf_policy policy;
    static struct fixture f; /* a failed assertion leaves its server running */
    pthread_t t[3];
    unsigned ok = 0, busy = 0, shared = 0;
    eperf_policy_default(&policy);
    policy.max_tests = 2;
    start(&f, &policy);
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, client_thread, &f);
    for (int i = 0; i < 3; i++) {
        void *ret;
        pthread_join(t[i], &ret);
        struct eperf_result *r = ret;
        ok += r->outcome == EPERF_OK;
        busy += r->outcome == EPERF_BUSY;
        shared += r->shared == 1;
        eperf_result_free(r);
        free(r);
    }
    assert_int_equal(ok, 2);
    assert_int_equal(busy, 1);
    assert_int_equal(shared, 2);
    stop(&f);
}

static void policies(void **state)
{
    static const char *const elsewhere[] = {"192.0.2.0/24"};
    struct eperf_policy policy;
    static struct fixture f; /* a failed assertion leaves its server running */
    struct eperf_result r;
    eperf_policy_default(&policy);
    policy.max_duration = 1;
    policy.max_connections = 2;
    policy.max_rate = 200000000;
    policy.max_block_len = 1 << 17;
    start(&f, &policy);
    struct eperf_params p = quick(EPERF_TCP, EPERF_UPLOAD, 1);
    p.duration = 2;
    assert_int_equal(run(&f, &p, NULL, &r), EPERF_PEER_ENDED);
    eperf_result_free(&r);
    p = quick(EPERF_TCP, EPERF_UPLOAD, 3);
    assert_int_equal(run(&f, &p, NULL, &r), EPERF_PEER_ENDED);
    eperf_result_free(&r);
    p = quick(EPERF_TCP, EPERF_UPLOAD, 1);
    p.block_len = 1 << 18;
    assert_int_equal(run(&f, &p, NULL, &r), EPERF_PEER_ENDED);
    eperf_result_free(&r);
    p = quick(EPERF_UDP, EPERF_UPLOAD, 1); /* unlimited UDP */
    assert_int_equal(run(&f, &p, NULL, &r), EPERF_PEER_ENDED);
    eperf_result_free(&r);
    for (int d = EPERF_UPLOAD; d <= EPERF_DOWNLOAD; d++) { /* TCP is throttled, or paced */
        p = quick(EPERF_TCP, d, 2);
        assert_int_equal(run(&f, &p, NULL, &r), EPERF_OK);
        double rate = d == EPERF_UPLOAD ? r.upload.receiver.rate : r.download.receiver.rate;
        print_message("MaxRate 200 Mbit/s: %.1f Mbit/s\n", rate * 1e-6);
        assert_true(rate > 20e6 && rate < 320e6); /* a second, and what the sockets hold at its end */
        eperf_result_free(&r);
    }
    stop(&f);
    eperf_policy_default(&policy);
    policy.allow = elsewhere;
    policy.allow_count = 1;
    start(&f, &policy);
    p = quick(EPERF_TCP, EPERF_UPLOAD, 1);
    assert_int_equal(run(&f, &p, NULL, &r), EPERF_PEER_ENDED);
    eperf_result_free(&r);
    stop(&f);
}

static void nobody_there(void **state)
{
    struct eperf_params p = quick(EPERF_TCP, EPERF_UPLOAD, 1);
    struct eperf_result r;
    char error[EPERF_ERROR_MAX];
    struct eperf_client *c = eperf_client_new("127.0.0.1", 1, AF_UNSPEC, NULL, &p, NULL, error);
    assert_int_equal(eperf_client_run(c, &r), EPERF_REFUSED);
    assert_non_null(strstr(r.error, "connect"));
    eperf_result_free(&r);
    eperf_client_free(c);
    c = eperf_client_new("no.such.host.invalid", 1, AF_UNSPEC, NULL, &p, NULL, error);
    enum eperf_outcome o = eperf_client_run(c, &r);
    assert_true(o == EPERF_REFUSED || o == EPERF_TIMEOUT);
    eperf_result_free(&r);
    eperf_client_free(c);
}

/* Threads of the engine end with its calls; the kernel lists them a moment longer. */
static void nothing_left(void **state)
{
    int fds = entries("/proc/self/fd"), threads = 0;
    for (int k = 0; k < 2; k++) { /* the first round may open what libc keeps */
        struct eperf_policy policy;
        static struct fixture f;
        struct eperf_result r;
        eperf_policy_default(&policy);
        start(&f, &policy);
        struct eperf_params p = quick(EPERF_TCP, EPERF_BOTH, 4);
        p.bytes = 1 << 20;
        run(&f, &p, NULL, &r);
        eperf_result_free(&r);
        stop(&f);
    }
    assert_int_equal(entries("/proc/self/fd"), fds);
    for (int i = 0; i < 100 && (threads = entries("/proc/self/task")) > 3; i++)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
#if !defined(__SANITIZE_THREAD__)
    assert_int_equal(threads, 3); /* ".", "..", this one */
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_both_ends_agree),
        cmocka_unit_test(udp_loses_nothing_at_a_low_rate),
        cmocka_unit_test(by_bytes_and_with_warm_up),
        cmocka_unit_test(cancelled_in_the_middle),
        cmocka_unit_test(server_stopped_in_the_middle),
        cmocka_unit_test(busy_and_shared),
        cmocka_unit_test(policies),
        cmocka_unit_test(nothing_left),
        cmocka_unit_test(nobody_there), /* may leave a resolver thread that waits for DNS: last */
    };
    alarm(WATCHDOG_S);
    return cmocka_run_group_tests_name("eperf sessions", tests, NULL, NULL);
}
