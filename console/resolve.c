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

/* What the C library's threads write to. It outlives a look-up that nobody waits for any more, and then is
 * not freed. */
struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char name[256];
};

static bool finish(struct lookup *l, struct resolve *r)
{
    int error = gai_error(&l->request);
    if (error == EAI_INPROGRESS && gai_cancel(&l->request) != EAI_CANCELED) {
        r->why = "the look-up of its name takes too long";
        return false;
    }
    if (error == 0 && l->request.ar_result != NULL)
        write_address(r, l->request.ar_result);
    else
        r->why = error == EAI_INPROGRESS ? "the look-up of its name takes too long" : gai_strerror(error);
    if (l->request.ar_result != NULL)
        freeaddrinfo(l->request.ar_result);
    return true;
}

static void wait_for(struct gaicb **list, size_t n, int timeout_ms)
{
    const struct gaicb *const *waiting = (const struct gaicb *const *)list;
    int64_t until = now() + timeout_ms;
    for (size_t i = 0; i < n;) {
        int64_t left = until - now();
        struct timespec t = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        if (gai_error(list[i]) != EAI_INPROGRESS)
            i++;
        else if (left <= 0 || gai_suspend(waiting + i, 1, &t) == EAI_AGAIN)
            return;
    }
}

void resolve_all(struct resolve *list, size_t n, int timeout_ms)
{
    struct lookup **lookups = calloc(n, sizeof *lookups);
    struct gaicb **requests = calloc(n, sizeof(struct gaicb *));
    size_t made = 0;
    for (; lookups != NULL && requests != NULL && made < n; made++) {
        struct lookup *l = calloc(1, sizeof *l);
        if (l == NULL)
            break;
        memcpy(l->name, list[made].name, sizeof l->name);
        l->hints.ai_socktype = SOCK_DGRAM; /* or each address would come thrice */
        l->hints.ai_family = list[made].family;
        l->request.ar_name = l->name;
        l->request.ar_request = &l->hints;
        lookups[made] = l;
        requests[made] = &l->request;
    }
    for (size_t i = 0; i < n; i++)
        list[i].why = "out of memory";
    if (made == n && n > 0 && getaddrinfo_a(GAI_NOWAIT, requests, (int)n, NULL) == 0) {
        wait_for(requests, n, timeout_ms);
        for (size_t i = 0; i < n; i++)
            if (!finish(lookups[i], &list[i]))
                lookups[i] = NULL; /* still being written to */
    }
    for (size_t i = 0; i < made; i++)
        free(lookups[i]);
    free(lookups);
    free(requests);
}
