#include "console/graph_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ident.h"
#include "console/graph_args.h"
#include "console/rrd_header.h"

void graph_names_free(struct graph_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
    *names = (struct graph_names){0};
}

static void add_name(struct graph_names *names, const char *name, size_t len)
{
    names->v = graph_grow(names->v, names->n + 1, sizeof *names->v);
    names->v[names->n++] = graph_print("%.*s", (int)len, name);
}

bool graph_host_good(const char *host)
{
    return host[0] != '\0' && host[0] != '.' && strchr(host, '/') == NULL && strlen(host) <= IDENT_PART_MAX;
}

static int by_byte(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_directory(int at, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return entry->d_type == DT_DIR;
    return fstatat(at, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* The directories in path that begin with prefix and end with suffix: what stands between. */
static bool list(const char *path, const char *prefix, size_t prefix_len, const char *suffix,
                 struct graph_names *out)
{
    size_t suffix_len = strlen(suffix);
    DIR *dir = opendir(path);

    *out = (struct graph_names){0};
    if (dir == NULL)
        return false;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL)
            break;
        const char *name = entry->d_name;
        size_t len = strlen(name);
        if (!graph_host_good(name) || len <= prefix_len + suffix_len ||
            strncmp(name, prefix, prefix_len) != 0 || strcmp(name + len - suffix_len, suffix) != 0 ||
            !is_directory(dirfd(dir), entry))
            continue;
        add_name(out, name + prefix_len, len - prefix_len - suffix_len);
    }
    int error = errno;
    closedir(dir);
    if (out->n > 1)
        qsort(out->v, out->n, sizeof *out->v, by_byte);
    if (error != 0)
        graph_names_free(out);
    errno = error;
    return error == 0;
}

bool graph_hosts(const char *dir, struct graph_names *out)
{
    return list(dir, "", 0, "", out);
}

bool graph_instances(const char *dir, const char *host, const char *where, struct graph_names *out)
{
    size_t at = strcspn(where, "@*");
    char *path = graph_print("%s/%s", dir, host);
    bool read = true;

    if (where[at] != '\0') {
        read = list(path, where, at, where + at + 1, out);
    } else {
        char *whole = graph_print("%s/%s", path, where);
        struct stat st;
        *out = (struct graph_names){0};
        if (stat(whole, &st) == 0 && S_ISDIR(st.st_mode))
            add_name(out, "", 0);
        free(whole);
    }
    free(path);
    return read;
}

void graph_all_instances(const char *dir, const char *const *hosts, size_t n, const char *where,
                         struct graph_names *out)
{
    struct graph_names all = {0}, here;

    *out = (struct graph_names){0};
    for (size_t h = 0; h < n; h++) {
        graph_instances(dir, hosts[h], where, &here);
        for (size_t i = 0; i < here.n; i++)
            add_name(&all, here.v[i], strlen(here.v[i]));
        graph_names_free(&here);
    }
    if (all.n > 1)
        qsort(all.v, all.n, sizeof *all.v, by_byte);
    if (strchr(where, '*') != NULL && all.n > 0)
        add_name(out, "", 0);
    else
        for (size_t i = 0; i < all.n; i++)
            if (i == 0 || strcmp(all.v[i], all.v[i - 1]) != 0)
                add_name(out, all.v[i], strlen(all.v[i]));
    graph_names_free(&all);
}

/* Never left to librrd alone: it would wait for ever in open(2) of a FIFO, and it trusts what it finds. */
bool graph_file_usable(const char *path, const char *ds, const char *cf, char why[GRAPH_WHY_MAX])
{
    unsigned char *head = NULL;
    struct stat st;
    size_t len = 0;
    ssize_t n = 1;
    bool usable = false;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0) {
        snprintf(why, GRAPH_WHY_MAX, "%s", strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        snprintf(why, GRAPH_WHY_MAX, "not a regular file");
    } else {
        head = graph_grow(NULL, RRD_HEADER_MAX, 1);
        while (len < RRD_HEADER_MAX && (n = read(fd, head + len, RRD_HEADER_MAX - len)) > 0)
            len += (size_t)n;
        if (n < 0)
            snprintf(why, GRAPH_WHY_MAX, "%s", strerror(errno));
        else
            usable = rrd_header_check(head, len, (uint64_t)st.st_size, ds, cf, why);
    }
    free(head);
    if (fd >= 0)
        close(fd);
    return usable;
}
