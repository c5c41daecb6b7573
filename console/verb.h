/* A verb of `scalemon`: one file cmd_<name>.c, one row in main.c's table. */
#ifndef SCM_CONSOLE_VERB_H
#define SCM_CONSOLE_VERB_H

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

struct verb {
    const char *name;
    const char *args; /* as the usage shows them */
    const char *help; /* one line */
    /* argv[0] is the verb's name; options are parsed by the verb with getopt_long (optind is reset by main).
     * Returns an exit_status. A usage error is reported through verb_usage(). */
    int (*run)(const struct globals *globals, int argc, char **argv);
};

/* Prints "scalemon NAME: FORMAT" and that verb's usage line to stderr; returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int verb_usage(const char *name, const char *format, ...);

int cmd_status(const struct globals *globals, int argc, char **argv);
int cmd_top(const struct globals *globals, int argc, char **argv);
int cmd_portal(const struct globals *globals, int argc, char **argv);
int cmd_limit(const struct globals *globals, int argc, char **argv);
int cmd_agent(const struct globals *globals, int argc, char **argv);
int cmd_eperf(const struct globals *globals, int argc, char **argv);
int cmd_events(const struct globals *globals, int argc, char **argv);
int cmd_graph(const struct globals *globals, int argc, char **argv);
int cmd_report(const struct globals *globals, int argc, char **argv);

#endif
