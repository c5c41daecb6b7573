#include <ncurses.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "console/out.h"
#include "console/text.h"
#include "console/top.h"

enum { LEAST_LINES = 5, LEAST_COLUMNS = 40 };

/* Where the columns of the table of hosts stand, for a width of the terminal. */
struct layout {
    int host, spark, portals, alarms;
};

static struct layout layout_for(int columns)
{
    int extra = columns > 80 ? columns - 80 : 0;
    struct layout l = {.host = 16, .spark = 5};
    l.host += extra / 5 < 24 ? extra / 5 : 24;
    l.spark += extra / 10 < 15 ? extra / 10 : 15;
    /* load 6, mem 5, in 7, out 7, and a blank after each of eight columns and three sparklines */
    int left = columns - l.host - 3 * l.spark - 25 - 9;
    l.alarms = left / 2 > 4 ? left / 2 : 4;
    l.portals = left - l.alarms > 4 ? left - l.alarms : 4;
    return l;
}

void draw_text(int y, int x, int width, bool right, const char *s)
{
    size_t bytes = text_fit(s, width > 0 ? (size_t)width : 0);
    char cut[TOP_LINE_MAX];
    if (width <= 0 || x >= COLS || bytes >= sizeof cut)
        return;
    memcpy(cut, s, bytes);
    cut[bytes] = '\0';
    int pad = width - (int)text_width(cut);
    mvprintw(y, x, "%*s%s%*s", right ? pad : 0, "", cut, right ? 0 : pad, "");
}

int draw_health(const struct top *top, enum health health)
{
    switch (health) {
    case HEALTH_WELL:
        return A_NORMAL;
    case HEALTH_WARNING:
        return (int)(top->colour ? COLOR_PAIR(1) : A_BOLD);
    case HEALTH_FAILURE:
        return (int)(top->colour ? COLOR_PAIR(2) | A_BOLD : A_BOLD | A_UNDERLINE);
    case HEALTH_DOWN:
        return (int)(top->colour ? COLOR_PAIR(2) : A_DIM);
    }
    return A_NORMAL;
}

static void spark(const struct top *top, const struct top_row *row, enum spark which, int y, int x, int width)
{
    static const char *const blocks[] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char *const ascii[] = {" ", ".", ".", ":", ":", "=", "=", "#", "#"};
    const float *v = row->history[which];
    size_t n = row->n_history, from = n > (size_t)width ? n - (size_t)width : 0;
    float most = 0, sum = 0;
    for (size_t i = from; i < n; i++) {
        most = v[i] > most ? v[i] : most;
        sum += v[i];
    }
    if (n > from &&
        most < 1.6f * sum / (float)(n - from)) /* what does not change stands half high, not full */
        most = 1.6f * sum / (float)(n - from);
    move(y, x + width - (int)(n - from));
    for (size_t i = from; i < n; i++) {
        int level = most > 0 && v[i] > 0 ? 1 + (int)(v[i] / most * 7.0f) : 0;
        addstr(top->utf8 ? blocks[level] : ascii[level]);
    }
}

static void number(int y, int x, int width, const struct cell *c, const char *(*show)(char *, int64_t))
{
    char buf[SHOW_MAX];
    draw_text(y, x, width, true, c->kind == CELL_NUMBER ? show(buf, c->number) : "-");
}

static void memory(const struct top_row *row, int y, int x)
{
    char buf[SHOW_MAX] = "-";
    int64_t total = cell_number(answer_scalar(&row->answer, MEM_TOTAL), 0);
    int64_t used = cell_number(answer_scalar(&row->answer, MEM_USED), -1);
    if (total > 0 && used >= 0)
        snprintf(buf, sizeof buf, "%lld%%", (long long)(used * 100 / total));
    draw_text(y, x, 5, true, buf);
}

/* The words, or the brief ones (unless "") where they do not fit. */
static void draw_either(int y, int x, int width, const char *words, const char *brief)
{
    bool fits = text_width(words) <= (size_t)width || *brief == '\0';
    draw_text(y, x, width < COLS - x ? width : COLS - x, false, fits ? words : brief);
}

static void draw_row(const struct top *top, const struct top_row *row, const struct layout *l, int y)
{
    int attribute = draw_health(top, row->summary.health) | (int)(row == top->selected ? A_REVERSE : 0);
    int x = l->host + 1;
    attron(attribute);
    draw_text(y, 0, COLS, false, "");
    draw_text(y, 0, l->host, false, host_name(row->host));
    if (row->summary.health == HEALTH_DOWN || host_state(row->host) == HOST_NEW) {
        char line[TOP_LINE_MAX];
        const char *why = host_why(row->host);
        snprintf(line, sizeof line, "%s%s%s", row->summary.state, *why != '\0' ? ": " : "", why);
        draw_text(y, x, COLS - x, false, line);
        attroff(attribute);
        return;
    }
    number(y, x, 6, answer_scalar(&row->answer, LOAD1), show_load);
    spark(top, row, SPARK_LOAD, y, x + 7, l->spark);
    x += 8 + l->spark;
    memory(row, y, x);
    x += 6;
    number(y, x, 7, answer_scalar(&row->answer, HOST_IN_RATE), show_bits);
    spark(top, row, SPARK_IN, y, x + 8, l->spark);
    x += 9 + l->spark;
    number(y, x, 7, answer_scalar(&row->answer, HOST_OUT_RATE), show_bits);
    spark(top, row, SPARK_OUT, y, x + 8, l->spark);
    x += 9 + l->spark;
    draw_either(y, x, l->portals, row->summary.portal_words, row->summary.portal_brief);
    x += l->portals + 1;
    if (strcmp(row->summary.state, "up") == 0)
        draw_either(y, x, l->alarms, row->summary.alarm_words,
                    row->summary.exceeded > 1 ? row->summary.alarm_brief : "");
    else
        draw_text(y, x, l->alarms, false, row->summary.state);
    attroff(attribute);
}

