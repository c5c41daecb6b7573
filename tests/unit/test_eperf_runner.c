/* The runner with real tests against a server in this process, or peers that misbehave. Worth running under
 * TSan. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plugins/eperf/runner.h"
#include "plugins/eperf/serve.h"

/* ---- what the runner reported ---- */

struct seen {
    char test[CONFIG_NAME_MAX + 1];
    enum runner_up up;
    bool recovered;
    char error[256];
    struct result_figures upload, download;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static struct seen seen[32];
static size_t n_seen;
static unsigned n_logged;
static char last_log[256];

static void on_report(const struct runner_report *r)
{
    pthread_mutex_lock(&lock);
    if (n_seen < sizeof seen / sizeof seen[0]) {
        struct seen *s = &seen[n_seen++];
        *s = (struct seen){
            .up = r->up, .recovered = r->recovered, .upload = *r->upload, .download = *r->download};
        snprintf(s->test, sizeof s->test, "%s", r->test->name);
        snprintf(s->error, sizeof s->error, "%s", r->error);
    }
    pthread_cond_signal(&news);
    pthread_mutex_unlock(&lock);
}

static void on_log(enum runner_level level, const char *text)
{
    pthread_mutex_lock(&lock);
    n_logged++;
    snprintf(last_log, sizeof last_log, "%s", text);
    pthread_mutex_unlock(&lock);
    print_message("# log %d: %s\n", (int)level, text);
}

static const struct runner_callbacks callbacks = {.report = on_report, .log = on_log};

/* The i-th report, once it is there; fails after 20 s. */
static struct seen wait_report(size_t i)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&lock);
    while (n_seen <= i)
        if (pthread_cond_timedwait(&news, &lock, &until) != 0)
            break;
    bool there = n_seen > i;
    struct seen s = there ? seen[i] : (struct seen){0};
    pthread_mutex_unlock(&lock);
    if (!there)
        fail_msg("no report %zu", i);
    return s;
}

static size_t reports(void)
{
    pthread_mutex_lock(&lock);
    size_t n = n_seen;
    pthread_mutex_unlock(&lock);
    return n;
}

static int forget(void **state)
{
    n_seen = 0;
    n_logged = 0;
    return 0;
}

/* ---- peers ---- */

/* A listener on a free port; also how a free port is found. */
static int listen_somewhere(uint64_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static uint64_t free_port(void)
{
    uint64_t port;
    close(listen_somewhere(&port));
    return port;
}

static struct serve *start_server(struct config_server *c)
{
    *c = (struct config_server){
        .listen = "127.0.0.1", .max_tests = 8, .max_duration = 60, .max_connections = 128};
    c->port = free_port();
    struct serve *s = serve_start(c, on_log);
    assert_non_null(s);
    for (int i = 0; i < 200; i++) { /* until it listens */
        struct sockaddr_in a = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons((uint16_t)c->port)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
        close(fd);
        if (ok)
            return s;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    fail_msg("the server does not listen");
    return NULL;
}

static struct config_test test_of(const char *name, uint64_t port, double every)
{
    struct config_test t = {.host = "127.0.0.1",
                            .port = port,
                            .connections = 2,
                            .duration = 1,
                            .sample_interval = 0.5,
                            .upload = true,
                            .every = every};
    snprintf(t.name, sizeof t.name, "%s", name);
    return t;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- tests ---- */

static void both_directions_are_reported(void **state)
{
    struct config_server sc;
    struct serve *server = start_server(&sc);
    struct config_test t = test_of("paris", sc.port, 3600);
    t.download = true;
    struct config c = {.n_tests = 1, .tests = &t};
    struct runner *r = runner_start(&c, &callbacks);
    assert_non_null(r);
    struct seen s = wait_report(0);
    assert_string_equal(s.error, "");
    assert_int_equal(s.up, RUNNER_UP);
    assert_string_equal(s.test, "paris");
    assert_true(s.upload.present && s.upload.mean > 0 && s.upload.min <= s.upload.mean && s.upload.has_rtt);
    assert_true(s.download.present && s.download.mean > 0 && s.download.mean <= s.download.max);
    assert_false(s.recovered);
    assert_false(runner_trigger(r, "rome", 1));
    assert_true(runner_trigger(r, "paris", 7));
    assert_true(runner_trigger(r, "paris", 8)); /* it runs or is about to: one run for both */
    assert_int_equal(wait_report(1).up, RUNNER_UP);
    runner_stop(r);
    assert_int_equal(reports(), 2);
    serve_stop(server);
}

static void down_with_a_reason_then_recovered(void **state)
{
    struct config_server sc;
    struct config_test t = test_of("paris", free_port(), 3600);
    struct config c = {.n_tests = 1, .tests = &t};
    struct runner *r = runner_start(&c, &callbacks);
    struct seen s = wait_report(0);
    assert_int_equal(s.up, RUNNER_DOWN);
    assert_non_null(strstr(s.error, "upload: "));
    assert_false(s.upload.present);
    runner_stop(r);
    struct serve *server = start_server(&sc);
    t.port = sc.port;
    t.every = 2;
    r = runner_start(&c, &callbacks); /* another life: what was before is not known without a ResultDir */
    assert_false(wait_report(1).recovered);
    serve_stop(server);
    size_t i = 2;
    while (wait_report(i).up != RUNNER_DOWN)
        i++;
    sc.max_tests = 1;
    server = serve_start(&sc, on_log);
    while (wait_report(i).up != RUNNER_UP)
        i++;
    assert_true(wait_report(i).recovered);
    runner_stop(r);
    serve_stop(server);
}

static void *always_busy(void *arg)
{
    int listener = *(int *)arg, fd;
    char cookie[37];
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (recv(fd, cookie, sizeof cookie, MSG_WAITALL) > 0)
            send(fd, "\xff", 1, MSG_NOSIGNAL);
        close(fd);
    }
    return NULL;
}

static void busy_to_the_last_try(void **state)
{
    uint64_t port;
    int listener = listen_somewhere(&port);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, always_busy, &listener), 0);
    struct config_test t = test_of("paris", port, 6);
    t.retries = 2;
    struct config c = {.n_tests = 1, .tests = &t};
    struct runner *r = runner_start(&c, &callbacks);
    struct seen s = wait_report(0);
    assert_int_equal(s.up, RUNNER_DOWN);
    assert_non_null(strstr(s.error, "busy"));
    assert_int_equal(n_logged, 2); /* two waits */
    runner_stop(r);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
}

