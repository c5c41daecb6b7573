#include <ncurses.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "console/portal_job.h"
#include "console/top.h"

enum { ESCAPE = 27, DELETE = 127, PAGE = 10, PORTAL_MS = 300000 };

void top_say(struct top *top, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(top->message, sizeof top->message, format, ap);
    va_end(ap);
    top->dirty = true;
}

/* ---- questions */

void prompt_open(struct top *top, bool confirm, const char *text, void (*done)(struct top *, const char *),
                 const char *format, ...)
{
    va_list ap;
    top->prompt = (struct prompt){.open = true, .confirm = confirm, .done = done};
    va_start(ap, format);
    vsnprintf(top->prompt.label, sizeof top->prompt.label, format, ap);
    va_end(ap);
    snprintf(top->prompt.text, sizeof top->prompt.text, "%s", text);
}

/* Takes away the last character, which may have several bytes. */
static void erase_one(char *s)
{
    size_t len = strlen(s);
    while (len > 0 && (s[--len] & 0xc0) == 0x80)
        ;
    s[len] = '\0';
}

static void prompt_press(struct top *top, int key)
{
    struct prompt *p = &top->prompt;
    size_t len = strlen(p->text);
    if (p->confirm) {
        p->open = false;
        if (key == 'y' || key == 'Y')
            p->done(top, "y");
        else
            top_say(top, "not done");
    } else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        p->open = false;
        p->done(top, p->text);
    } else if (key == ESCAPE) {
        p->open = false;
    } else if (key == KEY_BACKSPACE || key == DELETE || key == '\b') {
        erase_one(p->text);
    } else if (key == ('u' & 0x1f)) {
        p->text[0] = '\0';
    } else if (key >= ' ' && key <= 255 && len + 1 < sizeof p->text) {
        p->text[len] = (char)key;
        p->text[len + 1] = '\0';
    }
}

/* ---- jobs */

static void on_job(struct job *job, void *arg)
{
    struct top *top = arg;
    const char *host = host_name(job->host);
    if (job->state == JOB_OVER)
        top_say(top, "%s: %s: %s (%.1f s)", host, job->name, job->text,
                (double)(job->ended - job->started) / 1000);
    else
        top_say(top, "%s: %s: %s ...", host, job->name, job->text[0] != '\0' ? job->text : "asked");
    for (size_t i = 0; i < TOP_JOBS; i++)
        if (&top->jobs[i].job == job && job->state == JOB_OVER)
            top->jobs[i].used = false;
}

struct top_job *top_job_new(struct top *top, const struct job_kind *kind, const char *name)
{
    for (size_t i = 0; i < TOP_JOBS; i++) {
        struct top_job *j = &top->jobs[i];
        if (j->used)
            continue;
        job_clear(&j->job);
        memset(j, 0, sizeof *j);
        j->used = true;
        snprintf(j->name, sizeof j->name, "%s", name);
        j->job = (struct job){.kind = kind,
                              .host = top->selected->host,
                              .name = j->name,
                              .timeout = PORTAL_MS,
                              .changed = on_job,
                              .arg = top};
        return j;
    }
    top_say(top, "%d things are under way already", TOP_JOBS);
    return NULL;
}

static void switch_confirmed(struct top *top, const char *text)
{
    struct top_job *j = top->selected != NULL ? top_job_new(top, &portal_job_kind, top->portal) : NULL;
    if (j == NULL)
        return;
    j->admin = top->admin;
    j->job.wanted = &j->admin;
    job_start(&j->job);
}

static void portal_named(struct top *top, const char *name)
{
    struct mib_index index;
    if (top->selected == NULL || !mib_index_name(&index, name)) {
        top_say(top, "no portal");
        return;
    }
    snprintf(top->portal, sizeof top->portal, "%s", name);
    prompt_open(top, true, "", switch_confirmed, "switch %s on %.60s %s? (y/n) ", top->portal,
                host_name(top->selected->host), mib_label(PORTAL_ADMIN, top->admin));
}

static void switch_portal(struct top *top, int admin)
{
    const struct rows *portals = top->selected != NULL ? &top->selected->answer.tables[TABLE_PORTAL] : NULL;
    if (portals == NULL || portals->n == 0) {
        top_say(top, "no portal there");
        return;
    }
    top->admin = admin;
    if (portals->n == 1)
        portal_named(top, portals->row[0].index.name);
    else
        prompt_open(top, false, portals->row[0].index.name, portal_named, "which portal: ");
}

