/* collectd identifiers: host/plugin[-instance]/type[-instance], and a data source as ":ds".
 * Source: collectd's src/utils_identifier / parse_identifier(), and DATA_MAX_NAME_LEN 128 in plugin.h. */
#ifndef SCM_COMMON_IDENT_H
#define SCM_COMMON_IDENT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    IDENT_PART_MAX = 127,                      /* characters of one part, as collectd has it */
    IDENT_MAX = 5 * IDENT_PART_MAX + 4         /* characters of a whole identifier without ":ds" */
};

/* The parts of an identifier; an absent instance or ds is "". A part holds no '/' and no control byte. */
struct ident {
    char host[IDENT_PART_MAX + 1];
    char plugin[IDENT_PART_MAX + 1];
    char plugin_instance[IDENT_PART_MAX + 1];
    char type[IDENT_PART_MAX + 1];
    char type_instance[IDENT_PART_MAX + 1];
    char ds[IDENT_PART_MAX + 1];
};

/* Reads "[host/]plugin[-inst]/type[-inst][:ds]"; host is "" where the text has only two parts. The first '-' of a
 * part divides name and instance; ':' is looked for in the last part only, and a type instance may itself hold ':'
 * (the last one divides). Returns true and fills *out, or false (out undefined) for anything else. Pure. */
bool ident_parse(const char *s, size_t len, struct ident *out);

/* Writes "host/plugin[-inst]/type[-inst]" (no host part where host is ""; no ":ds") to buf. Returns its length, or 0
 * where size does not hold it. Pure. */
size_t ident_format(const struct ident *id, char *buf, size_t size);

#endif
