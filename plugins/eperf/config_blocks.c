#include "plugins/eperf/config_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct option plugin_options[] = {
    {"ResultDir",    STRING,  offsetof(struct config, result_dir),    1, CONFIG_PATH_MAX + 1, "a directory"  },
    {"AllowOverlap", BOOLEAN, offsetof(struct config, allow_overlap), 0, 1,                   "true or false"},
};

#define T(field) offsetof(struct config_test, field)
static const struct option test_options[] = {
    {"Host",           STRING,   T(host),            1,   CONFIG_HOST_MAX + 1, "a host name or an address"                 },
    {"Port",           INTEGER,  T(port),            1,   65535,               "a port from 1 to 65535"                    },
    {"Protocol",       PROTOCOL, T(udp),             0,   1,                   "tcp or udp"                                },
    {"Connections",    INTEGER,  T(connections),     1,   128,                 "1 to 128 connections"                      },
    {"Duration",       INTEGER,  T(duration),        1,   86400,               "1 to 86400 whole seconds"                  },
    {"SampleInterval", SECONDS,  T(sample_interval), 0.1, 60,                  "0.1 to 60 seconds"                         },
    {"Omit",           INTEGER,  T(omit),            0,   600,                 "0 to 600 whole seconds"                    },
    {"Upload",         BOOLEAN,  T(upload),          0,   1,                   "true or false"                             },
    {"Download",       BOOLEAN,  T(download),        0,   1,                   "true or false"                             },
    {"Bandwidth",      RATE,     T(bandwidth),       0,   1e12,                "bits per second as in \"50M\", 0 unlimited"},
    {"BlockLength",    SIZE,     T(block),           16,  1048576,             "16 to 1048576 bytes as in \"128K\""        },
    {"MSS",            INTEGER,  T(mss),             88,  9216,                "88 to 9216 bytes"                          },
    {"DSCP",           INTEGER,  T(dscp),            0,   63,                  "a code point from 0 to 63"                 },
    {"Congestion",     STRING,   T(congestion),      1,   16,                  "the name of a congestion control"          },
    {"ReallyRead",     BOOLEAN,  T(really_read),     0,   1,                   "true or false"                             },
    {"Every",          SECONDS,  T(every),           1,   604800,              "1 to 604800 seconds"                       },
    {"Splay",          SECONDS,  T(splay),           0,   604800,              "0 to 604800 seconds"                       },
    {"Retries",        INTEGER,  T(retries),         0,   100,                 "0 to 100 more tries"                       },
    {"Blackout",       BLACKOUT, T(blackouts),       0,   SCHED_BLACKOUTS_MAX, "hours of the day as in \"22:00-06:00\""    },
};
#undef T

#define S(field) offsetof(struct config_server, field)
static const struct option server_options[] = {
    {"Listen",         STRING,  S(listen),          1, CONFIG_HOST_MAX + 1, "an address, as in \"::\" or \"10.1.2.3\""     },
    {"Port",           INTEGER, S(port),            1, 65535,               "a port from 1 to 65535"                       },
    {"AllowFrom",      NETWORK, S(allow),           0, CONFIG_ALLOW_MAX,    "an address or a network, as in \"10.0.0.0/8\""},
    {"MaxTests",       INTEGER, S(max_tests),       1, 64,                  "1 to 64 tests"                                },
    {"MaxConnections", INTEGER, S(max_connections), 1, 128,                 "1 to 128 connections of a test"               },
    {"MaxDuration",    INTEGER, S(max_duration),    1, 86400,               "1 to 86400 whole seconds"                     },
    {"MaxRate",        RATE,    S(max_rate),        0, 1e12,                "bits per second as in \"10G\", 0 unlimited"   },
};
#undef S

