/* Directories may lie on a file server, and that may be dead: whoever looks at them may never come back. So nothing here touches
 * one but a child of its own for each, which tells what it found; the parent waits for that with a deadline, and never for the
 * child's end: in the kernel's hands not even SIGKILL ends it before the server answers. The runner reaps it some day. */
#include "agent/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/script.h"

enum { WHY_MAX = CONFIG_TEXT_MAX + SCRIPT_REASON_MAX + 128 };

struct dir {
    const char *option, *path;
    bool agents; /* the agent's to use, else ours */
};

/* ---- in the child ---- */

/* Where we are root it becomes the user's; user NULL: stays ours. */
static bool make(const char *path, const struct script_user *user)
{
    if (mkdir(path, 0750) != 0)
        return errno == EEXIST;
    if (user == NULL || geteuid() != 0 || user->uid == 0 || chown(path, user->uid, user->gid) == 0)
        return true;
    int error = errno;
    rmdir(path); /* else the next attempt would take it for good */
    errno = error;
    return false;
}

/* The kernel alone knows whether a user may: become him and ask. 0 or an errno value. */
static int use(const char *path, const struct script_user *user)
{
    char reason[SCRIPT_REASON_MAX];
    struct stat st;
    if (stat(path, &st) != 0)
        return errno;
    if (!S_ISDIR(st.st_mode))
        return ENOTDIR;
    if (user != NULL && !script_become(user, reason))
        return EPERM;
    return access(path, R_OK | W_OK | X_OK) == 0 ? 0 : errno;
}

/* What is wrong with a directory, as one line without its newline; "": nothing. */
static void look(const struct config *config, const struct dir *dir, char why[WHY_MAX])
{
    char reason[SCRIPT_REASON_MAX];
    struct script_user user;
    why[0] = '\0';
    if (dir->agents && !script_user(config->user, &user, reason)) {
        snprintf(why, WHY_MAX, "[agent] user: %s", reason);
        return;
    }
    const struct script_user *whose = dir->agents ? &user : NULL;
    bool made = make(dir->path, whose);
    int error = made ? use(dir->path, whose) : errno;
    if (error != 0)
        snprintf(why, WHY_MAX, "[agent] %s: %s: cannot %s %s: %s", dir->option, dir->path,
                 made ? "be used by" : "be made for", whose != NULL ? user.name : "us", strerror(error));
}

static _Noreturn void child_main(const struct config *config, const struct dir *dir, int answer)
{
    char why[WHY_MAX];
    /* nothing of the runner's may stay open in a process that may stay for ever */
    if (dup2(answer, 3) < 0 || close_range(4, ~0U, 0) != 0)
        _exit(1);
    look(config, dir, why);
    size_t len = strlen(why);
    why[len++] = '\n'; /* a child that died halfway has sent none */
    _exit(write(3, why, len) == (ssize_t)len ? 0 : 1);
}

/* ---- in the runner ---- */

/* Waits for the child's line. 0, ETIMEDOUT, or another errno value. */
static int hear(int fd, char why[WHY_MAX], int64_t deadline)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int ready;
    do {
        int64_t left = deadline - clock_mono_ms();
        ready = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return ready == 0 ? ETIMEDOUT : errno;
    ssize_t n = read(fd, why, WHY_MAX); /* whole: one write of less than PIPE_BUF */
    if (n <= 0 || why[n - 1] != '\n')
        return EIO;
    why[n - 1] = '\0';
    return 0;
}

/* 0, or an errno value: no answer; what the child found wrong is in why. */
static int ask(const struct config *config, const struct dir *dir, char why[WHY_MAX], int64_t deadline)
{
    int answer[2];
    if (pipe2(answer, O_CLOEXEC) != 0)
        return errno;
    pid_t pid = fork();
    if (pid == 0)
        child_main(config, dir, answer[1]);
    int error = pid < 0 ? errno : 0;
    close(answer[1]);
    if (error == 0)
        error = hear(answer[0], why, deadline);
    close(answer[0]);
    if (error != 0 && pid > 0)
        kill(pid, SIGKILL);
    return error;
}

bool dirs_prepare(const struct config *config, int deadline_ms, char *why, size_t why_size)
{
    const struct dir dirs[] = {
        {"state_dir",  config->state_dir,  true },
        {"output_dir", config->output_dir, false},
    };
    const int64_t deadline = clock_mono_ms() + deadline_ms;
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        char found[WHY_MAX];
        int error = ask(config, &dirs[i], found, deadline);
        if (error == 0 && found[0] == '\0')
            continue;
        if (error == 0)
            snprintf(why, why_size, "%s: %s", config->file, found);
        else if (error == ETIMEDOUT)
            snprintf(why, why_size, "%s: [agent] %s: %s: no answer within %d ms: is its file server dead?", config->file,
                     dirs[i].option, dirs[i].path, deadline_ms);
        else
            snprintf(why, why_size, "%s: [agent] %s: %s: cannot be looked at: %s", config->file, dirs[i].option,
                     dirs[i].path, strerror(error));
        return false;
    }
    return true;
}
