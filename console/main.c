/* scalemon: the operator's console. This file knows the verbs and what may stand before one, nothing else. */
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/verb.h"
#include "scm_config.h"

/* clang-format off */
static const struct verb verbs[] = {
    /* one row per verb; the order is the usage's */
    {"status", "[-o table|json|csv] [HOST...]", "one row per host: load, memory, in, out, portals, alarms", cmd_status},
    {"top", "[-i SECONDS] [--no-color] [HOST...]", "the same, live; switches portals and edits limits", cmd_top},
    {"portal",
     "list | on NAME | off NAME | hold NAME [--parallel N] [--max-running N [--among HOST|@POOL]...]\n"
     "                      [--timeout SECONDS] [-q] [-o FORMAT] [HOST...]",
     "the portals; switching waits for the acknowledgement", cmd_portal},
    {"limit",
     "list | set NAME [--metric M] [--above X | --below X] [--clear X] [--hits N] [--clear-hits N]\n"
     "                      [--severity warning|failure] | delete NAME [-o FORMAT] [HOST...]",
     "the limits, and their change", cmd_limit},
    {"agent", "list | running | maintenance | shutdown [-o FORMAT] [HOST...]", "the agents and their admin status", cmd_agent},
    {"eperf", "list | run NAME [--timeout SECONDS] [--no-wait] [-o FORMAT] [HOST...]",
     "the throughput tests; run waits for the result", cmd_eperf},
    {"events", "[-f] [-n COUNT] [-i SECONDS] [-o FORMAT] [HOST...]", "what happened; -f follows", cmd_events},
    {"graph",
     "--out DIR [--rrd DIR] [--range RANGE]... [--format png|svg] [--theme light|dark] [--size WxH]\n"
     "                      [--graph PATTERN]... [--pool] [--marks [HOST=]FILE]... [--daemon ADDRESS] [--end TIME] [--values] [HOST...]",
     "pictures of what collectd stored in RRD files", cmd_graph},
    {"report",
     "--out DIR [--rrd DIR] [--range RANGE]... [--graph PATTERN]... [--marks [HOST=]FILE]... [--daemon ADDRESS] [--end TIME] [HOST...]",
     "the same as an HTML page for each host and one for the pool", cmd_report},
};
/* clang-format on */
enum { VERBS = sizeof verbs / sizeof verbs[0] };

/* net-snmp's options (snmpcmd(1)) that take a value; the others are flags. `-f` is ours. */
static const char VALUED[] = "fYmMOIPDvrtcZeEnulxXaApT3sSLkKN";

static const struct verb *find(const char *name)
{
    for (int i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static void usage(FILE *out)
{
    fputs("usage: scalemon [-f FILE] [net-snmp options] COMMAND ... [HOST|@POOL...]\n\n", out);
    for (int i = 0; i < VERBS; i++)
        fprintf(out, "  %-8s %s\n           %s\n", verbs[i].name, verbs[i].args, verbs[i].help);
    fputs("\n-f FILE names the configuration (" SYSCONFDIR "/scalemon/console.conf); net-snmp's options are those of\n"
          "snmpcmd(1) and snmp.conf(5): -v, -c, -u, -l, -a, -A, -x, -X, -t, -r ... `man scalemon' tells the rest.\n",
          out);
}

int verb_usage(const char *name, const char *format, ...)
{
    const struct verb *verb = find(name);
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "scalemon %s: ", name);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\nusage: scalemon [OPTIONS] %s %s\n", name, verb != NULL ? verb->args : "");
    return EXIT_USAGE;
}

/* How many words of argv the option at argv[0] takes. `-vVALUE` and `-dV` are one word, `-v VALUE` two,
 * net-snmp's `--name=value` one. */
static int option_words(char **argv)
{
    const char *s = argv[0] + 1;
    if (*s == '-')
        return 1;
    for (; *s != '\0'; s++)
        if (strchr(VALUED, *s) != NULL)
            return s[1] != '\0' || argv[1] == NULL ? 1 : 2;
    return 1;
}

/* Divides what stands before the verb into ours and net-snmp's. Returns the verb's index in argv (argc if none). */
static int split(struct globals *globals, int argc, char **argv)
{
    int i = 1;
    globals->snmp_argv[globals->snmp_argc++] = argv[0];
    while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0') {
        int words = option_words(argv + i);
        if (argv[i][1] == 'f') {
            globals->conf_path = words == 2 ? argv[i + 1] : argv[i] + 2;
            globals->conf_named = 1;
        } else {
            for (int w = 0; w < words; w++)
                globals->snmp_argv[globals->snmp_argc++] = argv[i + w];
        }
        i += words;
    }
    return i;
}

int main(int argc, char **argv)
{
    struct globals globals = {.conf_path = SYSCONFDIR "/scalemon/console.conf"};

    setlocale(LC_CTYPE, "");
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
        usage(stdout);
        return EXIT_WELL;
    }
    if (argc > 1 && (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0)) {
        puts("scalemon " PACKAGE_VERSION);
        return EXIT_WELL;
    }
    globals.snmp_argv = calloc((size_t)argc + 2, sizeof *globals.snmp_argv);
    if (globals.snmp_argv == NULL) {
        perror("scalemon");
        return EXIT_FAILED;
    }
    int at = split(&globals, argc, argv), status = EXIT_USAGE;
    const struct verb *verb = at < argc ? find(argv[at]) : NULL;
    if (verb != NULL) {
        optind = 1;
        status = verb->run(&globals, argc - at, argv + at);
    } else if (at < argc) {
        fprintf(stderr, "scalemon: %s: no such command; `scalemon -h' lists them\n", argv[at]);
    } else {
        usage(stderr);
    }
    free(globals.snmp_argv);
    return status;
}
