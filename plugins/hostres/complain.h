/* What is told of things that can't be read: each once, not at every read. The read thread only. */
#ifndef SCM_HOSTRES_COMPLAIN_H
#define SCM_HOSTRES_COMPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/hostres/procfile.h"

struct complaints {
    void (*warn)(const char *text);
    uint64_t unreadable; /* lines and messages that made no sense, so far */
};

/* A file and whether its absence has been told. */
struct source {
    struct procfile file;
    bool told;
};

/* Whether error is 0. Tells of the first error, and of the first after it was 0 again; *told remembers. */
bool readable(struct complaints *c, bool *told, const char *what, int error);

/* Reads the file; false, told once, where it can't be. */
bool read_source(struct complaints *c, struct source *s);

/* Counts n lines or messages of what; tells of the first ever. */
void not_understood(struct complaints *c, uint64_t n, const char *what);

#endif
