#include "plugins/eperf/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/num.h"

struct config_reader {
    struct config config;
    const struct block *block; /* the block that is open; the outermost is always */
    struct config_test test;   /* while <Test> is open */
    uint64_t given;            /* bit n: row n of the open block was given */
    uint64_t given_outside;    /* the same of the outermost block while another is open */
};

/* The last two are lists: such an option may be given again, and with several values. */
enum kind { BOOLEAN, INTEGER, SECONDS, RATE, SIZE, STRING, PROTOCOL, BLACKOUT, NETWORK };

/* One option: its name, what it takes, where it goes, its range and what the operator is told that is
 * expected. */
struct option {
    const char *name;
    enum kind kind;
    size_t offset;
    double min, max; /* numbers; STRING: max is the field's size; BLACKOUT, NETWORK: how many there can be */
    const char *expected;
};

struct block {
    const char *name; /* "" outermost */
    const struct option *options;
    size_t n_options;
    bool (*open)(struct config_reader *r, const struct config_value *values, size_t n, char *err);
    bool (*close)(struct config_reader *r, char *err);
};

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

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool open_test(struct config_reader *r, const struct config_value *values, size_t n, char *err);
static bool close_test(struct config_reader *r, char *err);
static bool open_server(struct config_reader *r, const struct config_value *values, size_t n, char *err);
static bool close_server(struct config_reader *r, char *err);

enum { OUTSIDE, TEST, SERVER };
static const struct block blocks[] = {
    [OUTSIDE] = {"",       plugin_options, COUNT(plugin_options), NULL,        NULL        },
    [TEST] = {"Test",   test_options,   COUNT(test_options),   open_test,   close_test  },
    [SERVER] = {"Server", server_options, COUNT(server_options), open_server, close_server},
};

/* false, and the text with the open block in front. */
__attribute__((format(printf, 3, 4))) static bool fail(const struct config_reader *r, char *err,
                                                       const char *format, ...)
{
    int used = 0;
    if (r->block == &blocks[TEST])
        used = snprintf(err, CONFIG_ERROR_SIZE, "<Test \"%s\">: ", r->test.name);
    else if (r->block == &blocks[SERVER])
        used = snprintf(err, CONFIG_ERROR_SIZE, "<Server>: ");
    va_list ap;
    va_start(ap, format);
    vsnprintf(err + used, CONFIG_ERROR_SIZE - (size_t)used, format, ap);
    va_end(ap);
    return false;
}

static void *target(struct config_reader *r)
{
    if (r->block == &blocks[TEST])
        return &r->test;
    return r->block == &blocks[SERVER] ? (void *)&r->config.server : (void *)&r->config;
}

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

/* ADDRESS or ADDRESS/BITS, IPv4 or IPv6. */
static bool network_ok(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    bool six = strchr(address, ':') != NULL;
    uint64_t bits;
    return inet_pton(six ? AF_INET6 : AF_INET, address, bytes) == 1 &&
           (!slash || num_u64(slash + 1, strlen(slash + 1), 0, six ? 128 : 32, &bits));
}

static bool in_range(const struct option *o, double v)
{
    return v >= o->min && v <= o->max; /* false for NaN */
}

/* A whole number or one with a suffix, "10G"; an option that may be given by suffix may be plain, too. */
static bool read_scaled(const struct option *o, const struct config_value *v, uint64_t *out)
{
    uint64_t max = (uint64_t)o->max;
    if (v->type == CONFIG_NUMBER && in_range(o, v->number)) {
        *out = (uint64_t)v->number;
        return true;
    }
    return v->type == CONFIG_STRING &&
           (o->kind == RATE ? num_rate : num_size)(v->string, strlen(v->string), max, out) &&
           in_range(o, (double)*out);
}

/* One value of `o` to `base`; false when it is not what was expected. `i`: how many of it there were before.
 */
