/* Kinds of values of scalemond.conf, for the tables in config_section.c. Pure. */
#ifndef SCM_AGENT_CONFIG_VALUE_H
#define SCM_AGENT_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_option;

/* Each checks a value and puts it into its field; false, the field perhaps half written, where it is not what was expected. */
typedef bool config_set(const struct config_option *option, void *field, const char *value, int line);

/* One row of a table: an option. */
struct config_option {
    const char *name;
    size_t offset; /* of the field in the section's struct */
    size_t size;   /* of the field, where it is text */
    config_set *set;
    uint64_t min, max;      /* of numbers; bytes of text */
    const char *const *words; /* of an enum: NULL-ended, numbered from 1 */
    const char *expected;
    bool required;
};

config_set config_set_text;    /* char[]: min to size - 1 bytes without control bytes */
config_set config_set_path;    /* char[]: as text, and absolute */
config_set config_set_address; /* char[]: as path, or with a colon: net-snmp's transport text */
config_set config_set_host;    /* char[]: as text, and a part of a collectd identifier */
config_set config_set_number;  /* unsigned: min to max */
config_set config_set_decimal; /* char[]: as written, and a number by num_decimal() */
config_set config_set_word;    /* an enum, by words */
config_set config_set_metric;  /* char[]: as written, and a metric by metric_spec_parse() */
config_set config_set_command; /* struct config_command: see there */

#endif
