/* scalemon top: the status of the hosts, live. The frame: terminal, signals, loop. */
#include <getopt.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/num.h"
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

static int run(struct fleet *fleet, struct top *top, bool plain)
{
    struct frame frame = {.top = top};
    int64_t drawn = 0;
    if (!watch(&frame, fleet->poller) || !model_start(top) || !events_start(top)) {
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

int cmd_top(const struct globals *globals, int argc, char **argv)
{
    static const struct option longs[] = {
        {"interval", required_argument, NULL, 'i'},
        {"no-color", no_argument,       NULL, 'n'},
        {NULL,       0,                 NULL, 0  }
    };
    struct fleet fleet;
    double interval = 0;
    bool plain = false;
    int c;
    while ((c = getopt_long(argc, argv, "i:", longs, NULL)) != -1) {
        if (c == 'n')
            plain = true;
        else if (c != 'i' || !num_decimal(optarg, strlen(optarg), &interval) || interval < 0.1 ||
                 interval > 3600)
            return verb_usage(argv[0], "expected -i 0.1 to 3600, or --no-color");
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return verb_usage(argv[0], "needs a terminal; `status' does not");
    int status = fleet_start(&fleet, globals, argv + optind, argc - optind);
    if (status != EXIT_WELL)
        return status;
    struct top *top = calloc(1, sizeof *top);
    if (top != NULL) {
        top->fleet = &fleet;
        top->interval = (int)((interval > 0 ? interval : fleet.conf.interval) * 1000);
        top->events.open = true;
        status = run(&fleet, top, plain);
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
