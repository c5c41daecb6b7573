/* A writer for the store that is to be killed, cut off or starved, and the check of what it left.
 *
 *   store_driver write DIR       writes documents and events for ever. Says on stdout, one line each, unbuffered:
 *                                  "begin N" before, and "ack N" or "fail N" after a document; "event I" when I may be sent
 *   store_driver some DIR COUNT  the same, COUNT documents
 *   store_driver check DIR LOG   reads the store as the agent does at start and compares with what LOG says was promised
 *   store_driver kill DIR COUNT SEED   COUNT times: a writer, killed at a random moment, and the check
 *   store_driver shutdown MOUNT [PID]   stops process PID and cuts the power of an ext4: nothing that is not on disk by now gets
 *                                there. A real cut leaves nobody running to hear that a write had succeeded; here an fdatasync
 *                                that the cut overtakes may return 0 (ext4's end of I/O swallows errors of a shutdown)
 * Exit status 1 and a line that says why, if anything promised was broken. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/event.h"
#include "agent/store.h"
#include "common/num.h"

static void die(const char *what, uint64_t n)
{
    printf("broken: %s (%" PRIu64 ")\n", what, n);
    exit(1);
}

static void say(int out, const char *what, uint64_t n)
{
    char line[64];
    int len = snprintf(line, sizeof line, "%s %" PRIu64 "\n", what, n);

    /* not write(): the tests let write() fail in the store */
    if (writev(out, &(struct iovec){line, (size_t)len}, 1) < 0)
        exit(2);
}

/* Document N: its number, and a filling of up to 12 KiB that depends on it. */
static size_t document(uint64_t n, char *buf)
{
    size_t len = (size_t)snprintf(buf, 64, "%" PRIu64 " ", n), want = len + (size_t)(n * 7919 % 12000);

    while (len < want) {
        buf[len] = (char)('a' + (n + len) % 26);
        len++;
    }
    return len;
}

static uint64_t number_of(const char *text, size_t len)
{
    static char expect[16384];
    size_t digits = strcspn(text, " ");
    uint64_t n;

    if (!num_u64(text, digits, 0, UINT64_MAX, &n) || document(n, expect) != len || memcmp(expect, text, len) != 0)
        die("a document that nobody wrote", 0);
    return n;
}

static struct store *must_open(const char *dir)
{
    char err[256];
    struct store *s = store_open(dir, err, sizeof err);

    if (!s) {
        printf("broken: %s\n", err);
        exit(1);
    }
    return s;
}

static uint64_t load_number(struct store *s)
{
    char *text, why[256];
    size_t len;
    enum store_load r = store_load(s, "settings", 1, &text, &len, why, sizeof why);

    if (r == STORE_ABSENT)
        return 0;
    if (r != STORE_OK) {
        printf("broken: load %d: %s\n", (int)r, why);
        exit(1);
    }
    uint64_t n = number_of(text, len);
    free(text);
    return n;
}

static void tell_events(int out, struct store *s, struct event_log *log, uint32_t *told)
{
    const struct scm_event *e;
    char why[8];

    while ((e = event_next_undelivered(log, *told))) {
        *told = e->index;
        if (!store_last_error(s, why, sizeof why)) /* while the disk fails they are handed out all the same */
            say(out, "event", e->index);
        if (e->index % 3 == 0)
            event_delivered(log, e->index);
        event_unref(e);
    }
}

static int writer(const char *dir, int out, uint64_t count)
{
    static char text[16384];
    char err[256];
    struct store *s = must_open(dir);
    struct event_log *log = event_log_open(s);
    uint64_t n = load_number(s);
    uint32_t told = 0;

    for (uint64_t i = 0; i < count; i++) {
        size_t len = document(n + 1, text);
        struct scm_event draft = {.type = EVENT_LIMIT_EXCEEDED, .severity = EVENT_WARNING, .notify = true, .object = "x", .text = "y"};
        say(out, "begin", n + 1);
        event_unref(event_append(log, &draft, clock_wall_ms()));
        tell_events(out, s, log, &told); /* not yet, if it must be on disk first */
        if (store_write(s, "settings", 1, text, len, 10000, err, sizeof err) == STORE_WRITTEN)
            say(out, "ack", ++n);
        else
            say(out, "fail", n + 1);
        tell_events(out, s, log, &told);
    }
    store_close(s);
    event_log_close(log);
    return 0;
}

/* ---- the check ---- */

struct promised {
    uint64_t begun, acked, event;
    bool failed; /* the last document begun was told as failed */
};

static void promise(struct promised *p, const char *line)
{
    const char *blank = strchr(line, ' ');
    uint64_t n;

    if (!blank || !num_u64(blank + 1, strcspn(blank + 1, "\n"), 0, UINT64_MAX, &n))
        return;
    size_t word = (size_t)(blank - line);
    if (word == 5 && memcmp(line, "begin", 5) == 0) {
        p->begun = n;
        p->failed = false;
    } else if (word == 3 && memcmp(line, "ack", 3) == 0) {
        p->acked = n;
    } else if (word == 4 && memcmp(line, "fail", 4) == 0) {
        p->failed = true;
    } else if (word == 5 && memcmp(line, "event", 5) == 0 && n > p->event) {
        p->event = n;
    }
}