static bool read_value(const struct option *o, const struct config_value *v, unsigned char *base, size_t i)
{
    void *field = base + o->offset;
    switch (o->kind) {
    case BOOLEAN:
        if (v->type != CONFIG_BOOLEAN)
            return false;
        *(bool *)field = v->boolean;
        return true;
    case INTEGER:
        if (v->type != CONFIG_NUMBER || !in_range(o, v->number) || floor(v->number) != v->number)
            return false;
        *(uint64_t *)field = (uint64_t)v->number;
        return true;
    case SECONDS:
        if (v->type != CONFIG_NUMBER || !in_range(o, v->number))
            return false;
        *(double *)field = v->number;
        return true;
    case RATE:
    case SIZE:
        return read_scaled(o, v, field);
    case STRING:
        if (v->type != CONFIG_STRING || v->string[0] == '\0' || strlen(v->string) >= (size_t)o->max)
            return false;
        memcpy(field, v->string, strlen(v->string) + 1);
        return true;
    case PROTOCOL:
        if (v->type != CONFIG_STRING ||
            (strcasecmp(v->string, "tcp") != 0 && strcasecmp(v->string, "udp") != 0))
            return false;
        *(bool *)field = strcasecmp(v->string, "udp") == 0;
        return true;
    case BLACKOUT:
        return v->type == CONFIG_STRING &&
               sched_parse_blackout(v->string, (struct sched_blackout *)field + i);
    case NETWORK:
        if (v->type != CONFIG_STRING || strlen(v->string) > CONFIG_HOST_MAX || !network_ok(v->string))
            return false;
        memcpy((char(*)[CONFIG_HOST_MAX + 1]) field + i, v->string, strlen(v->string) + 1);
        return true;
    }
    return false;
}

static const char *value_text(const struct config_value *v, char *buf, size_t size)
{
    switch (v->type) {
    case CONFIG_STRING:
        snprintf(buf, size, "\"%s\"", v->string);
        break;
    case CONFIG_NUMBER:
        snprintf(buf, size, "%g", v->number);
        break;
    case CONFIG_BOOLEAN:
        return v->boolean ? "true" : "false";
    }
    return buf;
}

static bool unknown(struct config_reader *r, const char *key, char *err)
{
    char known[CONFIG_ERROR_SIZE / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < r->block->n_options && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, " %s", r->block->options[i].name);
    return fail(r, err, "%s: no such option here; there are%s", key, known);
}

/* Of a list how long it is; NULL for what is no list. */
static size_t *list_length(struct config_reader *r, const struct option *o)
{
    if (o->kind == BLACKOUT)
        return &r->test.n_blackouts;
    return o->kind == NETWORK ? &r->config.server.n_allow : NULL;
}

bool config_option(struct config_reader *r, const char *key, const struct config_value *values, size_t n,
                   char *err)
{
    size_t row = 0;
    while (row < r->block->n_options && strcasecmp(r->block->options[row].name, key) != 0)
        row++;
    if (row == r->block->n_options)
        return unknown(r, key, err);
    const struct option *o = &r->block->options[row];
    size_t *length = list_length(r, o);
    if (n == 0 || (n > 1 && !length))
        return fail(r, err, "%s: expected %s, got %zu values", key, o->expected, n);
    if (r->given & UINT64_C(1) << row && !length)
        return fail(r, err, "%s: given twice", key);
    r->given |= UINT64_C(1) << row;
    unsigned char *base = target(r);
    for (size_t i = 0; i < n; i++) {
        if (length && *length >= (size_t)o->max)
            return fail(r, err, "%s: more than %.0f", key, o->max);
        char text[160];
        if (!read_value(o, &values[i], base, length ? *length : 0))
            return fail(r, err, "%s: expected %s, got %s", key, o->expected,
                        value_text(&values[i], text, sizeof text));
        if (length)
            ++*length;
    }
    return true;
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
            return fail(r, err, "a second test of that name");
    if (r->config.n_tests == CONFIG_TESTS_MAX)
        return fail(r, err, "more than %d tests", CONFIG_TESTS_MAX);
    return true;
}

