#include <ncurses.h>
#include <stdio.h>
#include <string.h>

#include "console/top.h"

static void on_answer(struct host *h, enum host_state state, void *arg);

static void ask(void *arg)
{
    struct top *top = arg;
    top->limits.asking = false;
    if (top->mode != MODE_LIMITS)
        return;
    top->limits.asking = true;
    if (host_busy(top->limits.row->host))
        poller_after(top->fleet->poller, 20, ask, top);
    else
        host_fetch(top->limits.row->host, &limit_spec, &top->limits.answer, on_answer, top);
}

static void on_answer(struct host *h, enum host_state state, void *arg)
{
    struct top *top = arg;
    bool ours = top->limits.row != NULL && h == top->limits.row->host;
    if (ours) {
        answer_clear(&top->limits.shown);
        top->limits.state = state;
        if (state == HOST_UP) {
            top->limits.shown = top->limits.answer;
            memset(&top->limits.answer, 0, sizeof top->limits.answer);
        }
        top->dirty = true;
    }
    poller_after(top->fleet->poller, ours ? top->interval : 0, ask, top);
}

void limits_open(struct top *top)
{
    if (top->selected == NULL)
        return;
    top->mode = MODE_LIMITS;
    top->limits.row = top->selected;
    top->limits.selected = 0;
    top->limits.state = HOST_NEW;
    answer_clear(&top->limits.shown);
    if (!top->limits.asking)
        ask(top);
}

/* ---- what is drawn */

static const char *enum_text(const struct row *row, enum mib_object object)
{
    const struct cell *c = row_cell(row, object);
    const char *label = c->kind == CELL_NUMBER ? mib_label(object, c->number) : NULL;
    return label != NULL ? label : "-";
}

static enum health health_of(const struct row *row)
{
    if (cell_number(row_cell(row, LIMIT_STATE), 0) != LIMIT_EXCEEDED)
        return HEALTH_WELL;
    return cell_number(row_cell(row, LIMIT_SEVERITY), 0) == SEVERITY_FAILURE ? HEALTH_FAILURE
                                                                             : HEALTH_WARNING;
}

static void draw_limit(const struct row *row, int y, int metric)
{
    char hits[64];
    snprintf(hits, sizeof hits, "%lld/%lld", (long long)cell_number(row_cell(row, LIMIT_HITS), 0),
             (long long)cell_number(row_cell(row, LIMIT_CLEAR_HITS), 0));
    draw_text(y, 0, COLS, false, "");
    draw_text(y, 0, 14, false, row->index.name);
    draw_text(y, 15, 8, false, enum_text(row, LIMIT_STATE));
    draw_text(y, 24, 9, true, cell_text(row_cell(row, LIMIT_VALUE)));
    draw_text(y, 34, 5, false, enum_text(row, LIMIT_DIRECTION));
    draw_text(y, 40, 8, true, cell_text(row_cell(row, LIMIT_THRESHOLD)));
    draw_text(y, 49, 8, true, cell_text(row_cell(row, LIMIT_CLEAR)));
    draw_text(y, 58, 5, true, hits);
    draw_text(y, 64, 7, false, enum_text(row, LIMIT_SEVERITY));
    draw_text(y, 72, metric, false, cell_text(row_cell(row, LIMIT_METRIC)));
}

static void draw_titles(int y)
{
    attron(A_BOLD);
    draw_text(y, 0, COLS, false, "LIMIT");
    draw_text(y, 15, 8, false, "STATE");
    draw_text(y, 24, 9, true, "VALUE");
    draw_text(y, 40, 8, true, "LIMIT");
    draw_text(y, 49, 8, true, "CLEAR");
    draw_text(y, 58, 5, true, "HITS");
    draw_text(y, 64, 8, false, "SEVERITY");
    draw_text(y, 73, COLS - 73, false, "METRIC");
    attroff(A_BOLD);
}

void limits_draw(struct top *top, int y, int height)
{
    const struct rows *rows = &top->limits.shown.tables[TABLE_LIMIT];
    size_t room = height > 3 ? (size_t)height - 3 : 0, first = 0;
    mvprintw(y, 0, "Limits of %.*s", COLS - 12, host_name(top->limits.row->host));
    draw_titles(y + 1);
    if (top->limits.state != HOST_UP)
        mvprintw(y + 2, 0, "%s", host_state_name(top->limits.state));
    else if (rows->n == 0)
        mvprintw(y + 2, 0, "none");
    if (rows->n > 0 && top->limits.selected >= rows->n)
        top->limits.selected = rows->n - 1;
    if (room > 0 && top->limits.selected >= room)
        first = top->limits.selected - room + 1;
    for (size_t i = 0; i < room && first + i < rows->n; i++) {
        const struct row *row = &rows->row[first + i];
        int attribute =
            draw_health(top, health_of(row)) | (int)(first + i == top->limits.selected ? A_REVERSE : 0);
        attron(attribute);
        draw_limit(row, y + 2 + (int)i, COLS - 72);
        attroff(attribute);
    }
    if (rows->n > 0 && COLS < 120) /* the metric of the selected one in full */
        draw_text(y + height - 1, 0, COLS, false,
                  cell_text(row_cell(&rows->row[top->limits.selected], LIMIT_METRIC)));
}

