#include "console/poll_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEADLINE_MS = 10000 }; /* of a whole operation: an agent that drips is no answer either */

const char *host_state_name(enum host_state state)
{
    switch (state) {
    case HOST_NEW:
        return "not asked yet";
    case HOST_UP:
        return "up";
    case HOST_NO_ANSWER:
        return "no answer";
    case HOST_NO_AGENT:
        return "no agent";
    case HOST_REFUSED:
        return "refused";
    case HOST_BAD:
        return "bad agent";
    case HOST_UNUSABLE:
        return "unusable";
    }
    return "?";
}

bool host_set_address(struct host *h, const char *address)
{
    char *copy = NULL;
    if ((h->address == NULL || strcmp(h->address, address) != 0) && (copy = strdup(address)) == NULL)
        return false;
    free(h->next_address);
    h->next_address = copy;
    return true;
}

/* Between two operations, as what is under way belongs to the old session. */
static void move(struct host *h)
{
    session_close(h);
    free(h->address);
    h->address = h->next_address;
    h->next_address = NULL;
    h->failures = 0;
    if (h->state == HOST_UNUSABLE)
        h->state = HOST_NEW;
}

void host_set_unusable(struct host *h, const char *why)
{
    free(h->address);
    h->address = NULL;
    h->state = HOST_UNUSABLE;
    snprintf(h->why, sizeof h->why, "%s", why);
}

const char *host_name(const struct host *h)
{
    return h->name;
}

struct poller *host_poller(const struct host *h)
{
    return h->poller;
}

enum host_state host_state(const struct host *h)
{
    return h->state;
}

const char *host_why(const struct host *h)
{
    return h->why;
}

bool host_busy(const struct host *h)
{
    return h->phase != PHASE_IDLE;
}

unsigned host_failures(const struct host *h)
{
    return h->failures;
}

void host_forgive(struct host *h)
{
    if (h->state != HOST_BAD || host_busy(h))
        return;
    h->state = HOST_NEW;
    h->why[0] = '\0';
}

/* ---- operations */

static void enqueue(struct host *h, struct host ***end)
{
    h->next_queued = NULL;
    **end = h;
    *end = &h->next_queued;
}

static void start(struct host *h, host_done *done, void *arg)
{
    struct poller *p = h->poller;
    if (h->next_address != NULL)
        move(h);
    h->done = done;
    h->arg = arg;
    h->rediscovered = false;
    h->deadline = INT64_MAX; /* runs from the first request on */
    p->busy++;
    if (h->state == HOST_BAD || h->address == NULL) { /* dropped, or not to be had */
        h->phase = PHASE_ENDED;
        enqueue(h, &p->ended_end);
    } else {
        h->phase = PHASE_QUEUED;
        enqueue(h, h->failures > 0 ? &p->silent_end : &p->queued_end);
    }
}

void host_fetch(struct host *h, const struct fetch_spec *spec, struct answer *answer, host_done *done,
                void *arg)
{
    answer_clear(answer);
    h->op = OP_FETCH;
    fetch_start(&h->fetch, spec, answer);
    start(h, done, arg);
}

void host_set(struct host *h, const struct assignment *list, size_t n, host_done *done, void *arg)
{
    h->op = OP_SET;
    snmp_free_pdu(h->set);
    h->set = snmp_pdu_create(SNMP_MSG_SET);
    for (size_t i = 0; i < n && h->set != NULL; i++) {
        const struct assignment *a = &list[i];
        oid name[MIB_OID_MAX];
        size_t len =
            mib_instance(a->object, mib_def(a->object)->table == TABLE_NONE ? NULL : &a->index, name);
        enum mib_syntax syntax = mib_def(a->object)->syntax;
        long number = (long)a->number;
        if (syntax == SYNTAX_TEXT || syntax == SYNTAX_DECIMAL)
            snmp_pdu_add_variable(h->set, name, len, ASN_OCTET_STR, a->text, strlen(a->text));
        else
            snmp_pdu_add_variable(h->set, name, len, syntax == SYNTAX_GAUGE ? ASN_GAUGE : ASN_INTEGER,
                                  &number, sizeof number);
    }
    start(h, done, arg);
}

void host_end(struct host *h, enum host_state state)
{
    host_answered(h);
    h->state = state;
    if (state == HOST_UP)
        h->why[0] = '\0';
    h->failures = state == HOST_NO_ANSWER ? h->failures + 1 : 0;
    h->phase = PHASE_ENDED;
    enqueue(h, &h->poller->ended_end);
}

void host_lied(struct host *h)
{
    h->close_due = true;
    host_end(h, HOST_BAD);
}

void host_sent(struct host *h, int64_t timeout)
{
    struct poller *p = h->poller;
    h->sent = now_ms();
    h->expires = h->sent + timeout;
    if (h->deadline == INT64_MAX) {
        int64_t patience = 2 * timeout * (p->template.retries + 1);
        h->deadline = h->sent + (patience > DEADLINE_MS ? patience : DEADLINE_MS);
    }
    if (!h->counted && h->failures == 0) {
        p->in_flight++;
        h->counted = true;
    }
    int64_t due = h->counted ? h->sent + POLL_YOUNG_MS : h->expires;
    if (due < p->next_due)
        p->next_due = due;
}

void host_answered(struct host *h)
{
    if (h->counted)
        h->poller->in_flight--;
    h->counted = false;
}
