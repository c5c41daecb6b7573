#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugins/eperf/cmd.h"
#include "scm_config.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_BUSY = 3, EXIT_UNREACHED = 4, EXIT_TIMED_OUT = 5, EXIT_INTERRUPTED = 130 };

/* What a signal ends; the handler may only ring bells. */
static struct eperf_client *volatile running_client;
static struct eperf_server *volatile running_server;
static volatile sig_atomic_t interrupted;

/* Nobody gets what is printed: the disk is full, the reader has gone. (errno of the first time.) */
static int output_error;

static void on_signal(int signo)
{
    interrupted = 1;
    if (running_client)
        eperf_client_cancel(running_client);
    if (running_server)
        eperf_server_stop(running_server);
}

static void catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    a.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &a, NULL);
}

static int exit_of(enum eperf_outcome o)
{
    switch (o) {
    case EPERF_OK: return EXIT_SUCCESS;
    case EPERF_BUSY: return EXIT_BUSY;
    case EPERF_REFUSED: return EXIT_UNREACHED;
    case EPERF_TIMEOUT: return EXIT_TIMED_OUT;
    case EPERF_CANCELLED: return EXIT_INTERRUPTED;
    case EPERF_PROTOCOL:
    case EPERF_PEER_ENDED:
    case EPERF_LOCAL: return EXIT_FAILED;
    }
    return EXIT_FAILED;
}

/* ---- output ---- */

/* A closed standard descriptor would be the next socket's number, and the output would go to the peer. Opened the wrong way
 * round, it says that nothing can be read or written there. */
static void keep_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_FAILED);
}

/* What was printed is not printed until it is written. */
static bool printed(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (!output_error)
        output_error = errno ? errno : EIO;
    return false;
}

/* The status of what was done, if it could be told. */
static int told(int status)
{
    if (printed())
        return status;
    fprintf(stderr, "eperf: output: %s\n", strerror(output_error));
    return status == EXIT_SUCCESS || status == EXIT_INTERRUPTED ? EXIT_FAILED : status;
}

/* ---- output, one test ---- */

/* One test's view of the output; the client's, or one per callback of a server (with several tests at once). */
struct output {
    const struct options *o;
    struct eperf_params params;
    json_t *intervals; /* of the client's --json */
};

/* {"event": NAME, "data": …}, a line; takes data over. */
static void stream_event(const char *name, unsigned test, json_t *data)
{
    json_t *o = json_pack("{s:s, s:o}", "event", name, "data", data ? data : json_null());
    if (o && test)
        json_object_set_new(o, "test", json_integer(test));
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    if (text)
        puts(text);
    fflush(stdout);
    free(text);
    json_decref(o);
}

static void on_started(void *arg, unsigned test, const struct eperf_result *r)
{
    struct output *out = arg;
    char who[32] = "";
    if (!test) /* a server's callbacks come from many threads */
        out->params = r->params;
    else
        snprintf(who, sizeof who, "[test %u] ", test);
    if (out->o->json_stream)
        stream_event("start", test, eperf_json_start(r));
    else if (!out->o->json) {
        flockfile(stdout);
        text_started(r, who);
        funlockfile(stdout);
    }
}

static void on_interval(void *arg, unsigned test, const struct eperf_interval *i)
{
    struct output *out = arg;
    if (out->o->json_stream)
        stream_event("interval", test, eperf_json_interval(i, &out->params));
    else if (out->o->json)
        json_array_append_new(out->intervals, eperf_json_interval(i, &out->params));
    else
        text_interval(i, &out->params, "");
    if (!out->o->json && !printed()) /* a test that nobody watches need not load the network any longer */
        eperf_client_cancel(running_client);
}

static void on_finished(void *arg, unsigned test, const struct eperf_result *r)
{
    struct output *out = arg;
    char who[32];
    snprintf(who, sizeof who, "[test %u] ", test);
    if (out->o->json_stream) {
        stream_event("end", test, eperf_json_end(r));
        if (r->outcome != EPERF_OK)
            stream_event("error", test, json_string(r->error));
    } else if (out->o->json) {
        json_t *doc = eperf_json_document(r, NULL);
        flockfile(stdout);
        json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        putchar('\n');
        fflush(stdout);
        funlockfile(stdout);
        json_decref(doc);
    } else {
        flockfile(stdout);
        text_result(r, who);
        funlockfile(stdout);
    }
}

