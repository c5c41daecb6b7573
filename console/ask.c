#include "console/ask.h"

#include <stdio.h>
#include <stdlib.h>

static void on_done(struct host *h, enum host_state state, void *arg)
{
}

void ask_all(struct fleet *fleet, const struct fetch_spec *spec, struct answer *answers)
{
    for (size_t i = 0; i < fleet->n; i++)
        host_fetch(fleet->hosts[i], spec, &answers[i], on_done, NULL);
    while (!poller_idle(fleet->poller))
        poller_step(fleet->poller, -1);
}

int state_status(enum host_state state)
{
    switch (state) {
    case HOST_UP:
        return EXIT_WELL;
    case HOST_NEW:
    case HOST_NO_ANSWER:
    case HOST_NO_AGENT:
        return EXIT_NO_ANSWER;
    case HOST_REFUSED:
        return EXIT_REFUSED;
    case HOST_UNUSABLE:
        return EXIT_FAILED;
    case HOST_BAD:
        return EXIT_BAD_AGENT;
    }
    return EXIT_BAD_AGENT;
}

int worse(int a, int b)
{
    return a > b ? a : b;
}

int tell_down(const struct fleet *fleet)
{
    int status = EXIT_WELL;
    for (size_t i = 0; i < fleet->n; i++) {
        const struct host *h = fleet->hosts[i];
        if (host_state(h) == HOST_UP)
            continue;
        const char *why = host_why(h);
        fprintf(stderr, "scalemon: %s: %s%s%s\n", host_name(h), host_state_name(host_state(h)),
                *why != '\0' ? ": " : "", why);
        status = worse(status, state_status(host_state(h)));
    }
    return status;
}

struct answer *answers_new(size_t n)
{
    struct answer *answers = calloc(n > 0 ? n : 1, sizeof *answers);
    if (answers == NULL)
        fputs("scalemon: out of memory\n", stderr);
    return answers;
}

void answers_free(struct answer *answers, size_t n)
{
    for (size_t i = 0; answers != NULL && i < n; i++)
        answer_clear(&answers[i]);
    free(answers);
}
