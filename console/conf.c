#include "console/conf.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

/* An option is one row: where it may stand, how it is read, what is expected. */
struct reading {
    struct conf *conf;
    struct conf_pool *pool; /* the section's; NULL in [console] */
    const char *value;
};

static bool decimal(const char *s, double min, double max, double *out)
{
    double d = 0;
    if (!num_decimal(s, strlen(s), &d) || d < min || d > max)
        return false;
    *out = d;
    return true;
}

static bool number(const char *s, unsigned min, unsigned max, unsigned *out)
{
    uint64_t n = 0;
    if (!num_u64(s, strlen(s), min, max, &n))
        return false;
    *out = (unsigned)n;
    return true;
}

static bool string(const char *s, char **out)
{
    if (*s == '\0')
        return false;
    free(*out);
    return (*out = strdup(s)) != NULL;
}

static bool set_interval(struct reading *r)
{
    return decimal(r->value, 0.1, 3600, &r->conf->interval);
}

static bool set_timeout(struct reading *r)
{
    return decimal(r->value, 0.05, 60, &r->conf->timeout);
}

static bool set_retries(struct reading *r)
{
    return number(r->value, 0, 10, &r->conf->retries);
}

static bool set_window(struct reading *r)
{
    return number(r->value, 1, 10000, &r->conf->window);
}

static bool set_pool(struct reading *r)
{
    return string(r->value, &r->conf->pool);
}

static bool set_port(struct reading *r)
{
    return number(r->value, 1, 65535, &r->pool->port);
}

static bool set_hosts(struct reading *r)
{
    static const char gaps[] = " \t,";
    for (const char *s = r->value + strspn(r->value, gaps); *s != '\0'; s += strspn(s, gaps)) {
        size_t len = strcspn(s, gaps);
        char **hosts = reallocarray(r->pool->hosts, r->pool->n_hosts + 1, sizeof *hosts);
        if (hosts == NULL)
            return false;
        r->pool->hosts = hosts;
        if ((hosts[r->pool->n_hosts] = strndup(s, len)) == NULL)
            return false;
        r->pool->n_hosts++;
        s += len;
    }
    return r->pool->n_hosts > 0;
}

static struct conf_pool *pool_make(struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->n_pools; i++)
        if (strcmp(c->pools[i].name, name) == 0)
            return &c->pools[i];
    struct conf_pool *pools = reallocarray(c->pools, c->n_pools + 1, sizeof *pools);
    if (pools == NULL)
        return NULL;
    c->pools = pools;
    pools[c->n_pools] = (struct conf_pool){.name = strdup(name)};
    return pools[c->n_pools].name != NULL ? &pools[c->n_pools++] : NULL;
}

/* In [console] it is short for a pool of the name "collectd". */
static bool set_collectd(struct reading *r)
{
    struct conf_pool *pool = r->pool != NULL ? r->pool : pool_make(r->conf, "collectd");
    return pool != NULL && r->value[0] == '/' && string(r->value, &pool->collectd);
}

static const struct option_row {
    const char *name;
    bool console, pool; /* the sections it may stand in */
    bool (*set)(struct reading *);
    const char *expected;
} options[] = {
    {"interval", true,  false, set_interval, "seconds, 0.1 to 3600"                  },
    {"timeout",  true,  false, set_timeout,  "seconds, 0.05 to 60"                   },
    {"retries",  true,  false, set_retries,  "a number, 0 to 10"                     },
    {"window",   true,  false, set_window,   "a number, 1 to 10000"                  },
    {"pool",     true,  false, set_pool,     "the name of a pool"                    },
    {"collectd", true,  true,  set_collectd, "the path of a collectd unixsock socket"},
    {"hosts",    false, true,  set_hosts,    "names or addresses of hosts"           },
    {"port",     false, true,  set_port,     "a port, 1 to 65535"                    },
};

struct parse {
    struct conf *conf;
    const char *path;
    FILE *file;
    int line; /* the one that was read last */
    int bad;  /* lines that were wrong */
};

__attribute__((format(printf, 2, 3))) static int complain(struct parse *p, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "%s:%d: ", p->path, p->line);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    p->bad++;
    return 1;
}

/* inih as Debian builds it does not tell its handler the line, and cuts a long one in two: its reader knows
 * better. */
static char *read_line(char *buf, int size, void *arg)
{
    struct parse *p = arg;
    char *s = fgets(buf, size, p->file);
    p->line++;
    if (s != NULL && strlen(s) == (size_t)size - 1 && s[size - 2] != '\n') {
        complain(p, "longer than %d bytes: write `hosts =' more than once", size - 2);
        return NULL;
    }
    return s;
}

static int on_option(void *arg, const char *section, const char *name, const char *value)
{
    struct parse *p = arg;
    bool console = strcmp(section, "console") == 0, is_pool = strncmp(section, "pool ", 5) == 0;
    struct reading r = {.conf = p->conf, .value = value};

    if (!console && (!is_pool || section[5] == '\0' || strlen(section + 5) > CONF_NAME_MAX))
        return complain(p, "section [%s]: expected [console] or [pool NAME]", section);
    if (is_pool && (r.pool = pool_make(p->conf, section + 5)) == NULL)
        return complain(p, "out of memory");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const struct option_row *o = &options[i];
        if (strcmp(o->name, name) != 0 || !(console ? o->console : o->pool))
            continue;
        return o->set(&r) ? 1 : complain(p, "%s = %s: expected %s", name, value, o->expected);
    }
    return complain(p, "%s: no such option in [%s]", name, section);
}

bool conf_read(struct conf *c, const char *path, bool required)
{
    struct parse p = {.conf = c, .path = path};
    *c = (struct conf){.interval = 2, .timeout = 1, .retries = 1};
    p.file = fopen(path, "re");
    if (p.file == NULL) {
        if (errno == ENOENT && !required)
            return true;
        fprintf(stderr, "scalemon: %s: %s\n", path, strerror(errno));
        return false;
    }
    int line = ini_parse_stream(read_line, &p, on_option, &p);
    fclose(p.file);
    p.line = line;
    if (line != 0 && p.bad == 0)
        complain(&p, "expected `[section]' or `name = value'");
    if (p.bad == 0 && c->pool != NULL && conf_pool(c, c->pool) == NULL)
        complain(&p, "pool = %s: there is no [pool %s]", c->pool, c->pool);
    if (p.bad > 0)
        conf_free(c);
    return p.bad == 0;
}

void conf_free(struct conf *c)
{
    for (size_t i = 0; i < c->n_pools; i++) {
        struct conf_pool *pool = &c->pools[i];
        for (size_t k = 0; k < pool->n_hosts; k++)
            free(pool->hosts[k]);
        free(pool->hosts);
        free(pool->name);
        free(pool->collectd);
    }
    free(c->pools);
    free(c->pool);
    *c = (struct conf){0};
}

const struct conf_pool *conf_pool(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->n_pools; i++)
        if (strcmp(c->pools[i].name, name) == 0)
            return &c->pools[i];
    return NULL;
}
