/* A table of the MIB, printed: every row of every host. And what the verbs with several words have in common.
 */
#ifndef SCM_CONSOLE_LIST_H
#define SCM_CONSOLE_LIST_H

#include "console/fleet.h"
#include "console/job.h"
#include "console/out.h"

struct list_column {
    const char *title; /* NULL: for programs only */
    enum mib_object object;
    bool right;
    int64_t factor; /* to base units; 0: none */
    const char *(*show)(char buf[SHOW_MAX], int64_t v);
};

struct list {
    const struct fetch_spec *spec;
    enum mib_table table;  /* TABLE_NONE: one row per host, columns are scalars */
    const char *row_title; /* of the index: "PORTAL"; unused for TABLE_NONE */
    const char *row_key;
    const struct list_column *columns;
    size_t n;
};

/* Opens the fleet, adds the words' hosts, and prints the list. Returns an exit_status. */
int list_run(const struct list *list, const struct globals *globals, enum out_format format, char **words,
             int n);

/* fleet_open and fleet_add in one; on failure the fleet is closed again. */
int fleet_start(struct fleet *fleet, const struct globals *globals, char **words, int n);

/* Prints one row per job, after they are over: host, name, result, seconds, text. Returns false when that
 * failed. */
bool jobs_print(const struct job *jobs, size_t n, enum out_format format);

/* One job per host of the fleet, zeroed but for kind, host, name, wanted and timeout. NULL (told): out of
 * memory. */
struct job *jobs_new(const struct fleet *fleet, const struct job_kind *kind, const char *name,
                     const void *wanted, int timeout);
void jobs_free(struct job *jobs, size_t n);

/* The whole of a verb that does one thing on every host: opens, runs, prints. */
int jobs_verb(const struct globals *globals, const struct job_kind *kind, const char *name,
              const void *wanted, int timeout, enum out_format format, char **words, int n);

#endif
