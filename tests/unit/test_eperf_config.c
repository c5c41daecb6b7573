/* <Plugin eperf>, option by option, as the plugin hands it over. */
#include "tests/unit/unit.h"

#include <math.h>

#include "plugins/eperf/config.h"

#define S(t)                                                                                                 \
    (struct config_value)                                                                                    \
    {                                                                                                        \
        .type = CONFIG_STRING, .string = (t)                                                                 \
    }
#define N(v)                                                                                                 \
    (struct config_value)                                                                                    \
    {                                                                                                        \
        .type = CONFIG_NUMBER, .number = (v)                                                                 \
    }
#define B(v)                                                                                                 \
    (struct config_value)                                                                                    \
    {                                                                                                        \
        .type = CONFIG_BOOLEAN, .boolean = (v)                                                               \
    }

struct line {
    const char *key; /* ending in '{' opens a block, "}" closes one */
    struct config_value value;
};

static bool feed(struct config_reader *r, const struct line *lines, size_t n, char *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct line *l = &lines[i];
        bool ok;
        if (strcmp(l->key, "}") == 0)
            ok = config_close(r, err);
        else if (strcmp(l->key, "Server{") == 0)
            ok = config_open(r, "Server", NULL, 0, err);
        else if (strcmp(l->key, "Test{") == 0)
            ok = config_open(r, "Test", &l->value, 1, err);
        else
            ok = config_option(r, l->key, &l->value, 1, err);
        if (!ok)
            return false;
    }
    return true;
}

#define FEED(r, err, ...)                                                                                    \
    feed(r, (struct line[]){__VA_ARGS__}, sizeof((struct line[]){__VA_ARGS__}) / sizeof(struct line), err)

/* The one in DESIGN.md. */
static void whole(void **state)
{
    char err[CONFIG_ERROR_SIZE] = "";
    struct config_reader *r = config_reader_new();
    assert_true(FEED(
        r, err, {.key = "Server{"}, {"Listen", S("::")}, {"Port", N(5202)}, {"AllowFrom", S("10.0.0.0/8")},
        {"AllowFrom", S("fe80::/10")}, {"MaxTests", N(2)}, {"MaxDuration", N(30)}, {"MaxRate", S("10G")},
        {.key = "}"}, {"ResultDir", S("/var/lib/collectd/eperf")}, {"AllowOverlap", B(true)},
        {"Test{", S("paris")}, {"Host", S("10.1.2.3")}, {"Port", N(5203)}, {"Protocol", S("tcp")},
        {"Connections", N(4)}, {"Duration", N(6)}, {"SampleInterval", N(0.5)}, {"Omit", N(1)},
        {"Upload", B(true)}, {"Download", B(false)}, {"Every", N(600)}, {"Splay", N(60)}, {"Retries", N(5)},
        {"Blackout", S("22:00-06:00")}, {"Blackout", S("12:00-13:00")}, {.key = "}"}, {"Test{", S("rome")},
        {"Host", S("rome.example")}, {"Protocol", S("udp")}, {.key = "}"}));
    const struct config *c = config_get(r);
    assert_true(c->has_server && c->allow_overlap);
    assert_string_equal(c->result_dir, "/var/lib/collectd/eperf");
    assert_string_equal(c->server.listen, "::");
    assert_int_equal(c->server.port, 5202);
    assert_int_equal(c->server.n_allow, 2);
    assert_string_equal(c->server.allow[1], "fe80::/10");
    assert_true(c->server.max_rate == UINT64_C(10000000000));
    assert_int_equal(c->n_tests, 2);
    const struct config_test *t = &c->tests[0];
    assert_string_equal(t->name, "paris");
    assert_string_equal(t->host, "10.1.2.3");
    assert_true(t->port == 5203 && t->connections == 4 && t->duration == 6 && t->omit == 1 && !t->udp);
    assert_true(t->sample_interval == 0.5 && t->every == 600 && t->splay == 60 && t->retries == 5);
    assert_true(t->upload && !t->download && t->n_blackouts == 2 && t->blackouts[1].from == 720);
    assert_true(t->bandwidth == 0);
    t = &c->tests[1]; /* the defaults, those of UDP */
    assert_true(t->udp && t->port == 5201 && t->connections == 1 && t->duration == 5 &&
                t->bandwidth == 50000000);
    assert_true(t->upload && t->download && t->every == 900 && t->retries == 3 &&
                config_test_length(t) == 10);
    config_reader_free(r);
}