/* The peer takes the connection and says nothing: the middle of a run, however it is stopped. */
static void stop_in_the_middle(void **state)
{
    uint64_t port;
    int listener = listen_somewhere(&port);
    struct config_test tests[2] = {test_of("paris", port, 3600), test_of("rome", port, 3600)};
    struct config c = {.n_tests = 2, .tests = tests, .allow_overlap = true};
    struct runner *r = runner_start(&c, &callbacks);
    int peers[2];
    for (int i = 0; i < 2; i++)
        assert_true((peers[i] = accept(listener, NULL, NULL)) >= 0); /* both are in the middle of something */
    double began = seconds();
    runner_stop(r);
    assert_true(seconds() - began < 2);
    assert_int_equal(reports(), 0); /* cut short is no result */
    for (int i = 0; i < 2; i++)
        close(peers[i]);
    close(listener);
}

/* Polls the result file until it has this number; fails after 20 s. */
static void wait_run_id(const char *dir, const struct config_test *t, enum result_state state,
                        uint64_t run_id)
{
    struct result_status s;
    double until = seconds() + 20;
    do {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        result_file_read(dir, t, &s);
    } while ((s.state != state || s.run_id != run_id) && seconds() < until);
    assert_int_equal(s.state, state);
    assert_int_equal(s.run_id, run_id);
}

/* Whoever named a run finds its number, when others that name none come after, before it has its turn or
 * while it is under way. */
static void a_number_is_not_lost(void **state)
{
    char dir[] = "/tmp/test_eperf_runner.XXXXXX", path[80];
    assert_non_null(mkdtemp(dir));
    struct config_server sc;
    struct serve *server = start_server(&sc);
    uint64_t port;
    int listener = listen_somewhere(&port), peer; /* holds the first test until told otherwise */
    struct config_test tests[2] = {test_of("slow", port, 3600), test_of("paris", sc.port, 3600)};
    struct config c = {.n_tests = 2, .tests = tests};
    snprintf(c.result_dir, sizeof c.result_dir, "%s", dir);
    struct runner *r = runner_start(&c, &callbacks);
    assert_true((peer = accept(listener, NULL, NULL)) >= 0);
    assert_true(runner_trigger(r, "paris", 7));
    assert_true(runner_trigger(r, "paris", 0));
    close(peer);
    assert_string_equal(wait_report(0).test, "slow");
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL); /* paris is at work */
    assert_true(runner_trigger(r, "paris", 0));
    wait_run_id(dir, &tests[1], RESULT_OK, 7);
    assert_true(runner_trigger(r, "paris", 0)); /* by nobody who would look for it */
    assert_int_equal(wait_report(2).up, RUNNER_UP);
    wait_run_id(dir, &tests[1], RESULT_OK, 7);
    runner_stop(r);
    assert_int_equal(reports(), 3);
    serve_stop(server);
    close(listener);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.json", dir, tests[i].name);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

