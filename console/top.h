/* scalemon top: what its parts share. One thread; everything hangs off struct top.
 *
 * top_model.c asks the hosts and keeps rows in order; top_draw.c paints; top_keys.c turns keys into deeds by
 * a table that is also the help; top_limits.c is the limits view; top_events.c the event pane; cmd_top.c the
 * frame round them. */
#ifndef SCM_CONSOLE_TOP_H
#define SCM_CONSOLE_TOP_H

#include "console/fleet.h"
#include "console/job.h"
#include "console/limit_job.h"
#include "console/summary.h"
#include "console/tail.h"

enum { HISTORY = 64, TOP_EVENTS = 500, TOP_LINE_MAX = 400, PROMPT_MAX = 128, TOP_JOBS = 16 };

enum spark { SPARK_LOAD, SPARK_IN, SPARK_OUT, SPARKS };

struct top;

struct top_row {
    struct top *top;
    struct host *host;
    struct answer answer;
    struct fetch_spec spec; /* summary_spec with this host's own number of rows */
    struct summary summary;
    float history[SPARKS][HISTORY]; /* oldest first; the newest n_history values */
    size_t n_history;
    struct tail *tail;
};

/* What the terminal shows instead of, or over, the table of hosts. */
enum top_mode { MODE_HOSTS, MODE_LIMITS, MODE_HELP };

/* A question on the last line. done() gets what was typed; a confirmation gets "y". */
struct prompt {
    bool open, confirm;
    char label[PROMPT_MAX];
    char text[PROMPT_MAX];
    void (*done)(struct top *top, const char *text);
};

struct top_job {
    struct job job;
    bool used;
    char name[MIB_NAME_MAX + 1];
    int admin;                  /* portal jobs */
    struct limit_wanted wanted; /* limit jobs */
    char metric[PROMPT_MAX];    /* what the limit's settings point to */
    char value[PROMPT_MAX];
};

struct top {
    struct fleet *fleet;
    int interval; /* ms */
    struct top_row *rows;
    size_t n;

    struct top_row **shown; /* filtered and sorted */
    size_t n_shown, first;  /* first: the uppermost on the screen */
    struct top_row *selected;
    size_t sort; /* index of a sort key */
    bool reverse;
    char filter[PROMPT_MAX];

    enum top_mode mode;
    struct prompt prompt;
    char message[TOP_LINE_MAX];
    char portal[MIB_NAME_MAX + 1]; /* about to be switched */
    int admin;
    struct top_job jobs[TOP_JOBS];

    struct { /* the limits view */
        struct top_row *row;
        struct answer answer, shown; /* shown: the last whole one */
        enum host_state state;
        size_t selected;
        const char *setting; /* being edited */
        bool asking;
    } limits;

    struct {
        char line[TOP_EVENTS][TOP_LINE_MAX];
        size_t n, next;
        bool open;
    } events;

    bool utf8, colour, dirty, end;
};

/* ---- top_model.c */
bool model_start(struct top *top); /* rows, first questions; false: out of memory */
void model_free(struct top *top);  /* after the poller is gone */
void model_arrange(struct top *top);
const char *model_sort_name(const struct top *top);
void model_sort_next(struct top *top);
void model_select(struct top *top, long by); /* moves the selection */

/* ---- top_draw.c */
void draw(struct top *top);
int draw_health(const struct top *top, enum health health); /* the attribute */
/* Writes at most width columns of s at (y, x), padded with blanks. */
void draw_text(int y, int x, int width, bool right, const char *s);

/* ---- top_keys.c */
void keys_press(struct top *top, int key);
void keys_draw_help(const struct top *top, int y, int height);
void prompt_open(struct top *top, bool confirm, const char *text, void (*done)(struct top *, const char *),
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
__attribute__((format(printf, 2, 3))) void top_say(struct top *top, const char *format, ...);
/* A job on the selected host; NULL (said so): too many at once. */
struct top_job *top_job_new(struct top *top, const struct job_kind *kind, const char *name);

/* ---- top_limits.c */
void limits_open(struct top *top);
bool limits_press(struct top *top, int key); /* false: not one of the view's keys */
void limits_draw(struct top *top, int y, int height);

/* ---- top_events.c */
bool events_start(struct top *top);
void events_draw(const struct top *top, int y, int height);

#endif
