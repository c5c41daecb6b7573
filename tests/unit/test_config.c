/* scalemond.conf: what is read, and what is said about what is wrong. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "agent/config.h"

struct reports {
    char text[8192];
};

static void collect(void *arg, const char *message)
{
    struct reports *reports = arg;
    size_t len = strlen(reports->text);
    snprintf(reports->text + len, sizeof reports->text - len, "%s\n", message);
}

static struct config *parse(const char *text, struct reports *reports)
{
    memset(reports, 0, sizeof *reports);
    return config_parse("f", text, strlen(text), collect, reports);
}

static void design_example(void **state)
{
    struct reports reports;
    struct config *config = parse("[agent]\n"
                                  "agentx_socket = /run/agentx/master\n"
                                  "interval = 2\n"
                                  "interface = eth0            ; the host's own\n"
                                  "# a comment\n"
                                  "[portal liferay]\n"
                                  "start = /opt/liferay/bin/startup.sh\n"
                                  "  stop = /opt/liferay/bin/shutdown.sh\n"
                                  "status = systemctl is-active 'life ray' \"a;b\"\n"
                                  "start_timeout = 99\n"
                                  "[limit load-high]\n"
                                  "metric = load/load:shortterm\n"
                                  "above = 8\n"
                                  "clear = 6\n"
                                  "hits = 3\n"
                                  "severity = failure\n"
                                  "[limit low]\r\n"
                                  "metric = sum(*/portal-liferay/gauge-running)\r\n"
                                  "below = 2.5e0\r\n",
                                  &reports);
    assert_string_equal(reports.text, "");
    assert_non_null(config);
    assert_int_equal(config->interval, 2);
    assert_string_equal(config->interface, "eth0");
    assert_string_equal(config->collectd_socket, "/run/collectd-unixsock");
    assert_int_equal(config->n_portals, 1);
    const struct config_portal *portal = &config->portals[0];
    assert_string_equal(portal->name, "liferay");
    assert_int_equal(portal->initial, CONFIG_ADMIN_HOLD);
    assert_int_equal(portal->timeout[CONFIG_START], 99);
    assert_int_equal(portal->timeout[CONFIG_STOP], 120);
    assert_int_equal(portal->script[CONFIG_STOP].count, 1);
    assert_int_equal(portal->script[CONFIG_STATUS].count, 4);
    assert_string_equal(portal->script[CONFIG_STATUS].words[0], "systemctl");
    assert_string_equal(portal->script[CONFIG_STATUS].words[2], "life ray");
    assert_string_equal(portal->script[CONFIG_STATUS].words[3], "a;b");
    assert_null(portal->script[CONFIG_STATUS].words[4]);
    assert_int_equal(config->n_limits, 2);
    assert_int_equal(config->limits[0].direction, CONFIG_ABOVE);
    assert_int_equal(config->limits[0].severity, CONFIG_FAILURE);
    assert_string_equal(config->limits[0].clear, "6");
    assert_int_equal(config->limits[1].direction, CONFIG_BELOW);
    assert_string_equal(config->limits[1].threshold, "2.5e0");
    assert_string_equal(config->limits[1].clear, ""); /* the threshold, also when SNMP sets another */
    assert_int_equal(config->limits[1].hits, 1);
    config_free(config);
}

#define X107 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define SCRIPTS "start=/a\nstop=/b\nstatus=/c\n"

static void errors_name_line_option_and_expectation(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"interval = 1\n",                               "f:1: interval: expected a [section]"                },
        {"[agent]\ninterval = 0\n",                      "f:2: interval = 0: expected seconds from 1 to 3600" },
        {"[agent]\ninterval = 1x\n",                     "f:2: interval = 1x: expected seconds"               },
        {"[agent]\n\ninterval\n",                        "f:3: expected [section] or name = value"            },
        {"[agent]\nintervall = 1\n",                     "f:2: intervall: no such option in [agent]"          },
        {"[agent]\ninterval=1\ninterval=2\n",            "f:3: interval: again"                               },
        {"[agent]\nstate_dir = var\n",                   "f:2: state_dir = var: expected an absolute path"    },
        {"[agent x]\ninterval=1\n",                      "f:1: [agent x]: expected [agent] without a name"    },
        {"[agnet]\ninterval=1\n",                        "f:1: [agnet]: expected [agent], [portal NAME]"      },
        {"[portal a]\n",                                 "f:1: empty section"                                 },
        {"[portal a]\nstart=/a\nstop=/b\n",              "f:1: [portal a]: status is missing"                 },
        {"[portal a]\n" SCRIPTS "[portal a]\n" SCRIPTS,  "f:5: [portal a]: again; first on line 1"            },
        {"[portal a b]\n" SCRIPTS,                       "f:1: [portal a b]: expected a name of 1 to 32"      },
        {"[portal a/b]\n" SCRIPTS,                       "f:1: [portal a/b]: expected a name"                 },
        {"[portal]\n" SCRIPTS,                           "f:1: [portal ]: expected a name"                    },
        {"[portal a]\nstart=bin/a\nstop=/b\nstatus=/c\n", "f:2: start = bin/a: expected a command"            },
        {"[portal a]\nstart=/a 'b\nstop=/b\nstatus=/c\n", "f:2: start = /a 'b: expected a command"            },
        {"[portal a]\nstart=\nstop=/b\nstatus=/c\n",     "f:2: start = : expected a command"                  },
        {"[portal a]\n" SCRIPTS "initial = up\n",        "f:5: initial = up: expected on, off or hold"        },
        {"[limit a]\nabove=1\n",                         "f:1: [limit a]: metric is missing"                  },
        {"[limit a]\nmetric=load/load:shortterm\n",      "f:1: [limit a]: expected one of above and below"    },
        {"[limit a]\nmetric=load/load:shortterm\nabove=1\nbelow=2\n", "f:1: [limit a]: expected one of above" },
        {"[limit a]\nmetric=load/load:shortterm\nabove=1\nclear=2\n", "f:1: [limit a]: clear = 2: expected a value not above" },
        {"[limit a]\nmetric=load/load:shortterm\nbelow=2\nclear=1\n", "f:1: [limit a]: clear = 1: expected a value not below" },
        {"[limit a]\nmetric=load/load:shortterm\nabove=nan\n", "f:3: above = nan: expected a decimal number"  },
        {"[limit a]\nmetric=nonsense\nabove=1\n",        "f:2: metric = nonsense: expected"                   },
        {"[agent]\ninterval=1\n[limit x]\n[agent]\ninterval=2\n", "f:5: interval: again in [agent]"           },
        {"[agent] interval=1\nuser=a\n",                 "f:1: [agent] interval=1: expected nothing behind ']'" },
        {"[agent\nuser=a\n",                             "f:1: expected [section] or name = value"            },
        {"[portal                                            a]\n" SCRIPTS, "f:1: a title of 51 bytes: expected at most 49" },
        {"[agent]\nagentx_socket = run/agentx\n",        "f:2: agentx_socket = run/agentx: expected an absolute path" },
        {"[agent]\ncollectd_socket = /" X107 "\n",       "expected an absolute path of at most 107 bytes"     },
        {"[agent]\nhostname = a/b\n",                    "f:2: hostname = a/b: expected the name"             },
        {"[agent]\nhostname = " X107 X107 "\n",          "expected the name that collectd has for this host"  },
        {"[agent]\ninterface = " X107 "\n",              "expected an interface's name, at most 63 bytes"     },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reports reports;
        struct config *config = parse(rows[i].text, &reports);
        if (config != NULL || strstr(reports.text, rows[i].said) == NULL)
            fail_msg("\"%s\" gave \"%s\", expected \"%s\"", rows[i].text, reports.text, rows[i].said);
    }
}

