#include "tests/unit/unit.h"

#include <stdio.h>

#include "plugins/eperf/session.h"

static void make(struct session *s, enum role role, enum eperf_protocol protocol, enum eperf_direction d, unsigned n)
{
    assert_true(session_init(s, role, NULL));
    s->params = (struct eperf_params){.protocol = protocol, .direction = d, .streams = n, .block_len = 1000};
    assert_true(streams_make(s));
    s->joined = s->nstreams;
}

/* What each connection has sent, here the warm-up included. */
static void has_sent(struct session *s, uint64_t bytes, uint64_t packets)
{
    for (unsigned i = 0; i < s->joined; i++) {
        atomic_store(&s->streams[i].bytes, bytes);
        s->streams[i].last = (struct tally){.bytes = bytes, .packets = packets};
    }
}

static bool read_results(struct session *s, const char *text, char error[EPERF_ERROR_MAX])
{
    json_t *o = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(o);
    bool ok = results_from_json(s, o, error);
    json_decref(o);
    return ok;
}

static void ids_are_iperf3s(void **state)
{
    struct session s;
    make(&s, ROLE_CLIENT, EPERF_TCP, EPERF_BOTH, 2);
    static const int ids[] = {1, 3, 4, 5};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(s.streams[i].id, ids[i]);
        assert_int_equal(s.streams[i].sender, i < 2);
    }
    session_clear(&s);
}

/* What apt's iperf3 3.12 as server sent (strace of `iperf3 -c 127.0.0.1 -t 2 -P 2`). */
static const char TCP_312[] =
    "{\"cpu_util_total\":12.382545868620882,\"cpu_util_user\":1.3432160906738166,\"cpu_util_system\":11.0392300662634,"
    "\"sender_has_retransmits\":18446744073709551615,\"congestion_used\":\"bbr\",\"streams\":[{\"id\":1,"
    "\"bytes\":722206720,\"retransmits\":18446744073709551615,\"jitter\":0,\"errors\":0,\"packets\":0,\"start_time\":0,"
    "\"end_time\":2.005767},{\"id\":3,\"bytes\":718274560,\"retransmits\":18446744073709551615,\"jitter\":0,\"errors\":0,"
    "\"packets\":0,\"start_time\":0,\"end_time\":2.005772}]}";
/* … and of a UDP test. */
static const char UDP_312[] =
    "{\"cpu_util_total\":0.9,\"cpu_util_user\":0,\"cpu_util_system\":0.9,\"sender_has_retransmits\":18446744073709551615,"
    "\"streams\":[{\"id\":1,\"bytes\":125000,\"retransmits\":18446744073709551615,\"jitter\":3.9984463971296952e-05,"
    "\"errors\":5,\"packets\":125,\"start_time\":0,\"end_time\":1.000367}]}";

static void reads_iperf3(void **state)
{
    struct session s;
    char error[EPERF_ERROR_MAX] = "";
    make(&s, ROLE_CLIENT, EPERF_TCP, EPERF_UPLOAD, 2);
    has_sent(&s, 722206720, 0);
    assert_true(read_results(&s, TCP_312, error));
    assert_int_equal(s.streams[0].result.theirs.bytes, 722206720);
    assert_int_equal(s.streams[1].result.theirs.bytes, 718274560);
    assert_false(s.streams[0].result.theirs.has_tcp_info);
    results_sum(&s);
    assert_int_equal(s.result.upload.receiver.bytes, 722206720 + 718274560);
    assert_string_equal(s.result.upload.receiver_congestion, "bbr");
    session_clear(&s);
    make(&s, ROLE_CLIENT, EPERF_UDP, EPERF_UPLOAD, 1);
    has_sent(&s, 130000, 130);
    assert_true(read_results(&s, UDP_312, error));
    assert_int_equal(s.streams[0].result.theirs.lost, 5);
    assert_int_equal(s.streams[0].result.theirs.packets, 125);
    session_clear(&s);
}

static void round_trip(void **state)
{
    struct session a, b;
    char error[EPERF_ERROR_MAX] = "";
    make(&a, ROLE_SERVER, EPERF_TCP, EPERF_DOWNLOAD, 3);
    make(&b, ROLE_CLIENT, EPERF_TCP, EPERF_DOWNLOAD, 3);
    for (unsigned i = 0; i < 3; i++)
        a.streams[i].result.ours = (struct eperf_figures){
            .bytes = 1000 * (i + 1), .end = 2, .has_tcp_info = true, .retransmits = i};
    a.result.shared = 2;
    json_t *o = results_to_json(&a);
    assert_true(results_from_json(&b, o, error));
    json_decref(o);
    results_sum(&b);
    assert_int_equal(b.result.download.sender.bytes, 6000);
    assert_int_equal(b.result.download.sender.retransmits, 3);
    assert_int_equal(b.result.shared, 2);
    session_clear(&a);
    session_clear(&b);
}

static void wrong_results(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"streams\":{}}",
        "{\"streams\":[1]}",
        "{\"streams\":[{}]}",
        "{\"streams\":[{\"id\":2,\"bytes\":1}]}",
        "{\"streams\":[{\"id\":1}]}",
        "{\"streams\":[{\"id\":1,\"bytes\":\"many\"}]}",
        "{\"streams\":[{\"id\":1,\"bytes\":1e17}]}",
        "{\"streams\":[{\"id\":1,\"bytes\":1,\"jitter\":[]}]}",
        "{\"streams\":[{\"id\":1,\"bytes\":1},{\"id\":1,\"bytes\":1}]}",
        "{\"streams\":[{\"id\":1,\"bytes\":1}],\"cpu_util_total\":\"x\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct session s;
        char error[EPERF_ERROR_MAX] = "";
        make(&s, ROLE_CLIENT, EPERF_UDP, EPERF_UPLOAD, 1);
        has_sent(&s, 1000, 10);
        assert_false(read_results(&s, texts[i], error));
        assert_true(error[0] != '\0');
        session_clear(&s);
    }
}