static void the_longest_and_the_shortest(void **state)
{
    char err[CONFIG_ERROR_SIZE] = "";
    struct config_reader *r = config_reader_new();
    assert_true(FEED(r, err, {"Test{", S("rare")}, {"Host", S("h")}, {"Duration", N(86400)}, {"Omit", N(600)},
                     {"Every", N(604800)}, {"Splay", N(604799.5)}, {"Retries", N(100)}, {.key = "}"},
                     {"Test{", S("always")}, {"Host", S("h")}, {"Duration", N(1)}, {"Download", B(false)},
                     {"Every", N(1)}, {"Splay", N(0.9)}, {"Retries", N(0)}, {.key = "}"}));
    const struct config_test *t = config_get(r)->tests;
    assert_true(t[0].every == 604800 && t[0].splay == 604799.5 && t[0].retries == 100);
    assert_true(t[1].every == 1 && t[1].splay == 0.9 && t[1].retries == 0);
    config_reader_free(r);
}

static void capitals_do_not_matter(void **state)
{
    char err[CONFIG_ERROR_SIZE] = "";
    struct config_reader *r = config_reader_new();
    assert_true(config_is_block("test") && config_is_block("SERVER") && !config_is_block("tests"));
    assert_true(config_open(r, "test", &S("paris"), 1, err));
    assert_true(FEED(r, err, {"host", S("10.1.2.3")}, {"PROTOCOL", S("UDP")}, {"dscp", N(64)}) == false);
    assert_non_null(strstr(err, "dscp: expected a code point from 0 to 63, got 64"));
    assert_false(FEED(r, err, {"Host", S("10.1.2.4")}));
    assert_non_null(strstr(err, "Host: given twice"));
    assert_true(config_close(r, err));
    assert_true(config_get(r)->tests[0].udp);
    config_reader_free(r);
}

struct bad {
    const char *key;
    struct config_value value;
    const char *says; /* in the error */
};

static void each_bad_option_is_named(void **state)
{
    static const struct bad rows[] = {
        {"Port",           {.type = CONFIG_NUMBER, .number = 0},                  "Port: expected a port from 1 to 65535, got 0"},
        {"Port",           {.type = CONFIG_NUMBER, .number = 65536},              "got 65536"                                   },
        {"Port",           {.type = CONFIG_NUMBER, .number = 5201.5},             "got 5201.5"                                  },
        {"Port",           {.type = CONFIG_NUMBER, .number = NAN},                "Port"                                        },
        {"Port",           {.type = CONFIG_STRING, .string = "5201"},             "got \"5201\""                                },
        {"Host",           {.type = CONFIG_STRING, .string = ""},                 "Host: expected"                              },
        {"Host",           {.type = CONFIG_NUMBER, .number = 10},                 "Host: expected"                              },
        {"Protocol",       {.type = CONFIG_STRING, .string = "sctp"},             "expected tcp or udp, got \"sctp\""           },
        {"Connections",    {.type = CONFIG_NUMBER, .number = 129},                "1 to 128"                                    },
        {"Connections",    {.type = CONFIG_NUMBER, .number = -1},                 "got -1"                                      },
        {"Duration",       {.type = CONFIG_NUMBER, .number = 0},                  "Duration"                                    },
        {"SampleInterval", {.type = CONFIG_NUMBER, .number = 0.01},               "0.1 to 60"                                   },
        {"Upload",         {.type = CONFIG_NUMBER, .number = 1},                  "true or false"                               },
        {"Bandwidth",      {.type = CONFIG_STRING, .string = "fast"},             "got \"fast\""                                },
        {"BlockLength",    {.type = CONFIG_STRING, .string = "1G"},               "BlockLength"                                 },
        {"Congestion",     {.type = CONFIG_STRING, .string = "0123456789abcdef"}, "Congestion"                                  },
        {"Every",          {.type = CONFIG_STRING, .string = "daily"},            "1 to 604800 seconds, got \"daily\""          },
        {"Every",          {.type = CONFIG_NUMBER, .number = 0.9},                "1 to 604800 seconds, got 0.9"                },
        {"Every",          {.type = CONFIG_NUMBER, .number = 604801},             "1 to 604800"                                 },
        {"Every",          {.type = CONFIG_NUMBER, .number = INFINITY},           "got inf"                                     },
        {"Splay",          {.type = CONFIG_NUMBER, .number = -1},                 "0 to 604800 seconds, got -1"                 },
        {"Retries",        {.type = CONFIG_NUMBER, .number = 101},                "0 to 100 more tries, got 101"                },
        {"Retries",        {.type = CONFIG_NUMBER, .number = 1.5},                "got 1.5"                                     },
        {"Duration",       {.type = CONFIG_NUMBER, .number = 86401},              "1 to 86400"                                  },
        {"Blackout",       {.type = CONFIG_STRING, .string = "at night"},         "22:00-06:00"                                 },
        {"Color",          {.type = CONFIG_STRING, .string = "red"},              "no such option here; there are Host Port"    },
        {"ResultDir",      {.type = CONFIG_STRING, .string = "/tmp"},             "ResultDir: no such option here"              },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char err[CONFIG_ERROR_SIZE] = "";
        struct config_reader *r = config_reader_new();
        assert_true(FEED(r, err, {"Test{", S("paris")}));
        assert_false(config_option(r, rows[i].key, &rows[i].value, 1, err));
        assert_non_null(strstr(err, "<Test \"paris\">: "));
        if (!strstr(err, rows[i].says))
            fail_msg("%s: %s", rows[i].key, err);
        config_reader_free(r);
    }
}

