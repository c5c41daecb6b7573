#include <ncurses.h>
#include <stdio.h>

#include "console/out.h"
#include "console/top.h"

enum { OLD_EVENTS = 5 };

static void on_event(struct tail *t, const struct row *row, void *arg)
{
    struct top *top = arg;
    char *line = top->events.line[top->events.next];
    char time[SHOW_MAX];
    const char *text = cell_text(row_cell(row, EVENT_TEXT)),
               *type = mib_label(EVENT_TYPE, cell_number(row_cell(row, EVENT_TYPE), 0));
    show_time(time, cell_number(row_cell(row, EVENT_TIME), 0));
    snprintf(line, TOP_LINE_MAX, "%.8s %.40s %s %s %s>%s %.200s", time + 11, host_name(tail_host(t)),
             type != NULL ? type : "?", cell_text(row_cell(row, EVENT_OBJECT)),
             cell_text(row_cell(row, EVENT_OLD_STATE)), cell_text(row_cell(row, EVENT_NEW_STATE)), text);
    top->events.next = (top->events.next + 1) % TOP_EVENTS;
    if (top->events.n < TOP_EVENTS)
        top->events.n++;
    top->dirty = true;
}

static void on_lost(struct tail *t, uint32_t n, void *arg)
{
    struct top *top = arg;
    top_say(top, "%s: %u events fell out of the ring unseen", host_name(tail_host(t)), n);
}

static const struct tail_calls calls = {.event = on_event, .lost = on_lost};

bool events_start(struct top *top)
{
    for (size_t i = 0; i < top->n; i++) {
        top->rows[i].tail = tail_new(top->rows[i].host, &calls, top);
        if (top->rows[i].tail == NULL)
            return false;
        tail_start(top->rows[i].tail, OLD_EVENTS, top->interval);
    }
    return true;
}

void events_draw(const struct top *top, int y, int height)
{
    size_t room = height > 1 ? (size_t)height - 1 : 0, n = top->events.n < room ? top->events.n : room;
    attron(A_REVERSE);
    draw_text(y, 0, COLS, false, "EVENTS");
    attroff(A_REVERSE);
    for (size_t i = 0; i < n; i++)
        draw_text(y + 1 + (int)i, 0, COLS, false,
                  top->events.line[(top->events.next + TOP_EVENTS - n + i) % TOP_EVENTS]);
}
