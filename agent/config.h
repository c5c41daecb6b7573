/* scalemond.conf: an INI file, read by libinih through one table of options (config_section.c) into one struct.
 *
 * A configuration is read by the runner before it forks, never changes afterwards, and is owned by who called
 * config_load(). The agent inherits it over fork, so both sides agree about every index. Not thread-safe to load;
 * free to read from any thread. */
#ifndef SCM_AGENT_CONFIG_H
#define SCM_AGENT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONFIG_NAME_MAX = 32,    /* bytes of a portal's or limit's name, an SNMP index: SnmpAdminString (SIZE(1..32)) */
    CONFIG_TEXT_MAX = 255,   /* bytes of a path, a description, a metric */
    CONFIG_COMMAND_MAX = 1023, /* bytes of a command line */
    CONFIG_ARGS_MAX = 31,    /* words of a command line */
    CONFIG_DECIMAL_MAX = 31, /* bytes of a threshold (ScmDecimal) */
    CONFIG_USER_MAX = 32,
    CONFIG_SOCKET_MAX = 107,   /* bytes of a socket's path: what struct sockaddr_un has room for */
    CONFIG_INTERFACE_MAX = 63, /* as scmHostInterface */
    CONFIG_HOST_MAX = 127,     /* as a part of a collectd identifier */
    CONFIG_PORTALS_MAX = 64,
    CONFIG_LIMITS_MAX = 1000,
    CONFIG_SIZE_MAX = 1 << 20 /* bytes of the file */
};

/* The numbers are SCALEMON-MIB's (scmLimitDirection, scmLimitSeverity, scmPortalAdminStatus). */
enum config_direction { CONFIG_ABOVE = 1, CONFIG_BELOW = 2 };
enum config_severity { CONFIG_WARNING = 1, CONFIG_FAILURE = 2 };
enum config_admin { CONFIG_ADMIN_ON = 1, CONFIG_ADMIN_OFF = 2, CONFIG_ADMIN_HOLD = 3 };

/* What a portal's scripts are for; script index = portal index * CONFIG_SCRIPTS + one of these. */
enum config_script { CONFIG_START, CONFIG_STOP, CONFIG_STATUS, CONFIG_SCRIPTS };

/* A command line split into words; no shell ever sees it. words[0] is an absolute path or
 * a name to be found in the runner's fixed PATH; words[count] is NULL. Not to be copied: it points into itself. */
struct config_command {
    char text[CONFIG_COMMAND_MAX + 1]; /* the words, each ended by NUL */
    char *words[CONFIG_ARGS_MAX + 1];  /* into text */
    unsigned count;
    int line; /* where the file has it; 0: absent */
};

struct config_portal {
    char name[CONFIG_NAME_MAX + 1];
    int line; /* of its [portal NAME] */
    char description[CONFIG_TEXT_MAX + 1];
    char user[CONFIG_USER_MAX + 1]; /* runs the scripts; "": the agent's own user */
    struct config_command script[CONFIG_SCRIPTS];
    unsigned timeout[CONFIG_SCRIPTS]; /* seconds until the script is ended, 1..86400 */
    unsigned status_interval;         /* seconds between status scripts, 1..3600 */
    unsigned retries;                 /* failed attempts in a row that are followed by another; then it is `failed`; 0..1000 */
    unsigned backoff;                 /* seconds before the first repeat, 1..3600; doubles, to 300 at most */
    enum config_admin initial;        /* admin status where no stored one exists; default hold */
};

struct config_limit {
    char name[CONFIG_NAME_MAX + 1];
    int line; /* of its [limit NAME] */
    char metric[CONFIG_TEXT_MAX + 1];
    enum config_direction direction;
    char threshold[CONFIG_DECIMAL_MAX + 1]; /* as written; a number by num_decimal() */
    char clear[CONFIG_DECIMAL_MAX + 1];     /* as written; "": the file has none, it follows the threshold */
    uint32_t hits;                          /* 1..1000 */
    uint32_t clear_hits;                    /* 1..1000 */
    enum config_severity severity;
};

struct config {
    char file[CONFIG_TEXT_MAX + 1];
    /* [agent] */
    char agentx_socket[CONFIG_SOCKET_MAX + 1];  /* a path or net-snmp's transport text (tcp:localhost:705) */
    char collectd_socket[CONFIG_SOCKET_MAX + 1];
    unsigned interval;                          /* seconds, 1..3600 */
    char state_dir[CONFIG_TEXT_MAX + 1];        /* the agent's: settings, state, undelivered notifications */
    char output_dir[CONFIG_TEXT_MAX + 1];       /* the runner's: one PORTAL.log each, script output */
    char eperf_result_dir[CONFIG_TEXT_MAX + 1]; /* collectd's eperf plugin's ResultDir */
    char user[CONFIG_USER_MAX + 1];             /* of the agent when started by root; "": stay as started */
    char interface[CONFIG_INTERFACE_MAX + 1];   /* host in and out rates; "": the default route's */
    char hostname[CONFIG_HOST_MAX + 1];         /* collectd's name of this host; "": found, see agent/metrics.h */
    /* [portal NAME], [limit NAME], in the file's order */
    struct config_portal *portals;
    size_t n_portals;
    struct config_limit *limits;
    size_t n_limits;
};

/* Takes one message about the configuration, without a newline: "FILE:LINE: OPTION: what was wrong, what was expected". */
typedef void config_report(void *arg, const char *message);

/* Reads and checks a file. Reports everything wrong with it, not just the first thing. Returns the configuration
 * (config_free), or NULL after at least one report. Looks at nothing but the file: whether scripts, users and
 * directories are there is script_check()'s question. */
struct config *config_load(const char *file, config_report *report, void *arg);

/* As config_load() from memory; `name` stands for the file in messages. Pure: for tests and the fuzz target. */
struct config *config_parse(const char *name, const char *text, size_t len, config_report *report, void *arg);

void config_free(struct config *config);

#endif
