#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "common/num.h"
#include "console/verb.h"

enum { ROWS_MAX = 24, LONG_ONLY = 256, HELP_COLUMN = 30 };

static const struct option_row help_row = {.letter = 'h', .name = "help", .help = "show this"};

/* ---- values */

const char *option_flag(const struct option_row *row, const char *value, void *at)
{
    *(bool *)at = true;
    return NULL;
}

static const char *range(const struct option_row *row)
{
    static char text[64];
    snprintf(text, sizeof text, "%.15g to %.15g", row->least, row->most);
    return text;
}

const char *option_number(const struct option_row *row, const char *value, void *at)
{
    return num_u64(value, strlen(value), (uint64_t)row->least, (uint64_t)row->most, at) ? NULL : range(row);
}

const char *option_decimal(const struct option_row *row, const char *value, void *at)
{
    double d;
    if (!num_decimal(value, strlen(value), &d) || d < row->least || d > row->most)
        return range(row);
    *(double *)at = d;
    return NULL;
}

const char *option_text(const struct option_row *row, const char *value, void *at)
{
    *(const char **)at = value;
    return NULL;
}

const char *option_list(const struct option_row *row, const char *value, void *at)
{
    struct option_list *list = at;
    if (list->n == OPTION_LIST_MAX)
        return "fewer of them";
    list->v[list->n++] = value;
    return NULL;
}

/* ---- the help */

static void print_row(const struct option_row *row)
{
    char text[64], letter[] = {'-', row->letter, ',', ' ', '\0'};
    snprintf(text, sizeof text, "%s--%s %s", row->letter != '\0' ? letter : "    ", row->name,
             row->value != NULL ? row->value : "");
    printf("  %-*s %s\n", HELP_COLUMN, text, row->help);
}

static void print_usage(FILE *f, const struct verb *verb)
{
    fprintf(f, "usage: scalemon [OPTIONS] %s %s\n", verb->name, verb->args);
}

static void print_help(const struct verb *verb)
{
    print_usage(stdout, verb);
    printf("%s\n\n", verb->help);
    for (const struct option_row *row = verb->options; row->name != NULL; row++)
        print_row(row);
    print_row(&help_row);
}

int verb_usage(const struct verb *verb, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "scalemon %s: ", verb->name);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    print_usage(stderr, verb);
    fprintf(stderr, "`scalemon %s --help' tells the options\n", verb->name);
    return EXIT_USAGE;
}

/* ---- the command line */

/* The rows as getopt_long() wants them: what it returns is the letter, or LONG_ONLY and the row's number. */
struct getopt_tables {
    const struct option_row *rows[ROWS_MAX];
    struct option longs[ROWS_MAX + 1];
    char letters[2 * ROWS_MAX + 2];
    size_t n;
};

static void add_row(struct getopt_tables *t, const struct option_row *row)
{
    if (t->n == ROWS_MAX)
        return;
    size_t end = strlen(t->letters);
    int code = row->letter != '\0' ? row->letter : LONG_ONLY + (int)t->n;
    t->rows[t->n] = row;
    t->longs[t->n] =
        (struct option){row->name, row->value != NULL ? required_argument : no_argument, NULL, code};
    if (row->letter != '\0') {
        t->letters[end++] = row->letter;
        if (row->value != NULL)
            t->letters[end++] = ':';
    }
    t->n++;
}

static const struct option_row *row_of(const struct getopt_tables *t, int code)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->longs[i].val == code)
            return t->rows[i];
    return NULL;
}

/* What getopt_long() would not have. */
static int refuse(const struct verb *verb, const struct getopt_tables *t, int code, char **argv)
{
    const struct option_row *row = optopt != 0 ? row_of(t, optopt) : NULL;
    if (code == ':' && row != NULL)
        return verb_usage(verb, "--%s: expected a value after it: %s", row->name, row->value);
    if (row != NULL)
        return verb_usage(verb, "--%s: takes no value", row->name);
    if (optopt != 0)
        return verb_usage(verb, "-%c: no such option; net-snmp's stand before the command", optopt);
    return verb_usage(verb, "%s: no such option, or several that begin so", argv[optind - 1]);
}

bool options_read(const struct verb *verb, int *argc, char ***argv, void *into, int *status)
{
    struct getopt_tables t = {.letters = ":"};
    int code;
    for (const struct option_row *row = verb->options; row->name != NULL; row++)
        add_row(&t, row);
    add_row(&t, &help_row);
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(*argc, *argv, t.letters, t.longs, NULL)) != -1) {
        const struct option_row *row = code == '?' || code == ':' ? NULL : row_of(&t, code);
        if (row == NULL) {
            *status = refuse(verb, &t, code, *argv);
            return false;
        }
        if (row == &help_row) {
            print_help(verb);
            *status = EXIT_WELL;
            return false;
        }
        const char *expected = row->take(row, optarg, (char *)into + row->at);
        if (expected != NULL) {
            *status = verb_usage(verb, "--%s %s: expected %s", row->name, optarg, expected);
            return false;
        }
    }
    *argc -= optind;
    *argv += optind;
    return true;
}
