#include "agent/host_kernel.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/num.h"

/* Reads a small file whole; "" if it can't be read. */
static void slurp(const char *path, char *buf, size_t size)
{
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && n < size - 1) {
        ssize_t k = read(fd, buf + n, size - 1 - n);
        if (k <= 0)
            break;
        n += (size_t)k;
    }
    buf[n] = '\0';
    if (fd >= 0)
        close(fd);
}

/* The field'th word of a line (from 0), in place; its length, 0 if there is none. */
static size_t word(const char *line, unsigned field, const char **out)
{
    static const char blanks[] = " \t";

    for (;;) {
        line += strspn(line, blanks);
        size_t n = strcspn(line, " \t\n");
        if (field-- == 0 || n == 0) {
            *out = line;
            return n;
        }
        line += n;
    }
}

static bool hex_zero(const char *s, size_t n)
{
    return n > 0 && strspn(s, "0") >= n;
}

/* One routing table: columns of destination, prefix or mask, flags, metric and interface. */
struct table_shape {
    unsigned dest, mask, flags, metric, iface;
    int metric_base;
};

/* Whether the line is a default route in use, through another interface than lo: which, and its metric. */
static bool is_default(const char *line, const struct table_shape *t, char *name, size_t size, unsigned long *metric)
{
    const char *dest, *mask, *flags, *text, *iface;
    size_t dest_n = word(line, t->dest, &dest), mask_n = word(line, t->mask, &mask), n = word(line, t->iface, &iface);

    if (!hex_zero(dest, dest_n) || !hex_zero(mask, mask_n) || !word(line, t->flags, &flags) || !word(line, t->metric, &text) ||
        n == 0 || n >= size || (n == 2 && memcmp(iface, "lo", 2) == 0))
        return false;
    unsigned long f = strtoul(flags, NULL, 16);
    if ((f & 1) == 0 || (f & 0x200)) /* RTF_UP, RTF_REJECT */
        return false;
    *metric = strtoul(text, NULL, t->metric_base);
    memcpy(name, iface, n);
    name[n] = '\0';
    return true;
}

static bool best_default(FILE *table, const struct table_shape *t, char *name, size_t size)
{
    char line[512], one[IF_NAMESIZE];
    unsigned long best = ULONG_MAX, metric;
    bool found = false;

    for (unsigned i = 0; table && i < HOST_ROUTES_MAX && fgets(line, sizeof line, table); i++) {
        if (!is_default(line, t, one, sizeof one, &metric) || (found && metric >= best))
            continue;
        snprintf(name, size, "%s", one);
        best = metric;
        found = true;
    }
    return found;
}

bool host_default_route(FILE *ipv4, FILE *ipv6, char *name, size_t size)
{
    static const struct table_shape v4 = {.dest = 1, .mask = 7, .flags = 3, .metric = 6, .iface = 0, .metric_base = 10};
    static const struct table_shape v6 = {.dest = 0, .mask = 1, .flags = 8, .metric = 5, .iface = 9, .metric_base = 16};

    return best_default(ipv4, &v4, name, size) || best_default(ipv6, &v6, name, size);
}

static void ask_route(struct host_kernel *k)
{
    FILE *v4 = fopen("/proc/net/route", "re"), *v6 = fopen("/proc/net/ipv6_route", "re");

    if (!host_default_route(v4, v6, k->route, sizeof k->route))
        k->route[0] = '\0';
    if (v4)
        fclose(v4);
    if (v6)
        fclose(v6);
}

static struct view_u32 link_speed(const char *iface)
{
    char path[64 + IF_NAMESIZE], text[32];
    uint64_t mbit;

    snprintf(path, sizeof path, "/sys/class/net/%s/speed", iface);
    slurp(path, text, sizeof text);
    if (!num_u64(text, strcspn(text, "\n"), 1, UINT32_MAX / 1000, &mbit)) /* -1: unknown */
        return (struct view_u32){0};
    return (struct view_u32){.v = (uint32_t)mbit * 1000, .has = true};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct host_interface *)a)->name, ((const struct host_interface *)b)->name);
}

static void ask_interfaces(struct host_kernel *k)
{
    struct if_nameindex *all = if_nameindex();
    size_t n = 0;

    if (!all)
        return; /* the old ones stand */
    while (all[n].if_index)
        n++;
    struct host_interface *interfaces = calloc(n + 1, sizeof *interfaces);
    if (interfaces) {
        for (size_t i = 0; i < n; i++) {
            snprintf(interfaces[i].name, sizeof interfaces[i].name, "%s", all[i].if_name);
            interfaces[i].index = all[i].if_index;
            interfaces[i].speed = link_speed(interfaces[i].name);
        }
        qsort(interfaces, n, sizeof *interfaces, by_name);
        free(k->interfaces);
        k->interfaces = interfaces;
        k->n = n;
    }
    if_freenameindex(all);
}

void host_kernel_ask(struct host_kernel *k, bool route)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    k->cpus = cpus > 0 ? (uint32_t)cpus : 0;
    ask_interfaces(k);
    if (route)
        ask_route(k);
}

void host_kernel_free(struct host_kernel *k)
{
    free(k->interfaces);
}

struct host_interface *host_kernel_interface(const struct host_kernel *k, const char *name, size_t len)
{
    struct host_interface key = {.index = 0};

    if (len >= sizeof key.name)
        return NULL;
    memcpy(key.name, name, len);
    return bsearch(&key, k->interfaces, k->n, sizeof key, by_name);
}