static void rejected(const char *says, const struct line *lines, size_t n)
{
    char err[CONFIG_ERROR_SIZE] = "";
    struct config_reader *r = config_reader_new();
    assert_false(feed(r, lines, n, err));
    if (!strstr(err, says))
        fail_msg("expected %s in: %s", says, err);
    config_reader_free(r);
}

#define REJECTED(says, ...)                                                                                  \
    rejected(says, (struct line[]){__VA_ARGS__}, sizeof((struct line[]){__VA_ARGS__}) / sizeof(struct line))

static void what_the_whole_shows(void **state)
{
    REJECTED("<Test \"a\">: Host: missing", {"Test{", S("a")}, {.key = "}"});
    REJECTED("Port: given twice", {"Test{", S("a")}, {"Port", N(1)}, {"Port", N(2)});
    REJECTED("Upload and Download", {"Test{", S("a")}, {"Host", S("h")}, {"Upload", B(false)},
             {"Download", B(false)}, {.key = "}"});
    REJECTED("Every: expected 10 seconds at least, which one run takes, got 9", {"Test{", S("a")},
             {"Host", S("h")}, {"Every", N(9)}, {.key = "}"});
    REJECTED("Splay: expected less than Every", {"Test{", S("a")}, {"Host", S("h")}, {"Every", N(60)},
             {"Splay", N(60)}, {.key = "}"});
    REJECTED("MSS: not with Protocol udp", {"Test{", S("a")}, {"Host", S("h")}, {"Protocol", S("udp")},
             {"MSS", N(1000)}, {.key = "}"});
    REJECTED("65507", {"Test{", S("a")}, {"Host", S("h")}, {"Protocol", S("udp")}, {"BlockLength", S("64K")},
             {.key = "}"});
    REJECTED("a second test of that name", {"Test{", S("a")}, {"Host", S("h")}, {.key = "}"},
             {"Test{", S("a")});
    REJECTED("<Server>: a second one", {.key = "Server{"}, {.key = "}"}, {.key = "Server{"});
    REJECTED("<Server>: AllowFrom: expected an address", {.key = "Server{"}, {"AllowFrom", S("10.0.0.0/33")});
    REJECTED("<Server>: AllowFrom", {.key = "Server{"}, {"AllowFrom", S("everyone")});
    REJECTED("<Server>: AllowFrom", {.key = "Server{"}, {"AllowFrom", S("::ffff:10.0.0.0/8")});
    REJECTED("<Server>: Listen", {.key = "Server{"}, {"Listen", S("eth0")}, {.key = "}"});
    REJECTED("a block inside a block", {.key = "Server{"}, {"Test{", S("a")});
    REJECTED("Sever: no such option", {"Sever", S("x")});
}

static void names_of_tests(void **state)
{
    static const char *const bad[] = {"",    ".",    "..", ".a", "a/b",
                                      "a b", "a\nb", "\"", "ä",  "123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(config_test_name_ok(bad[i]));
        REJECTED("<Test>: expected one name", {"Test{", S(bad[i])});
    }
    assert_true(config_test_name_ok("12345678901234567890123456789012"));
    assert_true(config_test_name_ok("dc-1_paris.x"));
}

static void lists_are_bounded(void **state)
{
    char err[CONFIG_ERROR_SIZE] = "";
    struct config_reader *r = config_reader_new();
    assert_true(FEED(r, err, {.key = "Server{"}));
    for (int i = 0; i < CONFIG_ALLOW_MAX; i++)
        assert_true(FEED(r, err, {"AllowFrom", S("10.0.0.1")}));
    assert_false(FEED(r, err, {"AllowFrom", S("10.0.0.1")}));
    assert_non_null(strstr(err, "AllowFrom: more than 64"));
    config_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(the_longest_and_the_shortest),
        cmocka_unit_test(capitals_do_not_matter),
        cmocka_unit_test(each_bad_option_is_named),
        cmocka_unit_test(what_the_whole_shows),
        cmocka_unit_test(names_of_tests),
        cmocka_unit_test(lists_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