/* ---- keys */

static void do_on(struct top *top)
{
    switch_portal(top, ADMIN_ON);
}

static void do_off(struct top *top)
{
    switch_portal(top, ADMIN_OFF);
}

static void do_sort(struct top *top)
{
    model_sort_next(top);
}

static void do_reverse(struct top *top)
{
    top->reverse = !top->reverse;
}

static void set_filter(struct top *top, const char *text)
{
    snprintf(top->filter, sizeof top->filter, "%s", text);
    top->first = 0;
}

static void do_filter(struct top *top)
{
    prompt_open(top, false, top->filter, set_filter, "/");
}

static void do_events(struct top *top)
{
    top->events.open = !top->events.open;
}

static void do_help(struct top *top)
{
    top->mode = MODE_HELP;
}

static void do_quit(struct top *top)
{
    top->end = true;
}

static void do_forgive(struct top *top)
{
    if (top->selected != NULL && host_state(top->selected->host) == HOST_BAD) {
        host_forgive(top->selected->host);
        tail_start(top->selected->tail, 0, top->interval); /* it ended with the lie */
        top_say(top, "%s will be asked again", host_name(top->selected->host));
    }
}

static void do_up(struct top *top)
{
    model_select(top, -1);
}

static void do_down(struct top *top)
{
    model_select(top, 1);
}

static void do_page_up(struct top *top)
{
    model_select(top, -PAGE);
}

static void do_page_down(struct top *top)
{
    model_select(top, PAGE);
}

static void do_home(struct top *top)
{
    model_select(top, -(long)top->n);
}

static void do_end(struct top *top)
{
    model_select(top, (long)top->n);
}

static const struct key {
    int key, other; /* other: a second key for the same, 0: none */
    void (*press)(struct top *top);
    const char *name, *help;
} keys[] = {
    {'k', KEY_UP,    do_up,        "up, k",       "the host above"                                      },
    {'j', KEY_DOWN,  do_down,      "down, j",     "the host below"                                      },
    {'b', KEY_PPAGE, do_page_up,   "PgUp, b",     "ten hosts up"                                        },
    {' ', KEY_NPAGE, do_page_down, "PgDn, space", "ten hosts down"                                      },
    {'g', KEY_HOME,  do_home,      "Home, g",     "the first host"                                      },
    {'G', KEY_END,   do_end,       "End, G",      "the last host"                                       },
    {'s', 0,         do_sort,      "s",           "sort by the next: host, state, load, memory, in, out"},
    {'r', 0,         do_reverse,   "r",           "the other way round"                                 },
    {'/', 0,         do_filter,    "/",           "show hosts with this in name, state, portals, alarms"},
    {'o', 0,         do_on,        "o",           "switch a portal of the host on"                      },
    {'f', 0,         do_off,       "f",           "switch a portal of the host off"                     },
    {'l', '\n',      limits_open,  "l, Enter",    "the host's limits: look and edit"                    },
    {'e', 0,         do_events,    "e",           "open or close the event pane"                        },
    {'R', 0,         do_forgive,   "R",           "ask a bad agent again"                               },
    {'?', 0,         do_help,      "?",           "this help"                                           },
    {'q', 'Q',       do_quit,      "q",           "quit"                                                },
};

void keys_draw_help(const struct top *top, int y, int height)
{
    size_t n = sizeof keys / sizeof keys[0];
    for (size_t i = 0; i < n && (int)i + 1 < height; i++) {
        draw_text(y + 1 + (int)i, 2, 12, false, keys[i].name);
        draw_text(y + 1 + (int)i, 15, COLS - 16, false, keys[i].help);
    }
}

void keys_press(struct top *top, int key)
{
    top->dirty = true;
    if (top->prompt.open) {
        prompt_press(top, key);
        return;
    }
    top->message[0] = '\0';
    if (top->mode == MODE_HELP) {
        top->mode = MODE_HOSTS;
        return;
    }
    if (top->mode == MODE_LIMITS) {
        limits_press(top, key);
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (key == keys[i].key || (keys[i].other != 0 && key == keys[i].other)) {
            keys[i].press(top);
            return;
        }
}
