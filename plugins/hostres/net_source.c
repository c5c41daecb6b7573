#include "plugins/hostres/net_source.h"

#include <stdlib.h>

#include "plugins/hostres/netdev.h"
#include "plugins/hostres/procfile.h"

struct net_source {
    struct procfile file;
    struct netdev_layout layout;
};

struct net_source *net_source_open(const char *proc_root)
{
    struct net_source *s = calloc(1, sizeof *s);

    if (s == NULL || procfile_open(&s->file, proc_root, "net/dev") == 0)
        return s;
    free(s);
    return NULL;
}

int net_source_read(struct net_source *s, struct if_snapshot *out, uint64_t *bad)
{
    int error = procfile_read(&s->file);

    out->n = 0;
    if (error == 0)
        *bad += netdev_parse(s->file.text, s->file.len, &s->layout, out);
    return error;
}

void net_source_close(struct net_source *s)
{
    if (s == NULL)
        return;
    procfile_close(&s->file);
    free(s);
}