static void all_errors_are_told(void **state)
{
    struct reports reports;
    assert_null(parse("[agent]\ninterval=x\nfoo=1\n[limit a]\nabove=1\nnothing\n[portal\nnor this", &reports));
    assert_non_null(strstr(reports.text, "f:2:"));
    assert_non_null(strstr(reports.text, "f:3:"));
    assert_non_null(strstr(reports.text, "f:4:"));
    assert_non_null(strstr(reports.text, "f:6: expected [section] or name = value"));
    assert_non_null(strstr(reports.text, "f:7: expected [section] or name = value"));
    assert_non_null(strstr(reports.text, "f:8: expected [section] or name = value"));
}

/* What editors of other systems leave. */
static void marks_and_blanks_mean_nothing(void **state)
{
    struct reports reports;
    struct config *config = parse("[agent]\ninterval=7\n[agent]\nuser=a\n", &reports); /* goes on */
    assert_non_null(config);
    assert_int_equal(config->interval, 7);
    config_free(config);
    config = parse("\xef\xbb\xbf[agent]\r\n\v interval = 2\r\n \f[portal a] ; a\r\n" SCRIPTS "\r[portal b]\t# b\n" SCRIPTS
                                  "\r\n \v\n;c\n#d\ndescription = the end", &reports);
    assert_string_equal(reports.text, "");
    assert_non_null(config);
    assert_int_equal(config->interval, 2);
    assert_int_equal(config->n_portals, 2);
    assert_string_equal(config->portals[1].name, "b");
    assert_string_equal(config->portals[1].description, "the end");
    config_free(config);
}

static void odd_bytes(void **state)
{
    struct reports reports = {""};
    static const char nul[] = "[agent]\ninterval\0 = 1\n";
    assert_null(config_parse("f", nul, sizeof nul - 1, collect, &reports));
    assert_non_null(strstr(reports.text, "f:2: a NUL byte"));
    char line[4000];
    memset(line, 'x', sizeof line);
    memcpy(line, "[agent]\nuser=", 13);
    memset(&reports, 0, sizeof reports);
    assert_null(config_parse("f", line, sizeof line, collect, &reports));
    assert_non_null(strstr(reports.text, "f:2: a line of"));
    memset(&reports, 0, sizeof reports);
    struct config *empty = config_parse("f", "", 0, collect, &reports);
    assert_non_null(empty);
    config_free(empty);
}

static void too_many(void **state)
{
    static char text[CONFIG_PORTALS_MAX * 64 + 256];
    size_t at = 0;
    struct reports reports;
    for (int i = 0; i <= CONFIG_PORTALS_MAX; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "[portal p%d]\n" SCRIPTS, i);
    assert_null(parse(text, &reports));
    assert_non_null(strstr(reports.text, "expected at most 64 portals"));
}

static void files(void **state)
{
    struct reports reports = {""};
    assert_null(config_load("/nonexistent/x", collect, &reports));
    assert_non_null(strstr(reports.text, "/nonexistent/x: No such file"));
    memset(&reports, 0, sizeof reports);
    assert_null(config_load("/", collect, &reports));
    assert_non_null(strstr(reports.text, "expected a regular file"));
    memset(&reports, 0, sizeof reports);
    assert_null(config_load("/" X107 "/" X107 "/" X107, collect, &reports));
    assert_non_null(strstr(reports.text, "expected a path of at most 255 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(design_example), cmocka_unit_test(errors_name_line_option_and_expectation),
        cmocka_unit_test(all_errors_are_told), cmocka_unit_test(marks_and_blanks_mean_nothing),
        cmocka_unit_test(odd_bytes), cmocka_unit_test(too_many),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
