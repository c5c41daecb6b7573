/* scalemond: options, then the runner. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/log.h"
#include "agent/runner.h"
#include "agent/script.h"
#include "scm_config.h"

static const char usage[] = "usage: scalemond [-f] [-c FILE]   run (-f: stay in front, log to stderr)\n"
                            "       scalemond -t [-c FILE]     check the configuration, its users and scripts\n"
                            "       scalemond -V | -h          version | this text\n"
                            "FILE is " SYSCONFDIR "/scalemon/scalemond.conf unless given.\n";

static void report(void *arg, const char *message)
{
    fprintf(stderr, "%s\n", message);
}

/* SIGHUP reads it again, from wherever we are then. Links stay links: one that leads elsewhere by then is followed there. */
static const char *absolute(const char *file, char path[PATH_MAX])
{
    char here[PATH_MAX];
    if (file[0] == '/' || getcwd(here, sizeof here) == NULL ||
        snprintf(path, PATH_MAX, "%s/%s", strcmp(here, "/") == 0 ? "" : here, file) >= PATH_MAX)
        return file;
    return path;
}

int main(int argc, char **argv)
{
    const char *file = SYSCONFDIR "/scalemon/scalemond.conf";
    bool front = false, test = false;
    for (int c; (c = getopt(argc, argv, "c:ftVh")) != -1;)
        switch (c) {
        case 'c':
            file = optarg;
            break;
        case 'f':
            front = true;
            break;
        case 't':
            test = true;
            break;
        case 'V':
            puts("scalemond " PACKAGE_VERSION);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 2;
        }
    if (optind != argc) {
        fputs(usage, stderr);
        return 2;
    }
    char path[PATH_MAX];
    struct config *config = config_load(absolute(file, path), report, NULL);
    if (config == NULL)
        return 1;
    if (test) {
        unsigned problems = script_check(config, report, NULL);
        if (problems == 0)
            printf("%s: good: %zu portals, %zu limits\n", file, config->n_portals, config->n_limits);
        config_free(config);
        return problems == 0 ? 0 : 1;
    }
    if (!front && daemon(0, 0) != 0) {
        fprintf(stderr, "scalemond: cannot go to the background: %s\n", strerror(errno));
        return 1;
    }
    log_open("scalemond", !front);
    return runner_main(config, !front);
}
