#include "tests/integration/answers/table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scm_config.h"

enum { ANY = -1, ENTRIES_MAX = 4096, RULES_MAX = 64, RING = 4096, EVENT_COLUMNS = 8 };

static const uint32_t ROOT[] = {SCM_OID_ROOT};
enum { ROOT_LEN = sizeof ROOT / sizeof ROOT[0] };

static struct entry {
    struct name name;
    struct value value;
} entries[ENTRIES_MAX];
static size_t n_entries;

static struct rule {
    struct name when, then;
    int64_t when_value, then_value;
    int64_t after;
} rules[RULES_MAX];
static size_t n_rules;

/* What SETs changed: the newest that is due counts. */
static struct change {
    struct change *next;
    const struct entry *entry;
    int64_t due; /* wall_ms */
    struct value value;
} * changes[AGENTS_MAX];

static struct {
    uint32_t total, rate;
    int64_t base;
} events;

int64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int compare(const struct name *a, const struct name *b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    for (size_t i = 0; i < n; i++)
        if (a->id[i] != b->id[i])
            return a->id[i] < b->id[i] ? -1 : 1;
    return a->len < b->len ? -1 : a->len > b->len;
}

static int by_name(const void *a, const void *b)
{
    return compare(&((const struct entry *)a)->name, &((const struct entry *)b)->name);
}

/* "4.1.3.liferay" below the root; a word becomes length and characters. */
static void parse_name(const char *s, struct name *out)
{
    memcpy(out->id, ROOT, sizeof ROOT);
    out->len = ROOT_LEN;
    out->id[out->len++] = 1;
    while (*s != '\0' && out->len < OID_IDS - 40) {
        size_t n = strcspn(s, ".");
        if (isdigit((unsigned char)*s)) {
            out->id[out->len++] = (uint32_t)strtoul(s, NULL, 10);
        } else {
            out->id[out->len++] = (uint32_t)n;
            for (size_t i = 0; i < n; i++)
                out->id[out->len++] = (unsigned char)s[i];
        }
        s += n + (s[n] == '.');
    }
}

static size_t unescape(char *s)
{
    char *out = s, *start = s;
    while (*s != '\0') {
        if (s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3])) {
            char hex[] = {s[2], s[3], '\0'};
            *out++ = (char)strtoul(hex, NULL, 16);
            s += 4;
        } else {
            *out++ = *s++;
        }
    }
    return (size_t)(out - start);
}

static bool parse_rule(char *line)
{
    char when[200], then[200];
    long long when_value, then_value, after;
    if (n_rules == RULES_MAX || sscanf(line, "on %199s %lld after %lld %199s %lld", when, &when_value, &after,
                                       then, &then_value) != 5)
        return false;
    struct rule *r = &rules[n_rules++];
    parse_name(when, &r->when);
    parse_name(then, &r->then);
    r->when_value = when_value;
    r->then_value = then_value;
    r->after = after;
    return true;
}

static size_t date_and_time(char *out, int64_t ms)
{
    time_t t = ms / 1000;
    struct tm tm;
    gmtime_r(&t, &tm);
    const uint8_t date[] = {(uint8_t)((tm.tm_year + 1900) >> 8),
                            (uint8_t)(tm.tm_year + 1900),
                            (uint8_t)(tm.tm_mon + 1),
                            (uint8_t)tm.tm_mday,
                            (uint8_t)tm.tm_hour,
                            (uint8_t)tm.tm_min,
                            (uint8_t)tm.tm_sec,
                            (uint8_t)(ms % 1000 / 100),
                            '+',
                            0,
                            0};
    memcpy(out, date, sizeof date);
    return sizeof date;
}

static bool parse_entry(char *line)
{
    char *type = strchr(line, ' ');
    if (type == NULL || type[1] == '\0' || n_entries == ENTRIES_MAX)
        return false;
    *type++ = '\0';
    char *value = type[1] == ' ' ? type + 2 : type + 1;
    struct entry *e = &entries[n_entries++];
    parse_name(line, &e->name);
    switch (*type) {
    case 'i':
        e->value.tag = TAG_INTEGER;
        break;
    case 'g':
        e->value.tag = TAG_GAUGE;
        break;
    case 'c':
        e->value.tag = TAG_COUNTER;
        break;
    case 'C':
        e->value.tag = TAG_COUNTER64;
        break;
    case 's':
        e->value.tag = TAG_STRING;
        e->value.text = strdup(value);
        e->value.len = unescape((char *)(uintptr_t)e->value.text);
        return true;
    case 'd':
        e->value.tag = TAG_STRING;
        e->value.text = malloc(16);
        e->value.len = date_and_time((char *)(uintptr_t)e->value.text,
                                     *value != '\0' ? strtoll(value, NULL, 10) : wall_ms());
        return true;
    default:
        return false;
    }
    e->value.number = strtoll(value, NULL, 10);
    return true;
}

