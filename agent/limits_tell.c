/* What is said of limits: events, for SNMP, collectd and the log. */
#include <stdio.h>
#include <string.h>

#include "agent/event.h"
#include "agent/limits_inner.h"
#include "agent/log.h"

enum { TEXT_MAX = 1024 /* of an event's text while it is made; the event log cuts it */ };

struct telling {
    const struct limit *limit;
    const struct limit_track *track;
    const char *ident; /* of the match */
    enum event_type type;
    enum limit_state old_state, new_state;
    const char *text;
    bool notify;
};

/* As people write it: six digits that matter, and no exponent for what is a whole number's size (bytes, bits/s). */
static void number_text(char *buf, size_t size, double v)
{
    bool large = v <= -1e6 || v >= 1e6, whole = v > -1e15 && v < 1e15;

    snprintf(buf, size, large && whole ? "%.0f" : "%.6g", v);
}

static void tell(struct limits *ls, const struct telling *t)
{
    const struct setting_limit *s = &t->limit->setting;
    char value[40] = "", metric[IDENT_MAX + IDENT_PART_MAX + 8], host[IDENT_PART_MAX + 1] = "";
    size_t host_len = strcspn(t->ident, "/");

    if (t->track->seen)
        number_text(value, sizeof value, t->track->value);
    if (t->ident[0])
        snprintf(metric, sizeof metric, "%s%s%s", t->ident, t->limit->spec.ds[0] ? ":" : "", t->limit->spec.ds);
    else
        snprintf(metric, sizeof metric, "%s", s->metric);
    if (t->ident[host_len] == '/' && host_len < sizeof host)
        snprintf(host, sizeof host, "%.*s", (int)host_len, t->ident);
    struct scm_event draft = {
        .type = t->type,
        .severity = t->type == EVENT_LIMIT_EXCEEDED
                        ? (s->severity == LIMIT_FAILURE ? EVENT_FAILURE : EVENT_WARNING)
                        : (t->type == EVENT_LIMIT_CLEARED ? EVENT_OKAY : EVENT_WARNING),
        .notify = t->notify,
        .object = s->name,
        .old_state = limit_state_name(t->old_state),
        .new_state = limit_state_name(t->new_state),
        .value = value,
        .text = t->text,
        .metric = metric,
        .host = host,
        .threshold = s->threshold.text,
        .since_ms = t->track->since_wall_ms,
        .code = (int32_t)s->severity,
        .state = (int32_t)t->new_state,
    };
    event_unref(event_append(ls->events, &draft, ls->wall_ms));
    log_line(draft.severity == EVENT_OKAY ? LOG_NOTICE : LOG_WARNING, "limit %s: %s", s->name, t->text);
}

/* What has the value: "web1/load/load:shortterm", "percent(web1/memory/memory-used)", "sum(web?/load/load)". */
static void name_text(const struct limit *l, const char *ident, char *buf, size_t size)
{
    bool percent = l->spec.function == METRIC_PERCENT;

    if (ident[0])
        snprintf(buf, size, "%s%s%s%s%s", percent ? "percent(" : "", ident, l->spec.ds[0] ? ":" : "",
                 l->spec.ds, percent ? ")" : "");
    else
        snprintf(buf, size, "%s", l->setting.metric);
}

/* "web1/load/load:shortterm is 9.2, above 8; silent: web2". Of a name that is too long the end gives way,
 * never what is said of it. */
static void describe(struct limits *ls, const struct limit *l, const char *ident, const struct limit_track *t,
                     const char *extra, char *buf, size_t size)
{
    char silent[128] = "", value[40], name[IDENT_MAX + IDENT_PART_MAX + 16], said[EVENT_TEXT_MAX + 1];
    bool above = l->setting.direction == LIMIT_ABOVE, exceeded = t->real == LIMIT_STATE_EXCEEDED;
    const char *side = exceeded ? (above ? "above" : "below") : (above ? "not above" : "not below");
    const char *bound = exceeded ? l->setting.threshold.text : limit_clear(&l->setting)->text;

    if (!ident[0])
        metrics_stale_hosts(ls->metrics, l->selector, ls->mono_ms, silent, sizeof silent);
    number_text(value, sizeof value, t->value);
    snprintf(said, sizeof said, " is %s, %s %s%s%s%s", value, side, bound, silent[0] ? "; silent: " : "",
             silent, extra);
    name_text(l, ident, name, sizeof name);
    size_t room = EVENT_TEXT_MAX - strlen(said);
    bool cut = strlen(name) > room && room > 3;
    snprintf(buf, size, "%.*s%s%s", (int)(cut ? room - 3 : room), name, cut ? "..." : "", said);
}