/* One connection that has sent 1000 bytes in 10 packets for a second is told REST of it. */
static bool takes(enum eperf_protocol protocol, const char *rest)
{
    struct session s;
    char text[256], error[EPERF_ERROR_MAX] = "";
    make(&s, ROLE_CLIENT, protocol, EPERF_UPLOAD, 1);
    has_sent(&s, 1000, 10);
    s.run_start = mono_now() - 1;
    snprintf(text, sizeof text, "{\"streams\":[{\"id\":1,%s}]}", rest);
    bool taken = read_results(&s, text, error);
    session_clear(&s);
    return taken;
}

/* Numbers, but none that a test can have: they would be drawn, and alarm. */
static void impossible_results(void **state)
{
    static const char *const never[] = {
        "\"bytes\":-1",
        "\"bytes\":2001",
        "\"bytes\":1,\"jitter\":-0.1",
        "\"bytes\":1,\"retransmits\":-2",
        "\"bytes\":1,\"start_time\":-1",
        "\"bytes\":1,\"start_time\":0,\"end_time\":900",
        "\"bytes\":1,\"start_time\":5,\"end_time\":1",
    };
    static const char *const never_udp[] = {
        "\"bytes\":1,\"packets\":-1",
        "\"bytes\":1,\"packets\":11",
        "\"bytes\":1,\"packets\":5,\"errors\":6",
        "\"bytes\":1,\"packets\":5,\"errors\":-1",
        "\"bytes\":1,\"packets\":5,\"omitted_packets\":6",
        "\"bytes\":1,\"packets\":5,\"omitted_packets\":5,\"omitted_errors\":6",
    };
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_false(takes(EPERF_TCP, never[i]));
        assert_false(takes(EPERF_UDP, never[i]));
    }
    for (size_t i = 0; i < sizeof never_udp / sizeof never_udp[0]; i++)
        assert_false(takes(EPERF_UDP, never_udp[i]));
    assert_false(takes(EPERF_TCP, "\"bytes\":1001"));
    assert_true(takes(EPERF_TCP, "\"bytes\":1000,\"end_time\":1,\"jitter\":null"));
    assert_true(takes(EPERF_UDP, "\"bytes\":2000,\"end_time\":2,\"packets\":10,\"errors\":10"));
    assert_true(takes(EPERF_UDP, "\"bytes\":900,\"packets\":10,\"errors\":1,\"omitted_packets\":9,\"omitted_errors\":3"));
}

static void a_connection_is_told_of_once(void **state)
{
    static const struct {
        const char *text;
        bool taken;
    } cases[] = {
        {"{\"streams\":[]}", false},
        {"{\"streams\":[{\"id\":1,\"bytes\":1,\"end_time\":1}]}", false},
        {"{\"streams\":[{\"id\":1,\"bytes\":1,\"end_time\":1},{\"id\":1,\"bytes\":1,\"end_time\":1}]}", false},
        {"{\"streams\":[{\"id\":3,\"bytes\":1,\"end_time\":1},{\"id\":1,\"bytes\":1,\"end_time\":1}]}", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session s;
        char error[EPERF_ERROR_MAX] = "";
        make(&s, ROLE_CLIENT, EPERF_TCP, EPERF_UPLOAD, 2);
        has_sent(&s, 1000, 0);
        assert_int_equal(read_results(&s, cases[i].text, error), cases[i].taken);
        session_clear(&s);
    }
}

/* The document has iperf3's keys, each of its kind (the list is of what `iperf3 -J` 3.12 prints for one TCP stream). */
static void document_has_iperf3s_keys(void **state)
{
    static const char *const end[] = {"sum_sent", "sum_received", "cpu_utilization_percent", "streams"};
    static const char *const start[] = {"connected", "version", "system_info", "connecting_to", "cookie",
                                        "tcp_mss_default", "sock_bufsize", "sndbuf_actual", "rcvbuf_actual",
                                        "test_start", "target_bitrate"};
    struct eperf_stream_result one = {.id = 1, .sender = true};
    struct eperf_result r = {.nstreams = 1, .streams = &one, .upload = {.present = true, .streams = 1}};
    json_t *doc = eperf_json_document(&r, NULL), *o;
    for (size_t i = 0; i < sizeof end / sizeof end[0]; i++)
        assert_non_null(json_object_get(json_object_get(doc, "end"), end[i]));
    for (size_t i = 0; i < sizeof start / sizeof start[0]; i++)
        assert_non_null(json_object_get(json_object_get(doc, "start"), start[i]));
    o = json_object_get(json_object_get(doc, "end"), "sum_received");
    assert_true(json_is_real(json_object_get(o, "bits_per_second")));
    assert_null(json_object_get(doc, "error"));
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_iperf3s),
        cmocka_unit_test(reads_iperf3),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(wrong_results),
        cmocka_unit_test(impossible_results),
        cmocka_unit_test(a_connection_is_told_of_once),
        cmocka_unit_test(document_has_iperf3s_keys),
    };
    return cmocka_run_group_tests_name("eperf exchange", tests, NULL, NULL);
}