bool table_load(const char *path)
{
    char line[2048];
    int number = 0;
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        perror(path);
        return false;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        number++;
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (!(strncmp(line, "on ", 3) == 0 ? parse_rule(line) : parse_entry(line))) {
            fprintf(stderr, "%s:%d: cannot read this\n", path, number);
            fclose(f);
            return false;
        }
    }
    fclose(f);
    qsort(entries, n_entries, sizeof entries[0], by_name);
    return true;
}

void table_events(uint32_t total, uint32_t rate, int64_t base)
{
    events.total = total;
    events.rate = rate;
    events.base = base;
}

/* The first entry that is not before name (after it, if `beyond`). */
static const struct entry *find(const struct name *name, bool beyond)
{
    size_t lo = 0, hi = n_entries;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = compare(&entries[mid].name, name);
        if (c < 0 || (beyond && c == 0))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n_entries ? &entries[lo] : NULL;
}

static void current(unsigned agent, const struct entry *e, struct value *out)
{
    int64_t now = changes[agent] != NULL ? wall_ms() : 0;
    *out = e->value;
    for (const struct change *c = changes[agent]; c != NULL; c = c->next)
        if (c->entry == e && c->due <= now) {
            *out = c->value;
            return;
        }
}

/* ---- events are computed, not stored */

static uint32_t newest_event(void)
{
    int64_t n = (wall_ms() - events.base) * events.rate / 1000;
    return n < 0 ? 0 : n > events.total ? events.total : (uint32_t)n;
}

/* The place of an event's instance: arcs 7.1.COLUMN.INDEX */
static void event_name(struct name *out, uint32_t column, uint32_t index)
{
    memcpy(out->id, ROOT, sizeof ROOT);
    out->len = ROOT_LEN;
    const uint32_t rest[] = {1, 7, 1, column, index};
    memcpy(out->id + out->len, rest, sizeof rest);
    out->len += 5;
}

static void event_value(uint32_t column, uint32_t index, struct value *out)
{
    static char texts[1024][64]; /* more than one answer holds */
    static unsigned turn;
    char *text = texts[turn++ % 1024];
    *out = (struct value){.tag = TAG_STRING, .text = text};
    if (column == 3) {
        *out = (struct value){.tag = TAG_INTEGER, .number = 1};
    } else if (column == 2) {
        out->len = date_and_time(text, events.base + (int64_t)index * 1000 / events.rate);
    } else {
        static const char *const words[] = {"", "", "", "", "liferay", "off", "on", "", "event"};
        out->len =
            (size_t)snprintf(text, sizeof texts[0], column == 8 ? "%s %u" : "%s", words[column], index);
    }
}

static bool next_event(struct name *name, struct value *out)
{
    uint32_t newest = newest_event(), oldest = newest > RING ? newest - RING + 1 : 1;
    struct name at;
    for (uint32_t column = 2; column <= EVENT_COLUMNS && newest > 0; column++) {
        uint32_t index = oldest;
        event_name(&at, column, oldest);
        if (compare(&at, name) <= 0) { /* name stands in this column, or behind it */
            event_name(&at, column, newest);
            if (compare(&at, name) <= 0)
                continue;
            index = name->id[ROOT_LEN + 4] + 1;
            event_name(&at, column, index);
        }
        *name = at;
        event_value(column, index, out);
        return true;
    }
    return false;
}

/* ---- the questions */

bool table_get(unsigned agent, const struct name *name, struct value *out)
{
    const struct entry *e = find(name, false);
    if (e == NULL || compare(&e->name, name) != 0)
        return false;
    current(agent, e, out);
    return true;
}

bool table_next(unsigned agent, struct name *name, struct value *out)
{
    const struct entry *e = find(name, true);
    struct name event = *name;
    struct value event_out;
    if (events.rate > 0 && next_event(&event, &event_out) && (e == NULL || compare(&event, &e->name) < 0)) {
        *name = event;
        *out = event_out;
        return true;
    }
    if (e == NULL)
        return false;
    current(agent, e, out);
    *name = e->name;
    return true;
}

static void change(unsigned agent, const struct entry *e, int64_t due, const struct value *v)
{
    struct change *c = calloc(1, sizeof *c);
    c->entry = e;
    c->due = due;
    c->value = *v;
    if (v->tag == TAG_STRING)
        c->value.text = memcpy(malloc(v->len + 1), v->text, v->len);
    c->next = changes[agent];
    changes[agent] = c;
}

int table_set(unsigned agent, const struct name *name, const struct value *v)
{
    const struct entry *e = find(name, false);
    if (e == NULL || compare(&e->name, name) != 0)
        return 11; /* noCreation */
    if (e->value.tag != v->tag)
        return 7; /* wrongType */
    change(agent, e, 0, v);
    for (size_t i = 0; i < n_rules; i++) {
        const struct rule *r = &rules[i];
        e = find(&r->then, false);
        bool hit = compare(&r->when, name) == 0 && (r->when_value == ANY || r->when_value == v->number);
        if (!hit || e == NULL)
            continue;
        struct value then = e->value;
        char date[16];
        then.number = r->then_value;
        if (then.tag == TAG_STRING) {
            then.text = date;
            then.len = date_and_time(date, wall_ms() + r->after);
        }
        change(agent, e, wall_ms() + r->after, &then);
    }
    return 0;
}