static void draw_titles(const struct layout *l, int y)
{
    int x = l->host + 1;
    attron(A_BOLD);
    draw_text(y, 0, COLS, false, "HOST");
    draw_text(y, x, 6, true, "LOAD");
    x += 8 + l->spark;
    draw_text(y, x, 5, true, "MEM");
    x += 6;
    draw_text(y, x, 7, true, "IN");
    x += 9 + l->spark;
    draw_text(y, x, 7, true, "OUT");
    x += 9 + l->spark;
    draw_text(y, x, l->portals, false, "PORTALS");
    draw_text(y, x + l->portals + 1, l->alarms, false, "ALARMS");
    attroff(A_BOLD);
}

static void draw_head(const struct top *top)
{
    size_t up = 0, alarms = 0, running = 0;
    char line[TOP_LINE_MAX], clock[SHOW_MAX], filter[PROMPT_MAX + 16] = "";
    for (size_t i = 0; i < top->n; i++) {
        up += host_state(top->rows[i].host) == HOST_UP;
        alarms += top->rows[i].summary.exceeded;
        running += top->rows[i].summary.running;
    }
    if (top->filter[0] != '\0')
        snprintf(filter, sizeof filter, "  /%s", top->filter);
    snprintf(line, sizeof line, "scalemon  %zu of %zu up  %zu portals on  %zu alarms  by %s%s%s", up, top->n,
             running, alarms, model_sort_name(top), top->reverse ? " reversed" : "", filter);
    attron(A_REVERSE);
    draw_text(0, 0, COLS, false, line);
    show_time(clock, (int64_t)time(NULL) * 1000);
    if (COLS > 75)
        draw_text(0, COLS - 9, 9, true, clock + 11);
    attroff(A_REVERSE);
}

static void draw_hosts(struct top *top, int y, int height)
{
    struct layout l = layout_for(COLS);
    size_t at = 0, rows = height > 1 ? (size_t)height - 1 : 0;
    draw_titles(&l, y);
    for (size_t i = 0; i < top->n_shown; i++)
        if (top->shown[i] == top->selected)
            at = i;
    if (at < top->first)
        top->first = at;
    if (rows > 0 && at >= top->first + rows)
        top->first = at - rows + 1;
    for (size_t i = 0; i < rows && top->first + i < top->n_shown; i++)
        draw_row(top, top->shown[top->first + i], &l, y + 1 + (int)i);
    if (top->n_shown == 0)
        mvprintw(y + 1, 0, "no host matches the filter");
}

static void draw_last_line(const struct top *top)
{
    char line[TOP_LINE_MAX];
    if (top->prompt.open)
        snprintf(line, sizeof line, "%s%s", top->prompt.label, top->prompt.text);
    else if (top->message[0] != '\0')
        snprintf(line, sizeof line, "%s", top->message);
    else
        snprintf(line, sizeof line, "%s",
                 top->mode == MODE_HOSTS ? "? help  q quit  s sort  / filter  o on  f off  l limits  e events"
                 : top->mode == MODE_LIMITS
                     ? "q back  t threshold  c clear  h hits  v severity  n new  d delete"
                     : "any key goes back");
    draw_text(LINES - 1, 0, COLS - 1, false, line);
    if (top->prompt.open) {
        int at = (int)text_width(line);
        move(LINES - 1, at < COLS ? at : COLS - 1);
    }
    curs_set(top->prompt.open);
}

void draw(struct top *top)
{
    int pane = top->events.open && LINES >= 12 ? (LINES < 30 ? 6 : LINES / 4) : 0;
    int body = LINES - 2 - pane;
    erase();
    if (LINES < LEAST_LINES || COLS < LEAST_COLUMNS) {
        mvprintw(0, 0, "too small");
        refresh();
        return;
    }
    model_arrange(top);
    draw_head(top);
    if (top->mode == MODE_HELP)
        keys_draw_help(top, 1, LINES - 2);
    else if (top->mode == MODE_LIMITS)
        limits_draw(top, 1, body);
    else
        draw_hosts(top, 1, body);
    if (pane > 0 && top->mode != MODE_HELP)
        events_draw(top, LINES - 1 - pane, pane);
    draw_last_line(top);
    refresh();
    top->dirty = false;
}