bool config_test_name_ok(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= CONFIG_NAME_MAX && name[0] != '.' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

double config_test_length(const struct config_test *t)
{
    return (double)(t->duration + t->omit) * (t->upload && t->download ? 2 : 1);
}

static bool was_given(const struct config_reader *r, const char *name)
{
    for (size_t i = 0; i < r->block->n_options; i++)
        if (strcmp(r->block->options[i].name, name) == 0)
            return (r->given >> i & 1) != 0;
    return false;
}

static bool open_test(struct config_reader *r, const struct config_value *values, size_t n, char *err)
{
    r->test = (struct config_test){.port = 5201,
                                   .duration = 5,
                                   .sample_interval = 1,
                                   .upload = true,
                                   .download = true,
                                   .every = 900,
                                   .splay = 0,
                                   .retries = 3};
    if (n != 1 || values[0].type != CONFIG_STRING || !config_test_name_ok(values[0].string)) {
        snprintf(
            err, CONFIG_ERROR_SIZE,
            "<Test>: expected one name of 1 to %d letters, digits, '.', '_' and '-', not first '.'%s%.40s",
            CONFIG_NAME_MAX, n == 1 && values[0].type == CONFIG_STRING ? ", got " : "",
            n == 1 && values[0].type == CONFIG_STRING ? values[0].string : "");
        return false;
    }
    memcpy(r->test.name, values[0].string, strlen(values[0].string) + 1);
    for (size_t i = 0; i < r->config.n_tests; i++)
        if (strcmp(r->config.tests[i].name, r->test.name) == 0)
            return config_fail(r, err, "a second test of that name");
    if (r->config.n_tests == CONFIG_TESTS_MAX)
        return config_fail(r, err, "more than %d tests", CONFIG_TESTS_MAX);
    return true;
}

/* What only the whole of a test shows; and the defaults that hang on its protocol. */
static bool close_test(struct config_reader *r, char *err)
{
    struct config_test *t = &r->test;
    if (!was_given(r, "Host"))
        return config_fail(r, err, "Host: missing");
    if (!was_given(r, "Connections"))
        t->connections = t->udp ? 1 : 3;
    if (!was_given(r, "Bandwidth") && t->udp)
        t->bandwidth = 50000000;
    if (!t->upload && !t->download)
        return config_fail(r, err, "Upload and Download: expected one of them true, at least");
    if (t->splay >= t->every)
        return config_fail(r, err, "Splay: expected less than Every (%g seconds), got %g", t->every, t->splay);
    if (config_test_length(t) > t->every)
        return config_fail(r, err, "Every: expected %g seconds at least, which one run takes, got %g",
                    config_test_length(t), t->every);
    const char *tcp_only[] = {"MSS", "Congestion"};
    for (size_t i = 0; i < COUNT(tcp_only) && t->udp; i++)
        if (was_given(r, tcp_only[i]))
            return config_fail(r, err, "%s: not with Protocol udp", tcp_only[i]);
    if (t->udp && t->block > 65507)
        return config_fail(r, err, "BlockLength: expected 16 to 65507 bytes with Protocol udp, got %llu",
                    (unsigned long long)t->block);
    struct config_test *tests = realloc(r->config.tests, (r->config.n_tests + 1) * sizeof *tests);
    if (!tests)
        return config_fail(r, err, "%s", strerror(ENOMEM));
    r->config.tests = tests;
    tests[r->config.n_tests++] = *t;
    return true;
}

static bool open_server(struct config_reader *r, const struct config_value *values, size_t n, char *err)
{
    if (n > 0)
        return config_fail(r, err, "expected nothing behind \"Server\"");
    if (r->config.has_server)
        return config_fail(r, err, "a second one");
    r->config.has_server = true;
    r->config.server =
        (struct config_server){.port = 5201, .max_tests = 4, .max_connections = 128, .max_duration = 60};
    return true;
}

static bool close_server(struct config_reader *r, char *err)
{
    const char *listen = r->config.server.listen;
    if (listen[0] && !config_is_address(listen))
        return config_fail(r, err, "Listen: expected an address, as in \"::\" or \"10.1.2.3\", got \"%s\"", listen);
    return true;
}

const struct block config_blocks[BLOCKS] = {
    [OUTSIDE] = {"",       plugin_options, COUNT(plugin_options), NULL,        NULL        },
    [TEST] = {"Test",   test_options,   COUNT(test_options),   open_test,   close_test  },
    [SERVER] = {"Server", server_options, COUNT(server_options), open_server, close_server},
};
