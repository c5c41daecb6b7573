#include "plugins/eperf/config_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool config_fail(const struct config_reader *r, char *err, const char *format, ...)
{
    int used = 0;
    if (r->block == &config_blocks[TEST])
        used = snprintf(err, CONFIG_ERROR_SIZE, "<Test \"%s\">: ", r->test.name);
    else if (r->block == &config_blocks[SERVER])
        used = snprintf(err, CONFIG_ERROR_SIZE, "<Server>: ");
    va_list ap;
    va_start(ap, format);
    vsnprintf(err + used, CONFIG_ERROR_SIZE - (size_t)used, format, ap);
    va_end(ap);
    return false;
}

static void *target(struct config_reader *r)
{
    if (r->block == &config_blocks[TEST])
        return &r->test;
    return r->block == &config_blocks[SERVER] ? (void *)&r->config.server : (void *)&r->config;
}

static bool unknown(struct config_reader *r, const char *key, char *err)
{
    char known[CONFIG_ERROR_SIZE / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < r->block->n_options && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, " %s", r->block->options[i].name);
    return config_fail(r, err, "%s: no such option here; there are%s", key, known);
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
        return config_fail(r, err, "%s: expected %s, got %zu values", key, o->expected, n);
    if (r->given & UINT64_C(1) << row && !length)
        return config_fail(r, err, "%s: given twice", key);
    r->given |= UINT64_C(1) << row;
    unsigned char *base = target(r);
    for (size_t i = 0; i < n; i++) {
        if (length && *length >= (size_t)o->max)
            return config_fail(r, err, "%s: more than %.0f", key, o->max);
        char text[160];
        if (!config_value_read(o, &values[i], base, length ? *length : 0))
            return config_fail(r, err, "%s: expected %s, got %s", key, o->expected,
                               config_value_text(&values[i], text, sizeof text));
        if (length)
            ++*length;
    }
    return true;
}

bool config_is_block(const char *key)
{
    for (size_t i = OUTSIDE + 1; i < BLOCKS; i++)
        if (strcasecmp(config_blocks[i].name, key) == 0)
            return true;
    return false;
}

bool config_open(struct config_reader *r, const char *block, const struct config_value *values, size_t n,
                 char *err)
{
    if (r->block != &config_blocks[OUTSIDE])
        return config_fail(r, err, "<%s>: a block inside a block", block);
    for (size_t i = OUTSIDE + 1; i < BLOCKS; i++)
        if (strcasecmp(config_blocks[i].name, block) == 0) {
            r->block = &config_blocks[i];
            r->given_outside = r->given;
            r->given = 0;
            return config_blocks[i].open(r, values, n, err);
        }
    return config_fail(r, err, "<%s>: no such block; there are <Test \"NAME\"> and <Server>", block);
}

bool config_close(struct config_reader *r, char *err)
{
    bool ok = r->block->close(r, err);
    r->block = &config_blocks[OUTSIDE];
    r->given = r->given_outside;
    return ok;
}

struct config_reader *config_reader_new(void)
{
    struct config_reader *r = calloc(1, sizeof *r);
    if (r)
        r->block = &config_blocks[OUTSIDE];
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
