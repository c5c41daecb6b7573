/* Inside the configuration's reader: config.c walks, config_blocks.c says what each block has and what only
 * its whole shows, config_value.c reads one value. */
#ifndef SCM_EPERF_CONFIG_READER_H
#define SCM_EPERF_CONFIG_READER_H

#include "plugins/eperf/config.h"

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

struct config_reader;

struct block {
    const char *name; /* "" outermost */
    const struct option *options;
    size_t n_options;
    bool (*open)(struct config_reader *r, const struct config_value *values, size_t n, char *err);
    bool (*close)(struct config_reader *r, char *err);
};

enum { OUTSIDE, TEST, SERVER, BLOCKS };
extern const struct block config_blocks[BLOCKS];

struct config_reader {
    struct config config;
    const struct block *block; /* the block that is open; the outermost is always */
    struct config_test test;   /* while <Test> is open */
    uint64_t given;            /* bit n: row n of the open block was given */
    uint64_t given_outside;    /* the same of the outermost block while another is open */
};

/* false, and the text with the open block in front. */
__attribute__((format(printf, 3, 4))) bool config_fail(const struct config_reader *r, char *err,
                                                       const char *format, ...);

/* ---- config_value.c ---- */

/* One value of `o` to the struct at `base`; false when it is not what was expected. `i`: how many of it there
 * were before. */
bool config_value_read(const struct option *o, const struct config_value *v, unsigned char *base, size_t i);
/* For an error's text; in buf or a constant. */
const char *config_value_text(const struct config_value *v, char *buf, size_t size);
/* An address, without a prefix. */
bool config_is_address(const char *text);

#endif
