/* Result files, and the trigger against sockets that answer, refuse, keep silent, or are not there. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "plugins/eperf/result_file.h"
#include "plugins/eperf/trigger.h"

static char dir[64];

static int make_dir(void **state)
{
    snprintf(dir, sizeof dir, "/tmp/test_eperf_result.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    return rmdir(dir);
}

static const struct config_test paris = {.name = "paris", .host = "10.1.2.3", .port = 5201, .connections = 3};

static const struct result_figures measured = {.present = true,
                                               .mean = 5e9,
                                               .min = 4e9,
                                               .max = 6e9,
                                               .has_retransmits = true,
                                               .retransmits = 3,
                                               .has_rtt = true,
                                               .rtt = 0.001,
                                               .shared = 2,
                                               .verdict = "limited by"};

static char *path_of(const char *file)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return path;
}

static json_t *load(void)
{
    json_t *doc = json_load_file(path_of("paris.json"), 0, NULL);
    assert_non_null(doc);
    return doc;
}

static void written_whole_and_readable(void **state)
{
    struct result_status s = {.state = RESULT_OK, .last_run = 1700000000, .duration = 10.5, .run_id = 7};
    s.upload = measured;
    mode_t mask = umask(077); /* the agent, another user, must be able to read it all the same */
    assert_true(result_file_write(dir, &paris, &s));
    umask(mask);
    struct stat st;
    assert_int_equal(stat(path_of("paris.json"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_not_equal(access(path_of(".paris.json"), F_OK), 0);
    json_t *doc = load();
    const char *test, *peer, *protocol, *state_text;
    int port, connections;
    json_t *error, *download;
    double mean, rtt;
    assert_int_equal(json_unpack(doc, "{s:s,s:s,s:i,s:s,s:i,s:s,s:o,s:o,s:{s:F,s:F}}", "test", &test, "peer",
                                 &peer, "port", &port, "protocol", &protocol, "connections", &connections,
                                 "state", &state_text, "last_error", &error, "download", &download, "upload",
                                 "mean", &mean, "rtt", &rtt),
                     0);
    assert_string_equal(test, "paris");
    assert_string_equal(peer, "10.1.2.3");
    assert_string_equal(protocol, "tcp");
    assert_string_equal(state_text, "ok");
    assert_true(port == 5201 && connections == 3 && json_is_null(error) && json_is_null(download));
    assert_true(mean == 5e9 && rtt == 0.001);
    json_decref(doc);

    struct result_status back;
    result_file_read(dir, &paris, &back);
    assert_int_equal(back.state, RESULT_OK);
    assert_true(back.last_run == 1700000000 && back.run_id == 7 && back.last_error[0] == '\0');
    unlink(path_of("paris.json"));
}

/* Nothing of the last result is lost by a restart: what was read and is written again is the same document.
 */
static void a_restart_keeps_the_figures(void **state)
{
    struct result_status s = {.state = RESULT_FAILED, .last_run = 5, .duration = 3.5, .run_id = 7}, back;
    snprintf(s.last_error, sizeof s.last_error, "download: lost");
    s.upload = measured;
    s.download = (struct result_figures){
        .present = true, .mean = 5e6, .min = 4e6, .max = 6e6, .has_udp = true, .jitter = 1e-5, .loss = 0.5};
    assert_true(result_file_write(dir, &paris, &s));
    result_file_read(dir, &paris, &back);
    json_t *before = result_json(&paris, &s), *after = result_json(&paris, &back);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);

    struct config_test moved = paris; /* figures of another peer are not this one's */
    snprintf(moved.host, sizeof moved.host, "10.9.9.9");
    result_file_read(dir, &moved, &back);
    assert_true(back.last_run == 5 && !back.upload.present && !back.download.present);
    unlink(path_of("paris.json"));
}

/* What is read of a result file with that in it. */
static struct result_status read_text(const char *text)
{
    FILE *f = fopen(path_of("paris.json"), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    struct result_status back = {.last_run = 9};
    result_file_read(dir, &paris, &back);
    return back;
}

static void senseless_figures_are_none(void **state)
{
    static const char *const texts[] = {"5",
                                        "[]",
                                        "{}",
                                        "{\"mean\":1,\"min\":1}",
                                        "{\"mean\":-1,\"min\":1,\"max\":1}",
                                        "{\"mean\":\"1\",\"min\":1,\"max\":1}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "{\"peer\":\"10.1.2.3\",\"protocol\":\"tcp\",\"state\":\"ok\",\"last_run\":5,\"run_id\":0,"
                 "\"last_error\":null,\"upload\":%s}",
                 texts[i]);
        struct result_status back = read_text(text);
        assert_int_equal(back.state, RESULT_OK);
        assert_false(back.upload.present);
    }
    unlink(path_of("paris.json"));
}

static void what_was_running_is_idle_after_a_restart(void **state)
{
    struct result_status s = {.state = RESULT_RUNNING, .last_run = 5}, back;
    snprintf(s.last_error, sizeof s.last_error, "download: connection refused");
    assert_true(result_file_write(dir, &paris, &s));
    result_file_read(dir, &paris, &back);
    assert_int_equal(back.state, RESULT_IDLE);
    assert_string_equal(back.last_error, "download: connection refused");
    unlink(path_of("paris.json"));
}

static void senseless_files_are_none(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"state\": 5}",
        "{\"state\": \"ok\"}",
        "null",
        "{\"state\":\"ok\",\"last_run\":\"x\",\"run_id\":0,\"last_error\":null}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct result_status back = read_text(texts[i]);
        assert_int_equal(back.state, RESULT_IDLE);
        assert_int_equal(back.last_run, 0);
    }
    unlink(path_of("paris.json"));
}

static void a_failed_write_leaves_the_old(void **state)
{
    struct result_status s = {.state = RESULT_OK};
    assert_true(result_file_write(dir, &paris, &s));
    assert_int_equal(mkdir(path_of(".paris.json"), 0755), 0); /* in the way */
    s.state = RESULT_FAILED;
    assert_false(result_file_write(dir, &paris, &s));
    assert_int_equal(errno, EISDIR);
    struct result_status back;
    result_file_read(dir, &paris, &back);
    assert_int_equal(back.state, RESULT_OK);
    rmdir(path_of(".paris.json"));
    assert_int_equal(symlink("/tmp/elsewhere", path_of(".paris.json")), 0); /* or a trap */
    assert_false(result_file_write(dir, &paris, &s));
    unlink(path_of(".paris.json"));
    unlink(path_of("paris.json"));
    assert_false(result_file_write("/nonexistent", &paris, &s));
    assert_int_equal(errno, ENOENT);
}

static void figures_of_a_direction(void **state)
{
    struct eperf_result r = {.params = {.protocol = EPERF_TCP}, .shared = 2};
    struct eperf_direction_result d = {.present = true, .rate_min = 90, .rate_max = 110};
    d.sender =
        (struct eperf_figures){.end = 5, .rate = 101, .has_tcp_info = true, .retransmits = 4, .rtt_us = 2500};
    d.receiver = (struct eperf_figures){.end = 5, .rate = 100};
    struct result_figures f = result_figures(&d, &r);
    assert_true(f.present && f.mean == 100 && f.min == 90 && f.max == 110 && f.shared == 2);
    assert_true(f.has_retransmits && f.retransmits == 4 && f.has_rtt && f.rtt > 0.00249 && f.rtt < 0.00251);
    assert_false(f.has_udp);
    d.receiver.end = 0; /* the peer told nothing */
    assert_true(result_figures(&d, &r).mean == 101);

    r.params.protocol = EPERF_UDP;
    d.receiver = (struct eperf_figures){.end = 5, .rate = 120, .packets = 200, .lost = 3, .jitter = 0.002};
    f = result_figures(&d, &r);
    assert_true(f.has_udp && f.loss == 1.5 && f.jitter == 0.002 && !f.has_retransmits && !f.has_rtt);
    assert_true(f.max == 120); /* never below the mean */
    d.receiver.lost = -1;      /* what came late twice: no negative loss */
    assert_true(result_figures(&d, &r).loss == 0);
    d.receiver.packets = 0;
    d.receiver.lost = 5;
    assert_true(result_figures(&d, &r).loss == 0);
    d.present = false;
    assert_false(result_figures(&d, &r).present);
}

/* ---- trigger ---- */

struct fake {
    int listener;
    const char *answer; /* NULL: silence until the client leaves */
    char got[512];
};

static void *fake_collectd(void *arg)
{
    struct fake *f = arg;
    int fd = accept(f->listener, NULL, NULL);
    size_t used = 0;
    ssize_t n;
    while ((n = recv(fd, f->got + used, sizeof f->got - 1 - used, 0)) > 0) {
        used += (size_t)n;
        if (!strchr(f->got, '\n'))
            continue;
        if (!f->answer)
            continue;
        assert_int_equal(send(fd, f->answer, strlen(f->answer), MSG_NOSIGNAL), strlen(f->answer));
        break;
    }
    close(fd);
    return NULL;
}

static enum trigger_outcome ask(struct fake *f, int timeout_ms, char *error, size_t size)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/s", dir);
    f->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(f->listener, 1), 0);
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, fake_collectd, f), 0);
    enum trigger_outcome outcome = eperf_trigger(a.sun_path, "paris", timeout_ms, error, size);
    pthread_join(t, NULL);
    close(f->listener);
    unlink(a.sun_path);
    return outcome;
}

