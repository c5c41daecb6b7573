#include "agent/puts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/metrics.h"
#include "agent/unixsock.h"
#include "common/ident.h"

enum {
    NOTIFICATIONS = 4096, /* kept while collectd is away, or busy: a pattern's matches may all pass their limit at once */
    VALUES = 1024,
};

void puts_init(struct puts *q)
{
    *q = (struct puts){0};
    TAILQ_INIT(&q->queue);
}

void puts_answered(struct puts *q, struct put *p)
{
    TAILQ_REMOVE(&q->queue, p, entry);
    *(p->notification ? &q->notifications : &q->values) -= 1;
    free(p);
}

void puts_free(struct puts *q)
{
    while (!TAILQ_EMPTY(&q->queue))
        puts_answered(q, TAILQ_FIRST(&q->queue));
}

struct put *puts_send(struct puts *q)
{
    struct put *p;

    TAILQ_FOREACH(p, &q->queue, entry)
    {
        if (!p->sent) {
            p->sent = true;
            return p;
        }
    }
    return NULL;
}

void puts_disconnected(struct puts *q)
{
    for (struct put *p = TAILQ_FIRST(&q->queue), *next; p; p = next) {
        next = TAILQ_NEXT(p, entry);
        p->sent = false;
        if (!p->notification)
            puts_answered(q, p);
    }
}

/* The oldest of its kind that is not on its way makes room. */
static void append(struct puts *q, const char *line, size_t len, bool notification)
{
    unsigned *count = notification ? &q->notifications : &q->values;
    unsigned most = notification ? NOTIFICATIONS : VALUES;
    struct put *p;

    if (*count >= most) {
        TAILQ_FOREACH(p, &q->queue, entry)
        {
            if (p->notification == notification && !p->sent) {
                puts_answered(q, p);
                break;
            }
        }
    }
    p = malloc(sizeof *p + len);
    if (!p)
        return;
    p->sent = false;
    p->notification = notification;
    p->len = len;
    memcpy(p->line, line, len);
    TAILQ_INSERT_TAIL(&q->queue, p, entry);
    ++*count;
}

void puts_value(struct puts *q, const char *ident, double interval_s, double value)
{
    char line[2 * IDENT_MAX + 128] = "PUTVAL ";
    size_t n = strlen(line), k = unixsock_quote(line + n, sizeof line - n, ident);

    if (k == 0)
        return;
    n += k;
    n += (size_t)snprintf(line + n, sizeof line - n, " interval=%.3f N:%.15g\n", interval_s, value);
    append(q, line, n, false);
}

void puts_notification(struct puts *q, const struct feed_notification *no)
{
    const struct {
        const char *key, *value;
    } parts[] = {
        {"host",            no->host           },
        {"plugin",          no->plugin         },
        {"plugin_instance", no->plugin_instance},
        {"type",            no->type           },
        {"type_instance",   no->type_instance  },
        {"message",         no->message        },
    };
    char line[UNIXSOCK_LINE_MAX - 1]; /* collectd reads lines of up to 1 KiB */
    size_t n = (size_t)snprintf(line, sizeof line, "PUTNOTIF severity=%s time=%lld", no->severity,
                                (long long)(no->time_ms / 1000));

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!parts[i].value || !parts[i].value[0])
            continue;
        size_t key = strlen(parts[i].key);
        if (n + key + 5 > sizeof line)
            return;
        line[n++] = ' ';
        memcpy(line + n, parts[i].key, key);
        n += key;
        line[n++] = '=';
        size_t k = unixsock_quote(line + n, sizeof line - n - 1, parts[i].value);
        if (k == 0)
            return;
        n += k;
    }
    line[n++] = '\n';
    append(q, line, n, true);
}
