#include "console/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/known_hosts.h"
#include "console/session.h"
#include "console/text.h"

enum { COLLECTD_MS = 5000, ADDRESS_MAX = 300 };

int fleet_open(struct fleet *f, const struct globals *globals)
{
    memset(f, 0, sizeof *f);
    if (!conf_read(&f->conf, globals->conf_path, globals->conf_named))
        return EXIT_USAGE;
    if (!session_template(&f->template, globals, &f->conf)) {
        fleet_close(f);
        return EXIT_USAGE;
    }
    f->poller = poller_new(&f->template, f->conf.window);
    if (f->poller == NULL) {
        perror("scalemon");
        fleet_close(f);
        return EXIT_FAILED;
    }
    return EXIT_WELL;
}

void fleet_close(struct fleet *f)
{
    fleet_names_free(f->names);
    poller_free(f->poller);
    session_template_free(&f->template);
    conf_free(&f->conf);
    free(f->hosts);
    free(f->ports);
    memset(f, 0, sizeof *f);
}

/* "udp:host:port" stays as it is; a bare IPv6 address gets the transport that net-snmp wants named. */
static bool address_of(const char *word, unsigned port, char *out)
{
    const char *colon = strchr(word, ':');
    bool bare6 = colon != NULL && strchr(colon + 1, ':') != NULL &&
                 strspn(word, "0123456789abcdefABCDEF:.") == strlen(word);
    int n;
    if (bare6)
        n = snprintf(out, ADDRESS_MAX, port > 0 ? "udp6:[%s]:%u" : "udp6:[%s]", word, port);
    else
        n = snprintf(out, ADDRESS_MAX, port > 0 && colon == NULL ? "%s:%u" : "%s", word, port);
    return n > 0 && n < ADDRESS_MAX;
}

static int no_memory(void)
{
    fputs("scalemon: out of memory\n", stderr);
    return EXIT_FAILED;
}

static int add(struct fleet *f, const char *word, unsigned port)
{
    char address[ADDRESS_MAX], name[ADDRESS_MAX];
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(host_name(f->hosts[i]), word) == 0)
            return EXIT_WELL;
    text_clean(name, sizeof name, word, strlen(word), text_utf8());
    if (*word == '\0' || strcmp(name, word) != 0 || !address_of(word, port, address)) {
        fprintf(stderr, "scalemon: \"%s\": expected the name or address of a host\n", name);
        return EXIT_USAGE;
    }
    if (f->n == f->room) {
        size_t room = f->room == 0 ? 16 : f->room * 2;
        struct host **hosts = reallocarray(f->hosts, room, sizeof(struct host *));
        if (hosts == NULL)
            return no_memory();
        f->hosts = hosts;
        unsigned *ports = reallocarray(f->ports, room, sizeof *ports);
        if (ports == NULL)
            return no_memory();
        f->ports = ports;
        f->room = room;
    }
    struct host *h = poller_add(f->poller, word, address);
    if (h == NULL)
        return no_memory();
    f->ports[f->n] = port;
    f->hosts[f->n++] = h;
    return EXIT_WELL;
}

struct known {
    struct fleet *fleet;
    unsigned port;
    int status;
};

static bool add_known(void *arg, const char *host)
{
    struct known *k = arg;
    k->status = add(k->fleet, host, k->port);
    return k->status == EXIT_WELL;
}

static int add_pool(struct fleet *f, const struct conf_pool *pool)
{
    struct known known = {.fleet = f, .port = pool->port};
    const char *why = NULL;
    for (size_t i = 0; i < pool->n_hosts; i++) {
        int status = add(f, pool->hosts[i], pool->port);
        if (status != EXIT_WELL)
            return status;
    }
    if (pool->collectd == NULL || known_hosts(pool->collectd, COLLECTD_MS, add_known, &known, &why))
        return EXIT_WELL;
    if (known.status == EXIT_WELL)
        fprintf(stderr, "scalemon: %s: %s\n", pool->collectd, why);
    return known.status != EXIT_WELL ? known.status : EXIT_FAILED;
}

static int add_default(struct fleet *f)
{
    int status = EXIT_WELL;
    if (f->conf.pool != NULL)
        return add_pool(f, conf_pool(&f->conf, f->conf.pool));
    for (size_t i = 0; i < f->conf.n_pools && status == EXIT_WELL; i++)
        status = add_pool(f, &f->conf.pools[i]);
    return status;
}

int fleet_add(struct fleet *f, char **words, int n)
{
    size_t first = f->n;
    int status = n > 0 ? EXIT_WELL : add_default(f);
    for (int i = 0; i < n && status == EXIT_WELL; i++) {
        const struct conf_pool *pool = words[i][0] == '@' ? conf_pool(&f->conf, words[i] + 1) : NULL;
        if (pool != NULL) {
            status = add_pool(f, pool);
        } else if (words[i][0] == '@') {
            fprintf(stderr, "scalemon: %s: no such pool in the configuration\n", words[i]);
            status = EXIT_USAGE;
        } else {
            status = add(f, words[i], 0);
        }
    }
    if (status == EXIT_WELL)
        status = fleet_look_up(f, first);
    if (status == EXIT_WELL && f->n == 0) {
        fputs("scalemon: no hosts: name some, or pools in console.conf(5)\n", stderr);
        status = EXIT_USAGE;
    }
    return status;
}