static bool was_given(const struct config_reader *r, const char *name)
{
    for (size_t i = 0; i < r->block->n_options; i++)
        if (strcmp(r->block->options[i].name, name) == 0)
            return (r->given >> i & 1) != 0;
    return false;
}

/* What only the whole of a test shows; and the defaults that hang on its protocol. */
static bool close_test(struct config_reader *r, char *err)
{
    struct config_test *t = &r->test;
    if (!was_given(r, "Host"))
        return fail(r, err, "Host: missing");
    if (!was_given(r, "Connections"))
        t->connections = t->udp ? 1 : 3;
    if (!was_given(r, "Bandwidth") && t->udp)
        t->bandwidth = 50000000;
    if (!t->upload && !t->download)
        return fail(r, err, "Upload and Download: expected one of them true, at least");
    if (t->splay >= t->every)
        return fail(r, err, "Splay: expected less than Every (%g seconds), got %g", t->every, t->splay);
    if (config_test_length(t) > t->every)
        return fail(r, err, "Every: expected %g seconds at least, which one run takes, got %g",
                    config_test_length(t), t->every);
    const char *tcp_only[] = {"MSS", "Congestion"};
    for (size_t i = 0; i < COUNT(tcp_only) && t->udp; i++)
        if (was_given(r, tcp_only[i]))
            return fail(r, err, "%s: not with Protocol udp", tcp_only[i]);
    if (t->udp && t->block > 65507)
        return fail(r, err, "BlockLength: expected 16 to 65507 bytes with Protocol udp, got %llu",
                    (unsigned long long)t->block);
    struct config_test *tests = realloc(r->config.tests, (r->config.n_tests + 1) * sizeof *tests);
    if (!tests)
        return fail(r, err, "%s", strerror(ENOMEM));
    r->config.tests = tests;
    tests[r->config.n_tests++] = *t;
    return true;
}

static bool open_server(struct config_reader *r, const struct config_value *values, size_t n, char *err)
{
    if (n > 0)
        return fail(r, err, "expected nothing behind \"Server\"");
    if (r->config.has_server)
        return fail(r, err, "a second one");
    r->config.has_server = true;
    r->config.server =
        (struct config_server){.port = 5201, .max_tests = 4, .max_connections = 128, .max_duration = 60};
    return true;
}

static bool close_server(struct config_reader *r, char *err)
{
    const char *listen = r->config.server.listen;
    if (listen[0] && (strchr(listen, '/') || !network_ok(listen)))
        return fail(r, err, "Listen: expected an address, as in \"::\" or \"10.1.2.3\", got \"%s\"", listen);
    return true;
}

bool config_is_block(const char *key)
{
    for (size_t i = OUTSIDE + 1; i < COUNT(blocks); i++)
        if (strcasecmp(blocks[i].name, key) == 0)
            return true;
    return false;
}

bool config_open(struct config_reader *r, const char *block, const struct config_value *values, size_t n,
                 char *err)
{
    if (r->block != &blocks[OUTSIDE])
        return fail(r, err, "<%s>: a block inside a block", block);
    for (size_t i = OUTSIDE + 1; i < COUNT(blocks); i++)
        if (strcasecmp(blocks[i].name, block) == 0) {
            r->block = &blocks[i];
            r->given_outside = r->given;
            r->given = 0;
            return blocks[i].open(r, values, n, err);
        }
    return fail(r, err, "<%s>: no such block; there are <Test \"NAME\"> and <Server>", block);
}

bool config_close(struct config_reader *r, char *err)
{
    bool ok = r->block->close(r, err);
    r->block = &blocks[OUTSIDE];
    r->given = r->given_outside;
    return ok;
}

struct config_reader *config_reader_new(void)
{
    struct config_reader *r = calloc(1, sizeof *r);
    if (r)
        r->block = &blocks[OUTSIDE];
    return r;
}

void config_reader_free(struct config_reader *r)
{
    if (!r)
        return;
    free(r->config.tests);
    free(r);
}

const struct config *config_get(const struct config_reader *r)
{
    return &r->config;
}
