/* scalemon top: the status of the hosts, live. The frame: terminal, signals, loop. */
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console/list.h"
#include "console/text.h"
#include "console/top.h"

enum { REDRAW_MS = 50, ESCAPE_DELAY_MS = 25 };

struct frame {
    struct top *top;
    int signals;
    bool lost; /* the terminal went away */
};

static void on_keys(void *arg)
{
    struct frame *f = arg;
    int key, waiting = 0;
    if (ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0)
        f->lost = f->top->end = true; /* readable, and nothing to read: hung up */
    while ((key = getch()) != ERR)
        keys_press(f->top, key);
}

static void on_signal(void *arg)
{
    struct frame *f = arg;
    struct signalfd_siginfo info;
    struct winsize size;
    if (read(f->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo != SIGWINCH) {
        f->top->end = true;
    } else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        resizeterm(size.ws_row, size.ws_col);
        clearok(stdscr, TRUE);
        f->top->dirty = true;
    }
}

static bool watch(struct frame *f, struct poller *p)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(&set, numbers[i]);
    f->signals = -1;
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 &&
           (f->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) >= 0 &&
           poller_watch(p, f->signals, on_signal, f) && poller_watch(p, STDIN_FILENO, on_keys, f);
}

static bool screen_start(struct top *top, bool plain)
{
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (screen == NULL)
        return false;
    set_term(screen);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    top->utf8 = text_utf8();
    top->colour = !plain && getenv("NO_COLOR") == NULL && has_colors();
    if (top->colour) {
        start_color();
        use_default_colors();
        init_pair(1, COLOR_YELLOW, -1);
        init_pair(2, COLOR_RED, -1);
    }
    return true;
}

static int show(struct fleet *fleet, struct top *top, bool plain)
{
    struct frame frame = {.top = top};
    int64_t drawn = 0;
    if (!watch(&frame, fleet->poller) || !fleet_keep_looking_up(fleet) || !model_start(top) || !events_start(top)) {
        perror("scalemon");
        return EXIT_FAILED;
    }
    if (!screen_start(top, plain)) {
        fputs("scalemon top: this terminal is not known: set TERM\n", stderr);
        return EXIT_USAGE;
    }
    top->dirty = true;
    while (!top->end) {
        int64_t wait = drawn + REDRAW_MS - now_ms();
        if (top->dirty && wait <= 0) {
            draw(top);
            drawn = now_ms();
        }
        poller_step(fleet->poller, top->dirty ? (wait > 0 ? (int)wait : REDRAW_MS) : 1000);
        if (now_ms() - drawn >= 1000) /* the clock */
            top->dirty = true;
    }
    endwin();
    close(frame.signals);
    return frame.lost ? EXIT_FAILED : EXIT_WELL;
}

struct request {
    double interval;
    bool plain;
};
/* clang-format off */
#define AT(member) offsetof(struct request, member)
static const struct option_row options[] = {
    {'i', "interval", "SECONDS", "between two rounds (2, or console.conf's)", option_decimal, AT(interval), 0.1, 3600},
    {0, "no-color", NULL, "without colours, as where NO_COLOR is set", option_flag, AT(plain), 0, 0},
    {0},
};
#undef AT
/* clang-format on */

static int run(const struct globals *globals, int argc, char **argv)
{
    struct request r = {0};
    struct fleet fleet;
    int status;
    if (!options_read(&verb_top, &argc, &argv, &r, &status))
        return status;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return verb_usage(&verb_top, "needs a terminal; `status' does not");
    status = fleet_start(&fleet, globals, argv, argc);
    if (status != EXIT_WELL)
        return status;
    struct top *top = calloc(1, sizeof *top);
    if (top != NULL) {
        top->fleet = &fleet;
        top->interval = (int)((r.interval > 0 ? r.interval : fleet.conf.interval) * 1000);
        top->events.open = true;
        status = show(&fleet, top, r.plain);
        poller_free(fleet.poller); /* before what its timers point to */
        fleet.poller = NULL;
        model_free(top);
        free(top);
    } else {
        perror("scalemon");
        status = EXIT_FAILED;
    }
    fleet_close(&fleet);
    return status;
}

const struct verb verb_top = {"top", "[options] [HOST|@POOL...]",
                              "the rows of status, live; switches portals and edits limits", options, run};
