#include "agent/dirs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/script.h"

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

static int try_as(const char *path, const struct script_user *user)
{
    char reason[SCRIPT_REASON_MAX];
    if (user != NULL && !script_become(user, reason))
        return EPERM;
    return access(path, R_OK | W_OK | X_OK) == 0 ? 0 : errno;
}

/* The kernel alone knows whether a user may: a child becomes him and asks. 0 or an errno value. */
static int usable(const char *path, const struct script_user *user)
{
    int status = 0;
    struct stat st;
    if (stat(path, &st) != 0)
        return errno;
    if (!S_ISDIR(st.st_mode))
        return ENOTDIR;
    pid_t pid = fork();
    if (pid == 0)
        _exit(try_as(path, user));
    if (pid < 0)
        return errno;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

bool dirs_prepare(const struct config *config, char *why, size_t why_size)
{
    char reason[SCRIPT_REASON_MAX];
    struct script_user user;
    if (!script_user(config->user, &user, reason)) {
        snprintf(why, why_size, "%s: [agent] user: %s", config->file, reason);
        return false;
    }
    const struct {
        const char *option, *path;
        const struct script_user *user; /* whose it is to use; NULL: ours */
    } dirs[] = {
        {"state_dir",  config->state_dir,  &user},
        {"output_dir", config->output_dir, NULL },
    };
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        int error = make(dirs[i].path, dirs[i].user) ? 0 : errno;
        const char *what = error != 0 ? "be made for" : "be used by";
        if (error == 0)
            error = usable(dirs[i].path, dirs[i].user);
        if (error != 0) {
            snprintf(why, why_size, "%s: [agent] %s: %s: cannot %s %s: %s", config->file, dirs[i].option, dirs[i].path,
                     what, dirs[i].user != NULL ? user.name : "us", strerror(error));
            return false;
        }
    }
    return true;
}
