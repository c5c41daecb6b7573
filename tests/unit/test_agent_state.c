/* What the agent finds in its state directory when it starts: good, damaged, or written by a newer one. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent_inner.h"
#include "agent/event.h"
#include "agent/portals.h"
#include "agent/portals_inner.h"
#include "agent/store.h"

static char dir[] = "/tmp/scm-state-XXXXXX";
static struct config_portal portal = {.name = "p", .status_interval = 10, .backoff = 5, .initial = CONFIG_ADMIN_HOLD};
static struct config config = {.portals = &portal, .n_portals = 1};
static struct agent agent;

static void change(void *arg, const struct portals_change *change)
{
}

static void nothing(void *arg)
{
}

static void open_agent(void)
{
    char err[256];
    struct portals_options options = {.config = &config, .runner_fd = -1, .change = change, .updated = nothing, .lost = nothing};

    agent = (struct agent){.config = &config, .base = event_base_new(), .store = store_open(dir, err, sizeof err)};
    if (!agent.store)
        fail_msg("%s", err);
    agent.events = event_log_open(agent.store);
    agent.portals = portals_new(agent.base, &options);
    assert_non_null(agent.events);
    assert_non_null(agent.portals);
}

static void close_agent(void)
{
    portals_free(agent.portals);
    store_close(agent.store);
    event_log_close(agent.events);
    event_base_free(agent.base);
}

static void reopen(void)
{
    close_agent();
    open_agent();
}

static int setup(void **state)
{
    strcpy(dir + sizeof dir - 7, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    open_agent();
    return 0;
}

static int teardown(void **state)
{
    DIR *d;
    struct dirent *e;

    close_agent();
    d = opendir(dir);
    while ((e = readdir(d)))
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(dir);
    return 0;
}

static void put(const char *name, unsigned version, const char *text)
{
    char err[256];

    assert_int_equal(store_write(agent.store, name, version, text, strlen(text), 10000, err, sizeof err), STORE_WRITTEN);
}

static void damage(const char *name)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "X", 1, 3), 1);
    close(fd);
}

/* The newest event is about this document, and says this. */
static void expect_event(const char *object, const char *text)
{
    struct event_list *l = event_log_list(agent.events);

    assert_int_equal(l->n, 1);
    assert_int_equal(l->events[0]->type, EVENT_STORE);
    assert_string_equal(l->events[0]->object, object);
    if (!strstr(l->events[0]->text, text))
        fail_msg("\"%s\" does not say \"%s\"", l->events[0]->text, text);
    event_list_unref(l);
}

static void expect_admin(enum portal_admin admin)
{
    struct settings *s = agent_first_settings(&agent);

    assert_non_null(s);
    assert_int_equal(settings_portal(s, "p")->admin, admin);
    settings_release(s);
}

static const char on[] = "{\"portals\": {\"p\": {\"admin\": 1, \"requester\": \"me\"}}}";
static const char off[] = "{\"portals\": {\"p\": {\"admin\": 2, \"requester\": \"me\"}}}";

static void first_start_is_no_news(void **state)
{
    expect_admin(PORTAL_ADMIN_HOLD);
    agent_load_portals(&agent);
    struct event_list *l = event_log_list(agent.events);
    assert_int_equal(l->n, 0);
    event_list_unref(l);
}

static void damaged_settings_are_an_event(void **state)
{
    put("settings", 1, on);
    put("settings", 1, off);
    damage("settings");
    reopen();
    expect_admin(PORTAL_ADMIN_ON); /* the backup's */
    expect_event("settings", "set aside");
}

static void newer_settings_are_an_event(void **state)
{
    put("settings", 9, on);
    reopen();
    expect_admin(PORTAL_ADMIN_HOLD);
    expect_event("settings", "newer");
}

static void strange_settings_are_an_event(void **state)
{
    put("settings", 1, "[]");
    expect_admin(PORTAL_ADMIN_HOLD);
    expect_event("settings", "the configuration's stand");
}

static void damaged_portals_are_an_event(void **state)
{
    put("portals", 1, "{}");
    damage("portals");
    reopen();
    agent_load_portals(&agent);
    expect_event("portals", "set aside");
}

static void output_is_read_back_as_it_was(void **state)
{
    static const char said[] = "line one\n\tline two \xc3\xa9\n";
    struct portal *p = &agent.portals->entries[0].portal;

    memcpy(p->last_output, said, sizeof said);
    p->starts = 7;
    p->failures = UINT32_MAX;
    agent_store_portals(&agent);
    reopen();
    agent_load_portals(&agent);
    p = &agent.portals->entries[0].portal;
    assert_string_equal(p->last_output, said);
    assert_int_equal(p->starts, 7);
    assert_int_equal(p->failures, UINT32_MAX);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(first_start_is_no_news), T(damaged_settings_are_an_event), T(newer_settings_are_an_event),
        T(strange_settings_are_an_event), T(damaged_portals_are_an_event), T(output_is_read_back_as_it_was),
    };

    return cmocka_run_group_tests_name("agent_state", tests, NULL, NULL);
}
