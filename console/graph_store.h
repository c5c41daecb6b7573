/* A directory of RRD files as collectd's rrdtool and rrdcached plugins lay it out:
 * DIR/HOST/PLUGIN[-INST]/TYPE[-INST].rrd. Names in it came over the network once: they are listed, checked
 * and never trusted. */
#ifndef SCM_CONSOLE_GRAPH_STORE_H
#define SCM_CONSOLE_GRAPH_STORE_H

#include <stdbool.h>
#include <stddef.h>

struct graph_names {
    char **v; /* n strings, owned, sorted by byte */
    size_t n;
};
void graph_names_free(struct graph_names *names);

/* A host's name that may stand in a path: not empty, no '/', no leading '.', at most 127 bytes (collectd's
 * limit). */
bool graph_host_good(const char *host);

/* The hosts of dir: its directories with a good name. False with errno where dir cannot be read. */
bool graph_hosts(const char *dir, struct graph_names *out);

/* What stands for '@' (or '*') in `where` ("interface-@") among the directories of the host; one empty name
 * where `where` has neither and is there. A host that cannot be read has none: false with errno. */
bool graph_instances(const char *dir, const char *host, const char *where, struct graph_names *out);

/* The same of several hosts together, each name once; '*' in `where` is one graph of them all: one empty name
 * where any host has an instance. Hosts that cannot be read have none. */
void graph_all_instances(const char *dir, const char *const *hosts, size_t n, const char *where,
                         struct graph_names *out);

/* Whether librrd can draw data source ds, consolidated by cf, from the file. False: why says so ("No such
 * file or directory", "no data source rx"). */
enum { GRAPH_WHY_MAX = 256 };
bool graph_file_usable(const char *path, const char *ds, const char *cf, char why[GRAPH_WHY_MAX]);

#endif
