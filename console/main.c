/* scalemon: the operator's console. This file knows the verbs and what may stand before one, nothing else. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/verb.h"
#include "scm_config.h"

/* the order is the usage's */
static const struct verb *const verbs[] = {&verb_status, &verb_top,    &verb_portal, &verb_limit, &verb_agent,
                                           &verb_eperf,  &verb_events, &verb_graph,  &verb_report};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

/* net-snmp's options (snmpcmd(1)) that take a value; the others are flags. `-f` is ours. */
static const char VALUED[] = "fYmMOIPDvrtcZeEnulxXaApT3sSLkKN";

static const struct verb *find(const char *name)
{
    for (int i = 0; i < VERBS; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

static void usage(FILE *out)
{
    fputs("usage: scalemon [-f FILE] [net-snmp options] COMMAND ... [HOST|@POOL...]\n\n", out);
    for (int i = 0; i < VERBS; i++)
        fprintf(out, "  %-8s %s\n", verbs[i]->name, verbs[i]->help);
    fputs(
        "\n`scalemon COMMAND --help' tells the words and options of a command; scalemon(1) tells the rest.\n"
        "-f FILE names the configuration (" SYSCONFDIR
        "/scalemon/console.conf). net-snmp's options are those of\n"
        "snmpcmd(1): -v, -c, -u, -l, -a, -A, -x, -X, -t, -r ...; what they do not say stands in "
        "snmp.conf(5).\n",
        out);
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

/* Divides what stands before the verb into ours and net-snmp's. Returns the verb's index in argv (argc if
 * none). */
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

/* What a verb printed is not printed until it is written. */
static bool printed(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "scalemon: output: %s\n", strerror(errno));
    return false;
}

int main(int argc, char **argv)
{
    struct globals globals = {.conf_path = SYSCONFDIR "/scalemon/console.conf"};

    setlocale(LC_CTYPE, "");
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
        usage(stdout);
        return printed() ? EXIT_WELL : EXIT_FAILED;
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
        status = verb->run(&globals, argc - at, argv + at);
    } else if (at < argc) {
        fprintf(stderr, "scalemon: %s: no such command; `scalemon -h' lists them\n", argv[at]);
    } else {
        usage(stderr);
    }
    free(globals.snmp_argv);
    return status == EXIT_WELL && !printed() ? EXIT_FAILED : status;
}
