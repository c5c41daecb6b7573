/* <Plugin eperf>: its options and blocks, into structs. Knows the options, not collectd: the plugin walks
 * collectd's tree and hands over one option after another, so that tests can do the same. Every option is one
 * row of a table. Strict: unknown, repeated, misplaced and out of range are errors, which name block and
 * option. Capitals or not is all one in names of options and blocks, as in collectd's own plugins. */
#ifndef SCM_EPERF_CONFIG_H
#define SCM_EPERF_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/eperf/sched.h"

enum {
    CONFIG_NAME_MAX = 32,   /* characters of a test's name: scmEperfName's bound */
    CONFIG_HOST_MAX = 253,  /* of a host or an address */
    CONFIG_PATH_MAX = 4000, /* of ResultDir */
    CONFIG_ALLOW_MAX = 64,  /* AllowFrom lines */
    CONFIG_TESTS_MAX = 1024,
    CONFIG_ERROR_SIZE = 512
};

struct config_test {
    char name[CONFIG_NAME_MAX + 1]; /* letters, digits, '.', '_', '-'; not first '.': it names a file */
    char host[CONFIG_HOST_MAX + 1];
    bool udp, upload, download;
    bool really_read; /* the receiver copies what it receives */
    uint64_t port;
    uint64_t connections;
    uint64_t duration;      /* seconds of one direction, without omit */
    uint64_t omit;          /* seconds */
    double sample_interval; /* seconds */
    uint64_t bandwidth;     /* bits/s of each connection; 0 unlimited */
    uint64_t block;         /* bytes; 0 the engine's default */
    uint64_t mss;           /* bytes; 0 the kernel's */
    uint64_t dscp;          /* 0..63 */
    char congestion[16];    /* "" the kernel's */
    double every, splay;    /* seconds */
    uint64_t retries;
    size_t n_blackouts;
    struct sched_blackout blackouts[SCHED_BLACKOUTS_MAX];
};

struct config_server {
    char listen[CONFIG_HOST_MAX + 1]; /* address; "" every one */
    uint64_t port;
    size_t n_allow;
    char allow[CONFIG_ALLOW_MAX][CONFIG_HOST_MAX + 1]; /* ADDRESS[/BITS], syntax checked; none: everybody */
    uint64_t max_tests, max_connections;
    uint64_t max_duration; /* seconds */
    uint64_t max_rate;     /* bits/s of a whole test; 0 unlimited */
};

struct config {
    bool has_server;
    struct config_server server;
    char result_dir[CONFIG_PATH_MAX + 1]; /* "" none */
    bool allow_overlap;
    size_t n_tests;
    struct config_test *tests;
};

enum config_type { CONFIG_STRING, CONFIG_NUMBER, CONFIG_BOOLEAN };

/* One value as collectd's parser types it; strings live as long as the call. */
struct config_value {
    enum config_type type;
    const char *string;
    double number;
    bool boolean;
};

struct config_reader; /* the options of one <Plugin> block while they are read */

/* NULL when out of memory. One reader may see several <Plugin eperf> blocks: they add up. */
struct config_reader *config_reader_new(void);
void config_reader_free(struct config_reader *r); /* with what it has read so far; NULL is nothing */

/* One option, or the head or end of a block (<Test "name">, <Server>), in the order of the file. On an error:
 * false and a text that names block and option in err (CONFIG_ERROR_SIZE bytes). */
bool config_option(struct config_reader *r, const char *key, const struct config_value *values, size_t n,
                   char *err);
bool config_open(struct config_reader *r, const char *block, const struct config_value *values, size_t n,
                 char *err);
bool config_close(struct config_reader *r, char *err);

/* True for the name of a block (an empty one looks like an option). */
bool config_is_block(const char *key);

/* The whole, owned by the reader. */
const struct config *config_get(const struct config_reader *r);

/* True for what may name a test. */
bool config_test_name_ok(const char *name);

/* Seconds that one run takes at best, all directions. */
double config_test_length(const struct config_test *t);

#endif
