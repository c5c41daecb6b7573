/* A verb of `scalemon`: one file cmd_<name>.c, one row in main.c's table. Its options are one table too: the
 * help is printed from it, the command line is read with it, and tests hold the manual page and the
 * completions against it. */
#ifndef SCM_CONSOLE_VERB_H
#define SCM_CONSOLE_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses, the same for every verb (scalemon(1), EXIT STATUS). Where several hosts differ, the greatest
 * wins. */
enum exit_status {
    EXIT_WELL = 0,      /* every host answered and did what was asked */
    EXIT_REFUSED = 1,   /* a host, or we (--max-running), said no; nothing was changed there */
    EXIT_USAGE = 2,     /* the command line or a configuration file; nothing was sent */
    EXIT_FAILED = 3,    /* what was asked was tried and failed: a portal, a graph, a file */
    EXIT_NO_ANSWER = 4, /* a host did not answer, or did not acknowledge in time */
    EXIT_BAD_AGENT = 5  /* an agent answered what no agent may */
};

/* What stood before the verb on the command line. */
struct globals {
    const char *conf_path; /* -f FILE, else SYSCONFDIR/scalemon/console.conf */
    int conf_named;        /* -f was given: a missing file is then an error */
    int snmp_argc;         /* argv[0] and the options that belong to net-snmp */
    char **snmp_argv;
};

/* An option is one row. */
struct option_row {
    char letter;       /* '\0': it has none */
    const char *name;  /* its long name; NULL: the table ends here */
    const char *value; /* what the help calls its value; NULL: it takes none */
    const char *help;
    /* Reads value (NULL: it takes none) into `at`. Returns NULL, or what was expected instead. */
    const char *(*take)(const struct option_row *row, const char *value, void *at);
    size_t at;          /* where `at` is in what options_read() fills */
    double least, most; /* of a number */
};

/* Values of options. */
enum { OPTION_LIST_MAX = 64 };
struct option_list {
    const char *v[OPTION_LIST_MAX];
    size_t n;
};
const char *option_flag(const struct option_row *row, const char *value, void *at);   /* bool */
const char *option_number(const struct option_row *row, const char *value, void *at); /* uint64_t, in range */
const char *option_decimal(const struct option_row *row, const char *value, void *at); /* double, in range */
const char *option_text(const struct option_row *row, const char *value, void *at);    /* const char * */
const char *option_list(const struct option_row *row, const char *value, void *at); /* struct option_list */

struct verb {
    const char *name;
    const char *args;                 /* as the usage shows them */
    const char *help;                 /* one line */
    const struct option_row *options; /* ends with a row without name */
    /* argv[0] is the verb's name. Returns an exit_status. */
    int (*run)(const struct globals *globals, int argc, char **argv);
};

/* Reads the verb's options into `into`, and leaves in *argc and *argv the words between them. false: *status
 * is what to exit with, stdout has the help, or stderr what was wrong. */
bool options_read(const struct verb *verb, int *argc, char ***argv, void *into, int *status);

/* Prints "scalemon NAME: FORMAT" and the verb's usage to stderr; returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int verb_usage(const struct verb *verb, const char *format, ...);

extern const struct verb verb_status, verb_top, verb_portal, verb_limit, verb_agent, verb_eperf, verb_events,
    verb_graph, verb_report;

#endif
