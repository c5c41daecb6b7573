/* Which interfaces are wanted: collectd's Interface and IgnoreSelected options, with collectd's meaning. */
#ifndef SCM_HOSTRES_MATCH_H
#define SCM_HOSTRES_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct match_entry;

/* Zero-initialised wants everything. Not changed after configuration, so any thread may ask. */
struct match {
    struct match_entry *entry;
    size_t n;
    bool ignore; /* IgnoreSelected: what matches is unwanted */
};

/* Adds a name, or a POSIX extended regular expression between slashes. Returns 0, or -1 with a reason in
 * error. */
int match_add(struct match *m, const char *text, char *error, size_t error_size);

/* Without entries everything is wanted, whatever ignore says. */
bool match_wants(const struct match *m, const char *name);

void match_free(struct match *m);

#endif
