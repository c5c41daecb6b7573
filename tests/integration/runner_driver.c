/* The runner with an agent that a test script speaks through: commands come from the FIFO $DRIVER_FIFO, one per line
 * ("run SCRIPT", "cancel SCRIPT", "lie", "exit STATUS", "mute"); what the runner says goes to stdout, one line per message. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/log.h"
#include "agent/runner.h"
#include "agent/runner_msg.h"
#include "common/num.h"

static const char *const kinds[] = {"?", "running", "result", "hello"};
static const char *const outcomes[] = {"exited", "signalled", "timed-out", "cancelled", "not-started", "busy", "lost"};

static void ask(int fd, uint32_t kind, uint32_t script, uint32_t run)
{
    struct runner_request request = {.magic = RUNNER_MAGIC, .kind = kind, .script = script, .run = run};
    if (send(fd, &request, sizeof request, MSG_NOSIGNAL) < 0)
        exit(1);
}

static bool obey(int fd, const char *line, bool *mute)
{
    static uint32_t run;
    const char *word = strchr(line, ' ');
    uint64_t number = 0;
    if (word != NULL && !num_u64(word + 1, strlen(word + 1), 0, 1000, &number))
        return false;
    if (strncmp(line, "run ", 4) == 0)
        ask(fd, RUNNER_RUN, (uint32_t)number, ++run);
    else if (strncmp(line, "cancel ", 7) == 0)
        ask(fd, RUNNER_CANCEL, (uint32_t)number, 0);
    else if (strncmp(line, "exit ", 5) == 0)
        exit((int)number);
    else if (strcmp(line, "mute") == 0)
        *mute = true;
    else if (strcmp(line, "lie") == 0)
        ask(fd, 77, 0, 0);
    else
        return false;
    return true;
}

static bool hear(int fd, const struct config *config)
{
    struct runner_event event;
    char buf[sizeof event + 1], text[RUNNER_OUTPUT_MAX + 1];
    ssize_t n = recv(fd, buf, sizeof buf, 0);
    if (n <= 0 || !runner_event_parse(buf, (size_t)n, (uint32_t)config->n_portals * CONFIG_SCRIPTS, &event))
        return false;
    runner_output_text(event.output, event.output_len, text, sizeof text);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\n')
            *p = '|';
    printf("%s script=%u outcome=%s code=%d ms=%u len=%u output=%s\n", kinds[event.kind], event.script,
           outcomes[event.outcome], event.code, event.duration_ms, event.output_len, text);
    fflush(stdout);
    return true;
}

int agent_main(const struct config *config, int runner_fd)
{
    char line[64];
    size_t len = 0;
    bool mute = false;
    int fifo = open(getenv("DRIVER_FIFO"), O_RDWR | O_CLOEXEC);
    printf("agent pid=%d uid=%u\n", getpid(), getuid());
    fflush(stdout);
    if (fifo < 0)
        return 1;
    ask(runner_fd, RUNNER_READY, 0, 0);
    for (;;) {
        struct pollfd fds[] = {{.fd = fifo, .events = POLLIN}, {.fd = runner_fd, .events = POLLIN}};
        if (poll(fds, 2, 500) < 0 && errno != EINTR)
            return 1;
        if (fds[1].revents != 0 && !hear(runner_fd, config))
            return 1;
        if (fds[0].revents != 0 && read(fifo, line + len, 1) == 1) {
            if (line[len] != '\n') {
                len = len < sizeof line - 1 ? len + 1 : 0;
                continue;
            }
            line[len] = '\0';
            len = 0;
            if (!obey(runner_fd, line, &mute))
                printf("what? %s\n", line);
        } else if (!mute) {
            ask(runner_fd, RUNNER_ALIVE, 0, 0);
        }
    }
}

static void report(void *arg, const char *message)
{
    fprintf(stderr, "%s\n", message);
}

int main(int argc, char **argv)
{
    struct config *config = argc == 2 ? config_load(argv[1], report, NULL) : NULL;
    if (config == NULL)
        return 2;
    log_open("driver", false);
    return runner_main(config, false);
}