/* ---- what is changed */

static const struct row *selected(struct top *top)
{
    const struct rows *rows = &top->limits.shown.tables[TABLE_LIMIT];
    return top->limits.selected < rows->n ? &rows->row[top->limits.selected] : NULL;
}

static void change(struct top *top, const char *setting, const char *value)
{
    const struct row *row = selected(top);
    struct top_job *j;
    if (row == NULL)
        return;
    top->selected = top->limits.row;
    j = top_job_new(top, &limit_job_kind, row->index.name);
    if (j == NULL)
        return;
    snprintf(j->value, sizeof j->value, "%s", value);
    const char *expected = limit_setting(&j->wanted, setting, j->value);
    if (expected != NULL) {
        j->used = false;
        top_say(top, "%s: expected %s", value, expected);
        return;
    }
    j->job.wanted = &j->wanted;
    job_start(&j->job);
}

static void changed(struct top *top, const char *text)
{
    change(top, top->limits.setting, text);
}

static void deleted(struct top *top, const char *text)
{
    const struct row *row = selected(top);
    struct top_job *j;
    if (row == NULL)
        return;
    top->selected = top->limits.row;
    if ((j = top_job_new(top, &limit_job_kind, row->index.name)) == NULL)
        return;
    j->wanted.destroy = true;
    j->job.wanted = &j->wanted;
    job_start(&j->job);
}

static void edit(struct top *top, const char *setting, enum mib_object object)
{
    const struct row *row = selected(top);
    const struct cell *c = row_cell(row, object);
    char now[PROMPT_MAX] = "";
    if (row == NULL)
        return;
    if (c->kind == CELL_TEXT)
        snprintf(now, sizeof now, "%.100s", c->text);
    else if (c->kind == CELL_NUMBER)
        snprintf(now, sizeof now, "%lld", (long long)c->number);
    top->limits.setting = setting;
    prompt_open(top, false, now, changed, "%s: %s: ", row->index.name, setting);
}

/* "NAME METRIC above|below X" */
static void made(struct top *top, const char *text)
{
    char line[PROMPT_MAX], *rest = line, *words[5];
    size_t n = 0;
    struct mib_index index;
    snprintf(line, sizeof line, "%s", text);
    for (char *word; n < 5 && (word = strsep(&rest, " ")) != NULL;)
        if (*word != '\0')
            words[n++] = word;
    if (n != 4 || !mib_index_name(&index, words[0])) {
        top_say(top, "expected a name, a metric, above or below, and a number");
        return;
    }
    top->selected = top->limits.row;
    struct top_job *j = top_job_new(top, &limit_job_kind, words[0]);
    if (j == NULL)
        return;
    snprintf(j->metric, sizeof j->metric, "%s", words[1]);
    snprintf(j->value, sizeof j->value, "%s", words[3]);
    const char *expected = limit_setting(&j->wanted, "metric", j->metric);
    if (expected == NULL && strcmp(words[2], "above") != 0 && strcmp(words[2], "below") != 0)
        expected = "above or below";
    if (expected == NULL)
        expected = limit_setting(&j->wanted, words[2], j->value);
    if (expected != NULL) {
        j->used = false;
        top_say(top, "expected %s", expected);
        return;
    }
    j->job.wanted = &j->wanted;
    job_start(&j->job);
}

bool limits_press(struct top *top, int key)
{
    const struct row *row = selected(top);
    bool below = row != NULL && cell_number(row_cell(row, LIMIT_DIRECTION), 0) == 2;
    bool failure = row != NULL && cell_number(row_cell(row, LIMIT_SEVERITY), 0) == SEVERITY_FAILURE;
    if (key == 'q' || key == 27 || key == 'l')
        top->mode = MODE_HOSTS;
    else if ((key == KEY_UP || key == 'k') && top->limits.selected > 0)
        top->limits.selected--;
    else if (key == KEY_DOWN || key == 'j')
        top->limits.selected++;
    else if (key == 't' || key == '\n')
        edit(top, below ? "below" : "above", LIMIT_THRESHOLD);
    else if (key == 'c')
        edit(top, "clear", LIMIT_CLEAR);
    else if (key == 'h')
        edit(top, "hits", LIMIT_HITS);
    else if (key == 'v' && row != NULL)
        change(top, "severity", failure ? "warning" : "failure");
    else if (key == 'n')
        prompt_open(top, false, "", made, "new limit, NAME METRIC above|below X: ");
    else if (key == 'd' && row != NULL)
        prompt_open(top, true, "", deleted, "delete limit %s of %.60s? (y/n) ", row->index.name,
                    host_name(top->limits.row->host));
    else if (key == 'e')
        top->events.open = !top->events.open;
    else
        return false;
    return true;
}
