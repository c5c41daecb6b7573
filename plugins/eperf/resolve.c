/* getaddrinfo with a deadline. libc's has none of ours, so a name is looked up in a thread; whoever of the two comes last
 * frees the job. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "plugins/eperf/net.h"

struct job {
    char host[256], port[8];
    int family, flags;
    int error;
    struct addrinfo *list;
    _Atomic bool done;     /* error and list are set */
    int bell;              /* rung then */
    _Atomic int users;     /* 2: asker and thread */
};

static void leave(struct job *j)
{
    if (atomic_fetch_sub(&j->users, 1) > 1)
        return;
    if (j->list)
        freeaddrinfo(j->list);
    close(j->bell);
    free(j);
}

static void look_up(struct job *j)
{
    struct addrinfo hints = {.ai_family = j->family, .ai_socktype = SOCK_STREAM, .ai_flags = j->flags};
    j->error = getaddrinfo(j->host, j->port, &hints, &j->list);
    if (j->error)
        j->list = NULL;
    atomic_store(&j->done, true);
}

static void *worker(void *arg)
{
    struct job *j = arg;
    look_up(j);
    uint64_t one = 1;
    ssize_t n = write(j->bell, &one, sizeof one);
    (void)n;
    leave(j);
    return NULL;
}

static bool start(struct job *j)
{
    pthread_t t;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    atomic_store(&j->users, 2);
    bool ok = pthread_create(&t, NULL, worker, j) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (ok)
        pthread_detach(t);
    else
        atomic_store(&j->users, 1);
    return ok;
}

struct addrinfo *net_resolve(struct session *s, const char *host, uint16_t port, int family)
{
    struct job *j = calloc(1, sizeof *j);
    struct addrinfo *list = NULL;
    if (!j || (j->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
        session_fail(s, EPERF_LOCAL, "no memory or descriptors to resolve %s", host);
        free(j);
        return NULL;
    }
    atomic_store(&j->users, 1);
    snprintf(j->host, sizeof j->host, "%s", host);
    snprintf(j->port, sizeof j->port, "%u", port);
    j->family = family;
    j->flags = AI_NUMERICHOST;
    look_up(j);
    if (j->error == EAI_NONAME) { /* a name */
        j->flags = 0;
        atomic_store(&j->done, false);
        if (!start(j))
            session_fail(s, EPERF_LOCAL, "cannot start a thread to resolve %s", host);
        else if (!session_wait(s, j->bell, POLLIN, "resolving the host's name"))
            goto out;
    }
    if (!atomic_load(&j->done))
        goto out;
    if (j->error)
        session_fail(s, EPERF_REFUSED, "cannot resolve %s: %s", host, gai_strerror(j->error));
    list = j->list;
    j->list = NULL;
out:
    leave(j);
    return list;
}