static void on_notice(void *arg, const char *text)
{
    fprintf(stderr, "eperf: %s\n", text);
}

/* ---- client ---- */

/* One test in one direction (or both at once); adds the document to *doc for --json. */
static int run_test(const struct options *o, enum eperf_direction direction, json_t **doc)
{
    struct output out = {.o = o, .params = o->params, .intervals = json_array()};
    struct eperf_callbacks cb = {.arg = &out, .started = on_started, .interval = on_interval};
    struct eperf_result r;
    char error[EPERF_ERROR_MAX];
    out.params.direction = direction;
    struct eperf_client *c = eperf_client_new(o->host, o->port, o->policy.family, o->bind, &out.params, &cb, error);
    if (!c) {
        fprintf(stderr, "eperf: %s\n", error);
        json_decref(out.intervals);
        return EXIT_USAGE;
    }
    running_client = c;
    if (interrupted)
        eperf_client_cancel(c);
    eperf_client_run(c, &r);
    running_client = NULL;
    if (o->json_stream) {
        stream_event("end", 0, eperf_json_end(&r));
        if (r.outcome != EPERF_OK)
            stream_event("error", 0, json_string(r.error));
    } else if (o->json) {
        *doc = eperf_json_document(&r, out.intervals);
    } else {
        text_result(&r, "");
    }
    if (r.outcome != EPERF_OK && !output_error)
        fprintf(stderr, "eperf: %s port %u: %s\n", o->host, o->port, r.error);
    int status = exit_of(r.outcome);
    eperf_result_free(&r);
    eperf_client_free(c);
    json_decref(out.intervals);
    return status;
}

static void print_json(json_t *doc)
{
    json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    putchar('\n');
}

static int run_client(const struct options *o)
{
    json_t *up = NULL, *down = NULL;
    int status;
    if (!o->upload || !o->download) {
        status = run_test(o, o->params.direction, &up);
        if (up)
            print_json(up);
    } else { /* in turn; an iperf3 server needs a moment between two tests, in which it does not listen */
        status = run_test(o, EPERF_UPLOAD, &up);
        if (status == EXIT_SUCCESS) {
            nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
            status = run_test(o, EPERF_DOWNLOAD, &down);
        }
        if (o->json) {
            json_t *doc = json_pack("{s:O*, s:O*}", "upload", up, "download", down);
            print_json(doc);
            json_decref(doc);
        }
    }
    json_decref(up);
    json_decref(down);
    return status;
}

/* ---- server ---- */

static int run_server(const struct options *o)
{
    struct output out = {.o = o};
    struct eperf_callbacks cb = {
        .arg = &out, .started = on_started, .finished = on_finished, .notice = on_notice};
    char error[EPERF_ERROR_MAX] = "";
    struct eperf_server *s = eperf_server_new(o->bind, o->port, &o->policy, &cb, error);
    if (!s) {
        fprintf(stderr, "eperf: %s\n", error);
        return EXIT_FAILED;
    }
    if (!o->json && !o->json_stream) {
        printf("eperf: serving on port %u\n", eperf_server_port(s));
        fflush(stdout);
    }
    running_server = s;
    if (interrupted)
        eperf_server_stop(s);
    int status = eperf_server_run(s, error);
    running_server = NULL;
    if (status)
        fprintf(stderr, "eperf: %s\n", error);
    eperf_server_free(s);
    return status ? EXIT_FAILED : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options o;
    keep_standard_descriptors();
    if (!options_parse(&o, argc, argv))
        return EXIT_USAGE;
    if (o.help) {
        options_usage(stdout);
        return told(EXIT_SUCCESS);
    }
    if (o.version) {
        puts("eperf " PACKAGE_VERSION " (speaks iperf3's protocol)");
        return told(EXIT_SUCCESS);
    }
    if (o.trigger)
        return trigger_run(o.socket, o.trigger);
    catch_signals();
    return told(o.server ? run_server(&o) : run_client(&o));
}