/* A resolver that never answers for "never.example": what a dead name server is for half a minute. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    while (strcmp(host, "never.example") == 0 && !(hints->ai_flags & AI_NUMERICHOST))
        pause();
    return real(host, service, hints, list);
}

/* Stops a runner whose only test hangs in something. */
static void stopped_in_the_middle_of(struct config_test *t)
{
    struct config c = {.n_tests = 1, .tests = t};
    struct runner *r = runner_start(&c, &callbacks);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    double began = seconds();
    runner_stop(r);
    assert_true(seconds() - began < 2);
    assert_int_equal(reports(), 0);
}

static void stop_while_it_resolves(void **state)
{
    struct config_test t = test_of("paris", free_port(), 3600);
    snprintf(t.host, sizeof t.host, "never.example");
    stopped_in_the_middle_of(&t);
}

/* Nobody takes connections and the queue for them is full: what a firewall that drops is. */
static void stop_while_it_connects(void **state)
{
    uint64_t port;
    int listener = listen_somewhere(&port), fill[3];
    assert_int_equal(listen(listener, 0), 0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                            .sin_port = htons((uint16_t)port)};
    for (size_t i = 0; i < 3; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(fill[i], (struct sockaddr *)&a, sizeof a);
    }
    struct config_test t = test_of("paris", port, 3600);
    stopped_in_the_middle_of(&t);
    for (size_t i = 0; i < 3; i++)
        close(fill[i]);
    close(listener);
}

static void stop_at_once(void **state)
{
    for (int i = 0; i < 20; i++) {
        struct config_test t = test_of("paris", free_port(), 3600);
        t.splay = i % 2 ? 100 : 0;
        struct config c = {.n_tests = 1, .tests = &t};
        struct runner *r = runner_start(&c, &callbacks);
        runner_trigger(r, "paris", 1);
        runner_stop(r);
    }
}

static void no_turn_is_a_failure_with_that_reason(void **state)
{
    uint64_t port;
    int listener = listen_somewhere(&port); /* holds the first test for several seconds */
    struct config_test tests[2] = {test_of("slow", port, 3600), test_of("starved", port, 1)};
    tests[0].duration = 10;
    struct config c = {.n_tests = 2, .tests = tests};
    struct runner *r = runner_start(&c, &callbacks);
    for (size_t i = 0; i < 2; i++) {
        struct seen s = wait_report(i);
        assert_string_equal(s.test, "starved");
        assert_int_equal(s.up, RUNNER_DOWN);
        assert_non_null(strstr(s.error, "no turn"));
    }
    runner_stop(r);
    close(listener);
}

static void blackout_is_unknown(void **state)
{
    struct config_test t = test_of("paris", free_port(), 3600);
    t.n_blackouts = 2;
    assert_true(sched_parse_blackout("00:00-12:00", &t.blackouts[0]));
    assert_true(sched_parse_blackout("12:00-00:00", &t.blackouts[1]));
    struct config c = {.n_tests = 1, .tests = &t};
    struct runner *r = runner_start(&c, &callbacks);
    assert_int_equal(wait_report(0).up, RUNNER_UNKNOWN);
    runner_stop(r);
}

/* A test that ends as it begins; returns once the server has let go of it. */
static void senseless_test(uint64_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    static int number;
    char cookie[37], byte;
    snprintf(cookie, sizeof cookie, "%036d", ++number);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(send(fd, cookie, sizeof cookie, MSG_NOSIGNAL), (int)sizeof cookie);
    assert_int_equal(recv(fd, &byte, 1, 0), 1);
    send(fd, "\0\0\0\2[]", 6, MSG_NOSIGNAL);
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    close(fd);
}

static void the_log_cannot_be_filled(void **state)
{
    struct config_server sc;
    struct serve *server = start_server(&sc);
    for (int i = 0; i < 300; i++)
        senseless_test(sc.port);
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    senseless_test(sc.port);
    serve_stop(server);
    assert_in_range(n_logged, 21, 60); /* 20, and one a second */
    if (!strstr(last_log, " more)"))
        fail_msg("not told of how many it was silent: %s", last_log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(both_directions_are_reported, forget),
        cmocka_unit_test_setup(down_with_a_reason_then_recovered, forget),
        cmocka_unit_test_setup(busy_to_the_last_try, forget),
        cmocka_unit_test_setup(stop_in_the_middle, forget),
        cmocka_unit_test_setup(stop_while_it_resolves, forget),
        cmocka_unit_test_setup(stop_while_it_connects, forget),
        cmocka_unit_test_setup(stop_at_once, forget),
        cmocka_unit_test_setup(a_number_is_not_lost, forget),
        cmocka_unit_test_setup(no_turn_is_a_failure_with_that_reason, forget),
        cmocka_unit_test_setup(blackout_is_unknown, forget),
        cmocka_unit_test_setup(the_log_cannot_be_filled, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
