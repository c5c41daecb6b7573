/* What `scalemon graph` and `scalemon report` have in common: their options, and the hosts to draw. */
#ifndef SCM_CONSOLE_GRAPH_OPTIONS_H
#define SCM_CONSOLE_GRAPH_OPTIONS_H

#include "console/graph.h"
#include "console/graph_store.h"
#include "console/verb.h"

enum { RANGES_MAX = 8 };

struct graph_options {
    const char *out, *daemon;
    struct option_list patterns;           /* --graph; none: every graph */
    struct option_list mark_files;         /* [HOST=]FILE */
    struct graph_range ranges[RANGES_MAX]; /* one in seconds has the name that was given: "300" */
    size_t n_ranges;
    time_t end;
    struct graph_look look;
    bool pool, values;
    bool named; /* the hosts were named, not found */
    /* set up from them */
    struct graph_env env;
    struct graph_marks marks;
    struct graph_names hosts;
};

/* The options of the two verbs. */
extern const struct option_row graph_option_rows[], report_option_rows[];

/* Reads the verb's own options and opens what they name. false: *status is what to exit with, all is told.
 * graph_options_free() in either case. */
bool graph_options_read(struct graph_options *options, const struct verb *verb, int argc, char **argv,
                        int *status);
void graph_options_free(struct graph_options *options);

/* Whether --graph asks for the graph of this name. */
bool graph_wanted(const struct graph_options *options, const char *name);

/* Says that --graph asked for what no host has; returns EXIT_FAILED. */
int graph_no_such(const struct graph_options *options);

struct graph_tally {
    size_t wanted, drawn, failed; /* graphs; one that is empty is neither drawn nor failed */
};

/* Measures each wanted graph of the table, for one host or the pool, and shows it to visit(), which returns
 * whether it could be drawn. Adds to the tally. */
typedef bool graph_visit(void *arg, const struct graph *graph);
void graph_each(const struct graph_options *options, const struct graph_kind *kinds, const char *const *hosts,
                size_t n, bool pool, const struct graph_range *range, graph_visit *visit, void *arg,
                struct graph_tally *tally);

/* A foreign name as one that is safe for files and for links: every byte but letters, digits, '-', '_' and
 * '.' (not in front) becomes "=XX". malloc'ed. */
char *graph_file_name(const char *name);

/* Creates the directory where it is missing; writes the file beside and renames it. False after a message. */
bool graph_make_dir(const char *path);
bool graph_write_file(const char *path, const void *data, size_t size);

#endif
