#include "console/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/num.h"

/* Takes the transport off the word, where it has one. */
static const char *take_transport(const char *word, struct resolve *out)
{
    static const struct {
        const char *prefix;
        bool tcp;
        int family;
    } transports[] = {
        {"udp:",  false, AF_INET },
        {"udp6:", false, AF_INET6},
        {"tcp:",  true,  AF_INET },
        {"tcp6:", true,  AF_INET6},
    };
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        size_t len = strlen(transports[i].prefix);
        if (strncmp(word, transports[i].prefix, len) == 0) {
            out->tcp = transports[i].tcp;
            out->family = transports[i].family;
            return word + len;
        }
    }
    return word;
}

bool resolve_wanted(const char *word, unsigned port, struct resolve *out)
{
    struct in_addr v4;
    memset(out, 0, sizeof *out);
    word = take_transport(word, out);
    uint64_t own = port;
    const char *colon = strchr(word, ':');
    size_t len = colon != NULL ? (size_t)(colon - word) : strlen(word);
    if (len == 0 || len >= sizeof out->name || word[0] == '/')
        return false;
    if (colon != NULL && !num_u64(colon + 1, strlen(colon + 1), 1, 65535, &own))
        return false;
    memcpy(out->name, word, len);
    out->port = (unsigned)own;
    return inet_pton(AF_INET, out->name, &v4) != 1;
}

static void write_address(struct resolve *r, const struct addrinfo *ai)
{
    char host[INET6_ADDRSTRLEN], port[16] = "";
    if (r->port != 0)
        snprintf(port, sizeof port, ":%u", r->port);
    if (ai->ai_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)ai->ai_addr)->sin_addr, host,
                  sizeof host);
        snprintf(r->address, sizeof r->address, "%s:%s%s", r->tcp ? "tcp" : "udp", host, port);
    } else {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)ai->ai_addr)->sin6_addr, host,
                  sizeof host);
        snprintf(r->address, sizeof r->address, "%s6:[%s]%s", r->tcp ? "tcp" : "udp", host, port);
    }
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One name's look-up, which the C library's threads write to. It outlives a look-up that nobody waits for any
 * more, and then is not freed. */
struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char name[256];
};

struct lookups {
    size_t n;
    struct gaicb **requests; /* each a lookup's first member */
};

static struct lookup *lookup_new(const struct resolve *of)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    memcpy(l->name, of->name, sizeof l->name);
    l->hints.ai_socktype = SOCK_DGRAM; /* or each address would come thrice */
    l->hints.ai_family = of->family;
    l->request.ar_name = l->name;
    l->request.ar_request = &l->hints;
    return l;
}

struct lookups *resolve_begin(const struct resolve *list, size_t n)
{
    struct lookups *all = calloc(1, sizeof *all);
    if (all == NULL || (all->requests = calloc(n, sizeof(struct gaicb *))) == NULL) {
        free(all);
        return NULL;
    }
    for (; all->n < n; all->n++) {
        struct lookup *l = lookup_new(&list[all->n]);
        if (l == NULL)
            break;
        all->requests[all->n] = &l->request;
    }
    if (all->n == n && getaddrinfo_a(GAI_NOWAIT, all->requests, (int)n, NULL) == 0)
        return all;
    for (size_t i = 0; i < all->n; i++)
        free(all->requests[i]);
    free(all->requests);
    free(all);
    return NULL;
}

bool resolve_done(const struct lookups *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (gai_error(all->requests[i]) == EAI_INPROGRESS)
            return false;
    return true;
}

/* False: it is still being written to. */
static bool finish(struct gaicb *request, struct resolve *r)
{
    int error = gai_error(request);
    if (error == EAI_INPROGRESS && gai_cancel(request) != EAI_CANCELED) {
        r->why = "the look-up of its name takes too long";
        return false;
    }
    if (error == 0 && request->ar_result != NULL)
        write_address(r, request->ar_result);
    else
        r->why = error == EAI_INPROGRESS ? "the look-up of its name takes too long" : gai_strerror(error);
    if (request->ar_result != NULL)
        freeaddrinfo(request->ar_result);
    return true;
}

void resolve_end(struct lookups *all, struct resolve *list)
{
    for (size_t i = 0; i < all->n; i++)
        if (finish(all->requests[i], &list[i]))
            free(all->requests[i]);
    free(all->requests);
    free(all);
}

static void wait_for(const struct lookups *all, int timeout_ms)
{
    const struct gaicb *const *waiting = (const struct gaicb *const *)all->requests;
    int64_t until = now() + timeout_ms;
    for (size_t i = 0; i < all->n;) {
        int64_t left = until - now();
        struct timespec t = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        if (gai_error(all->requests[i]) != EAI_INPROGRESS)
            i++;
        else if (left <= 0 || gai_suspend(waiting + i, 1, &t) == EAI_AGAIN)
            return;
    }
}

void resolve_all(struct resolve *list, size_t n, int timeout_ms)
{
    struct lookups *all = n > 0 ? resolve_begin(list, n) : NULL;
    for (size_t i = 0; i < n; i++)
        list[i].why = "out of memory";
    if (all != NULL) {
        wait_for(all, timeout_ms);
        resolve_end(all, list);
    }
}