static void check(const char *dir, const struct promised *p)
{
    struct store *s = must_open(dir);
    uint64_t n = load_number(s);

    if (n < p->acked)
        die("an acknowledged document is lost", p->acked);
    if (n > (p->failed ? p->acked : p->begun > p->acked ? p->begun : p->acked))
        die("a document that was told as failed stands", n);
    struct event_log *log = event_log_open(s);
    struct event_list *l = event_log_list(log);
    for (size_t i = 1; i < l->n; i++)
        if (l->events[i]->type == EVENT_STORE || l->events[i]->index != l->events[i - 1]->index + 1)
            die("the events have a hole or a damaged record", l->events[i]->index);
    if (p->event > 0 && (l->n == 0 || l->events[l->n - 1]->index < p->event))
        die("an event that was handed out is lost", p->event);
    event_list_unref(l);
    store_close(s);
    event_log_close(log);
}

static int check_log(const char *dir, const char *path)
{
    struct promised p = {0};
    char line[128];
    FILE *f = fopen(path, "re");

    if (!f)
        die("no log", 0);
    while (fgets(line, sizeof line, f))
        promise(&p, line);
    fclose(f);
    check(dir, &p);
    printf("ok acked=%" PRIu64 " event=%" PRIu64 "\n", p.acked, p.event);
    return 0;
}

/* ---- kills ---- */

/* What the writer has said; the last line may be torn, and is then not a promise. */
struct heard {
    char buf[65536];
    size_t len;
};

/* Reads once; false at the end. */
static bool hear(int fd, struct heard *h, struct promised *p)
{
    ssize_t n = read(fd, h->buf + h->len, sizeof h->buf - 1 - h->len);

    if (n <= 0)
        return false;
    h->len += (size_t)n;
    h->buf[h->len] = '\0';
    char *line = h->buf, *nl;
    while ((nl = strchr(line, '\n'))) {
        promise(p, line);
        line = nl + 1;
    }
    h->len = strlen(line);
    memmove(h->buf, line, h->len + 1);
    return true;
}

/* Kills the writer usec after it has begun, or after its first document is acknowledged. */
static void listen_and_kill(int fd, pid_t pid, bool after_ack, unsigned usec, struct promised *p)
{
    static struct heard h;
    uint64_t acked = p->acked;

    h.len = 0;
    for (bool more = true; more && after_ack && p->acked == acked;)
        more = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000) > 0 && hear(fd, &h, p);
    if (!after_ack)
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000);
    usleep(usec);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    while (hear(fd, &h, p))
        ;
}

static int kills(const char *dir, uint64_t count, uint64_t seed)
{
    struct promised p = {0};
    uint64_t moved = 0;

    srandom((unsigned)seed);
    for (uint64_t i = 0; i < count; i++) {
        int fd[2];
        uint64_t before = p.acked;
        if (pipe2(fd, O_CLOEXEC) < 0)
            die("pipe", 0);
        pid_t pid = fork();
        if (pid == 0) {
            close(fd[0]);
            _exit(writer(dir, fd[1], UINT64_MAX));
        }
        close(fd[1]);
        listen_and_kill(fd[0], pid, random() % 2, (unsigned)random() % 10000, &p);
        close(fd[0]);
        p.failed = false; /* a killed writer's document may stand, or not */
        check(dir, &p);
        moved += p.acked > before;
    }
    printf("kills=%" PRIu64 " acked=%" PRIu64 " with_writes=%" PRIu64 " events=%" PRIu64 "\n", count, p.acked, moved, p.event);
    return moved * 3 > count ? 0 : 1; /* enough must have been under way */
}

static int cut_power(const char *mount, uint64_t pid)
{
    uint32_t no_flush = 2; /* EXT4_GOING_FLAGS_NOLOGFLUSH */
    int fd = open(mount, O_RDONLY | O_CLOEXEC);

    if (pid != UINT64_MAX)
        kill((pid_t)pid, SIGSTOP);
    if (fd < 0 || ioctl(fd, _IOR('X', 125, uint32_t), &no_flush) < 0) {
        printf("shutdown of %s: %s\n", mount, strerror(errno));
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t n = UINT64_MAX, seed = 0;
    const char *verb = argc > 2 ? argv[1] : "";

    if (argc > 3 && strcmp(verb, "check") != 0 && !num_u64(argv[3], strlen(argv[3]), 0, UINT64_MAX, &n))
        return 2;
    if (argc > 4 && !num_u64(argv[4], strlen(argv[4]), 0, UINT64_MAX, &seed))
        return 2;
    if (strcmp(verb, "write") == 0 || strcmp(verb, "some") == 0)
        return writer(argv[2], STDOUT_FILENO, n);
    if (strcmp(verb, "check") == 0 && argc > 3)
        return check_log(argv[2], argv[3]);
    if (strcmp(verb, "kill") == 0)
        return kills(argv[2], n, seed);
    if (strcmp(verb, "shutdown") == 0)
        return cut_power(argv[2], n);
    fprintf(stderr, "see the head of store_driver.c\n");
    return 2;
}