void limits_tell(struct limits *ls, const struct limit *l, const struct track *track,
                 const struct limit_outcome *o)
{
    const char *ident = track->ident;
    const struct limit_track *t = &track->state;
    char text[TEXT_MAX], extra[96] = "";
    bool exceeded = o->new_state == LIMIT_STATE_EXCEEDED;
    struct telling telling = {.limit = l, .track = t, .ident = ident, .old_state = o->old_state,
                              .new_state = o->new_state, .text = text, .notify = true,
                              .type = exceeded ? EVENT_LIMIT_EXCEEDED : EVENT_LIMIT_CLEARED};

    switch (o->news) {
    case LIMIT_NOTHING:
    case LIMIT_TELL_UNKNOWN_LONG: /* limits_tell_unknown() has these */
    case LIMIT_TELL_KNOWN_AGAIN:
        return;
    case LIMIT_TELL_SUMMARY:
        snprintf(extra, sizeof extra, "; %u transitions were suppressed because it flapped", o->suppressed);
        break;
    case LIMIT_TELL_EXCEEDED:
    case LIMIT_TELL_CLEARED:
        break;
    }
    describe(ls, l, ident, t, extra, text, sizeof text);
    tell(ls, &telling);
}

void limits_tell_unknown(struct limits *ls, const struct limit *l, const struct unknown_news *u)
{
    char text[TEXT_MAX], more[32] = "";
    const char *be = u->n > 1 ? "are" : "is";

    if (u->n == 0)
        return;
    const char *what = u->first->ident[0] ? u->first->ident : l->setting.metric;
    if (u->n > 1)
        snprintf(more, sizeof more, " and %u more", u->n - 1);
    if (u->outcome.news == LIMIT_TELL_UNKNOWN_LONG)
        snprintf(text, sizeof text, "%s%s %s unknown for %d s: %s", what, more, be,
                 LIMIT_UNKNOWN_LONG_MS / 1000, u->why ? u->why : "no such metric");
    else
        snprintf(text, sizeof text, "%s%s %s known again", what, more, be);
    struct telling telling = {.limit = l,
                              .track = &u->first->state,
                              .ident = u->first->ident,
                              .type = EVENT_LIMIT_UNKNOWN,
                              .old_state = u->outcome.old_state,
                              .new_state = u->outcome.new_state,
                              .text = text};
    tell(ls, &telling);
}

const char *limits_end_reason(const struct limit *l, const struct setting_limit *now)
{
    if (!now)
        return "deleted";
    if (now->status != ROW_ACTIVE)
        return "disabled";
    return strcmp(now->metric, l->setting.metric) != 0 ? "changed to another metric"
                                                       : "turned to the other direction";
}

void limits_tell_end(struct limits *ls, const struct limit *l, const char *reason)
{
    for (size_t i = 0; i < l->n; i++) {
        struct limit_track *t = &l->tracks[i]->state;
        char text[TEXT_MAX];
        if (t->told != LIMIT_STATE_EXCEEDED && !(ls->silent && t->real == LIMIT_STATE_EXCEEDED))
            continue;
        snprintf(text, sizeof text, "the limit was %s while %s was beyond it", reason,
                 l->tracks[i]->ident[0] ? l->tracks[i]->ident : l->setting.metric);
        struct telling telling = {.limit = l, .track = t, .ident = l->tracks[i]->ident, .type = EVENT_LIMIT_CLEARED,
                                  .old_state = LIMIT_STATE_EXCEEDED, .new_state = LIMIT_STATE_UNKNOWN, .text = text,
                                  .notify = true};
        tell(ls, &telling);
        ls->dirty = true;
    }
}
