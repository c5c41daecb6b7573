#include "plugins/hostres/complain.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 256 };

bool readable(struct complaints *c, bool *told, const char *what, int error)
{
    if (error != 0 && !*told) {
        char text[TEXT_MAX];
        snprintf(text, sizeof text, "can't read %s: %s", what, strerrordesc_np(error));
        c->warn(text);
    }
    *told = error != 0;
    return error == 0;
}

bool read_source(struct complaints *c, struct source *s)
{
    return readable(c, &s->told, s->file.path, procfile_read(&s->file));
}

void not_understood(struct complaints *c, uint64_t n, const char *what)
{
    if (n == 0)
        return;
    if (c->unreadable == 0) {
        char text[TEXT_MAX];
        snprintf(text, sizeof text,
                 "%s: %ju lines or messages make no sense and are left out; more are counted only", what,
                 (uintmax_t)n);
        c->warn(text);
    }
    c->unreadable += n;
}
