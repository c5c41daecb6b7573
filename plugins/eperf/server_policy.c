/* What the policy refuses: parameters before a test, and in a test what goes against what they said. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "plugins/eperf/server.h"

/* UDP over MaxRate ends after so long over it, by so much. */
static const double POLICE_WINDOW = 0.5, POLICE_SLACK = 1.1;

void policy_say_error(struct session *s, enum refusal r)
{
    uint32_t codes[2] = {htonl((uint32_t)r), 0};
    uint8_t bytes[9] = {(uint8_t)MSG_SERVER_ERROR};
    memcpy(bytes + 1, codes, sizeof codes);
    ssize_t n = send(s->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)n;
}

void policy_refuse(struct session *s, enum refusal r, const char *why)
{
    policy_say_error(s, r);
    session_fail(s, EPERF_PROTOCOL, "refused: %s", why);
}

unsigned policy_longest(const struct eperf_policy *policy)
{
    return policy->max_duration ? policy->max_duration : EPERF_DURATION_MAX;
}

bool policy_admit(struct session *s, const struct eperf_policy *policy)
{
    const struct eperf_params *p = &s->params;
    unsigned max_duration = policy_longest(policy);
    unsigned max_streams = policy->max_connections ? policy->max_connections : EPERF_STREAMS_MAX;
    uint32_t max_block = policy->max_block_len ? policy->max_block_len : EPERF_BLOCK_MAX;
    bool sum_over = policy->max_rate && (!p->rate || p->rate > policy->max_rate / p->streams);
    if (p->duration + p->omit > max_duration)
        policy_refuse(s, REFUSE_DURATION, "longer than MaxDuration");
    else if (p->streams > max_streams)
        policy_refuse(s, REFUSE_STREAMS, "more than MaxConnections");
    else if (p->block_len > max_block)
        policy_refuse(s, REFUSE_BLOCK_LEN, "longer blocks than the server takes");
    else if (sum_over && p->protocol == EPERF_UDP && p->direction != EPERF_DOWNLOAD)
        policy_refuse(s, REFUSE_RATE, "UDP at more than MaxRate");
    return !session_failed(s);
}

/* UDP that comes in faster than MaxRate allows, whatever the parameters said. */
static void police(struct server_test *t)
{
    struct session *s = &t->s;
    double now = mono_now(), span = now - t->police_at;
    if (!s->max_rate || s->params.protocol != EPERF_UDP || span < POLICE_WINDOW)
        return;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < s->joined; i++) {
        struct tally now_tally = {0};
        if (!s->streams[i].sender)
            s->transport->read(&s->streams[i], &now_tally);
        bytes += now_tally.bytes;
    }
    if ((double)(bytes - t->police_bytes) * 8 > (double)s->max_rate * span * POLICE_SLACK)
        policy_refuse(s, REFUSE_RATE, "UDP came in at more than MaxRate");
    t->police_at = now;
    t->police_bytes = bytes;
}

/* A test that goes by bytes or blocks, or without a limit, has told no length that policy_admit() could refuse. */
static void cut_off(struct server_test *t)
{
    struct session *s = &t->s;
    if (!s->params.duration && mono_now() >= t->cut_off)
        policy_refuse(s, REFUSE_DURATION, "longer than MaxDuration");
}

void policy_watch(struct server_test *t)
{
    police(t);
    cut_off(t);
}