static void trigger_says_what_collectd_says(void **state)
{
    char error[256];
    struct fake f = {.answer = "0 Success\n"};
    assert_int_equal(ask(&f, 5000, error, sizeof error), TRIGGER_TAKEN);
    assert_non_null(strstr(f.got, "PUTNOTIF "));
    assert_non_null(strstr(f.got, " plugin=eperf plugin_instance=paris type=run "));
    f = (struct fake){.answer = "-1 Unknown command: PUTNOTIF\n"};
    assert_int_equal(ask(&f, 5000, error, sizeof error), TRIGGER_FAILED);
    assert_non_null(strstr(error, "Unknown command"));
    f = (struct fake){.answer = "0 Succ"}; /* and closes */
    assert_int_equal(ask(&f, 5000, error, sizeof error), TRIGGER_FAILED);
    assert_non_null(strstr(error, "no answer"));
}

static void trigger_ends_in_time(void **state)
{
    char error[256];
    struct fake f = {.answer = NULL};
    time_t began = time(NULL);
    assert_int_equal(ask(&f, 300, error, sizeof error), TRIGGER_FAILED);
    assert_true(time(NULL) - began < 5);
    assert_non_null(strstr(error, "Connection timed out"));
    assert_int_equal(eperf_trigger(path_of("nobody"), "paris", 300, error, sizeof error), TRIGGER_UNREACHED);
    assert_non_null(strstr(error, "No such file"));
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(eperf_trigger(longer, "paris", 300, error, sizeof error), TRIGGER_UNREACHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_whole_and_readable),
        cmocka_unit_test(a_restart_keeps_the_figures),
        cmocka_unit_test(senseless_figures_are_none),
        cmocka_unit_test(what_was_running_is_idle_after_a_restart),
        cmocka_unit_test(senseless_files_are_none),
        cmocka_unit_test(a_failed_write_leaves_the_old),
        cmocka_unit_test(figures_of_a_direction),
        cmocka_unit_test(trigger_says_what_collectd_says),
        cmocka_unit_test(trigger_ends_in_time),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
