/* The store and the event log on a directory: restart, damage, backup, newer versions, delivery. The kills, cuts and faults are
 * tests/integration/store.bats. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/event.h"
#include "agent/store.h"
#include "agent/store_file.h"

static char dir[] = "/tmp/scm-store-XXXXXX";
static struct store *store;

static void open_store(void)
{
    char err[256];

    store = store_open(dir, err, sizeof err);
    if (!store)
        fail_msg("%s", err);
}

static char *path(const char *name)
{
    static char p[2][300];
    static int k;

    k = !k;
    snprintf(p[k], sizeof p[k], "%s/%s", dir, name);
    return p[k];
}

static int setup(void **state)
{
    strcpy(dir + sizeof dir - 7, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    open_store();
    return 0;
}

static void remove_all(void)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    while ((e = readdir(d)))
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(dir);
}

static int teardown(void **state)
{
    store_close(store);
    store = NULL;
    remove_all();
    return 0;
}

static void again(void)
{
    store_close(store);
    open_store();
}

static void put(const char *text)
{
    char err[256];

    assert_int_equal(store_write(store, "settings", 1, text, strlen(text), 10000, err, sizeof err), STORE_WRITTEN);
}

static void expect(enum store_load want, const char *text)
{
    char *got, why[256];
    size_t len;

    assert_int_equal(store_load(store, "settings", 1, &got, &len, why, sizeof why), want);
    if (!text) {
        assert_null(got);
    } else {
        assert_string_equal(got, text);
        assert_int_equal(len, strlen(text));
    }
    free(got);
}

static bool there(const char *prefix)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    bool found = false;

    while ((e = readdir(d)))
        found = found || strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return found;
}

static void damage(const char *name, long offset, const char *bytes)
{
    int fd = open(path(name), O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), offset), strlen(bytes));
    close(fd);
}

/* ---- documents ---- */

static void crc(void **state)
{
    assert_int_equal(store_crc32("123456789", 9), 0xcbf43926); /* the check value of CRC-32 */
}

static void written_is_read(void **state)
{
    expect(STORE_ABSENT, NULL);
    put("one");
    again();
    expect(STORE_OK, "one");
    put("");
    again();
    expect(STORE_OK, "");
}

static void damaged_goes_aside_and_the_backup_serves(void **state)
{
    put("one");
    put("two");
    struct stat st;
    assert_int_equal(stat(path("settings"), &st), 0);
    damage("settings", st.st_size - 1, "X"); /* in the text: only the checksum tells */
    again();
    expect(STORE_BACKUP, "one");
    assert_true(there("settings.corrupt-"));
    put("three"); /* the damaged one did not become the backup */
    damage("settings", 3, "X");
    again();
    expect(STORE_BACKUP, "one");
}

static void damaged_both(void **state)
{
    put("one");
    put("two");
    assert_int_equal(truncate(path("settings"), 20), 0);
    assert_int_equal(truncate(path("settings.bak"), 0), 0);
    again();
    expect(STORE_CORRUPT, NULL);
    expect(STORE_ABSENT, NULL); /* both are aside */
    put("new");
    expect(STORE_OK, "new");
}

static void newer_is_left_alone(void **state)
{
    char err[256], *text;
    size_t len;

    assert_int_equal(store_write(store, "settings", 2, "future", 6, 10000, err, sizeof err), STORE_WRITTEN);
    again();
    expect(STORE_NEWER, NULL);
    assert_int_equal(store_write(store, "settings", 1, "old", 3, 10000, err, sizeof err), STORE_FAILED);
    assert_non_null(strstr(err, "newer"));
    store_post(store, "settings", 1, "old", 3);
    assert_false(store_last_error(store, err, sizeof err)); /* told when it was found; the disk does not fail */
    again();
    assert_int_equal(store_load(store, "settings", 2, &text, &len, err, sizeof err), STORE_OK);
    assert_string_equal(text, "future");
    free(text);
}

static void posted_is_written_newest_wins(void **state)
{
    char text[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "%d", i);
        store_post(store, "settings", 1, text, strlen(text));
    }
    again(); /* closing writes */
    expect(STORE_OK, "999");
}

static void one_agent_per_directory(void **state)
{
    char err[256];

    assert_null(store_open(dir, err, sizeof err));
    assert_non_null(strstr(err, "another"));
}

static void *write_many(void *arg)
{
    char text[32], name[16];

    snprintf(name, sizeof name, "doc%d", *(int *)arg);
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%s %d", name, i);
        if (store_write(store, name, 1, text, strlen(text), 60000, NULL, 0) != STORE_WRITTEN)
            return arg;
    }
    return NULL;
}

static void four_threads(void **state)
{
    pthread_t t[4];
    int n[4];
    void *failed;

    for (int i = 0; i < 4; i++) {
        n[i] = i;
        assert_int_equal(pthread_create(&t[i], NULL, write_many, &n[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &failed);
        assert_null(failed);
    }
    for (int i = 0; i < 4; i++) {
        char name[16], want[32], *text;
        size_t len;
        snprintf(name, sizeof name, "doc%d", i);
        snprintf(want, sizeof want, "%s 99", name);
        assert_int_equal(store_load(store, name, 1, &text, &len, NULL, 0), STORE_OK);
        assert_string_equal(text, want);
        free(text);
    }
}

static int64_t settled_ms[2];
static unsigned settled;

static void ignore_record(void *arg, const char *text, size_t len)
{
}

/* The store's thread: the first round has failed, and before it can rest something new is asked for. */
static void on_settled(void *arg, uint64_t ticket, bool good)
{
    unsigned n = __atomic_load_n(&settled, __ATOMIC_ACQUIRE);

    if (n == 0)
        store_post(store, "settings", 1, "new", 3);
    if (n < 2)
        settled_ms[n] = clock_mono_ms();
    __atomic_store_n(&settled, n + 1, __ATOMIC_RELEASE);
}

/* A round that comes at once may be late on a busy machine; one that comes after the rest is a second late each time. */
static void what_comes_during_a_failing_round_is_tried_at_once(void **state)
{
    const struct store_journal_ops ops = {ignore_record, on_settled, NULL};
    char err[256];
    int64_t least = INT64_MAX;

    for (int i = 0; i < 5 && least >= 900; i++) {
        unlink(path("events"));
        assert_int_equal(store_journal_open(store, &ops, err, sizeof err), STORE_ABSENT);
        assert_int_equal(mkdir(path("events"), 0700), 0); /* cannot be opened for writing */
        __atomic_store_n(&settled, 0, __ATOMIC_RELEASE);
        store_journal_append(store, "record", 6);
        while (__atomic_load_n(&settled, __ATOMIC_ACQUIRE) < 2)
            usleep(1000);
        least = settled_ms[1] - settled_ms[0] < least ? settled_ms[1] - settled_ms[0] : least;
        assert_int_equal(rmdir(path("events")), 0);
        again();
    }
    assert_in_range(least, 0, 899);
    expect(STORE_OK, "new");
}

static void *write_late(void *arg)
{
    char err[256];

    *(enum store_result *)arg = store_write(store, "settings", 1, "late", 4, 50, err, sizeof err);
    return NULL;
}

/* A disk that hangs: what was asked for meanwhile, and told as late, is not written when it goes on. */
static void what_is_told_as_late_and_not_begun_is_withdrawn(void **state)
{
    char err[256], buf[16];

    put("old");
    assert_int_equal(mkfifo(path("settings.new"), 0600), 0); /* opening it for writing waits for a reader */
    assert_int_equal(store_write(store, "settings", 1, "begun", 5, 50, err, sizeof err), STORE_TIMEOUT);
    assert_int_equal(store_write(store, "settings", 1, "waits", 5, 50, err, sizeof err), STORE_TIMEOUT);
    int fd = open(path("settings.new"), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    while (read(fd, buf, sizeof buf) > 0) /* to its end: a FIFO cannot be synced, and is taken away */
        ;
    close(fd);
    again();
    expect(STORE_OK, "old");
}

/* As at the end of an agent whose AgentX thread hangs. */
static void stopped_store_can_still_be_called(void **state)
{
    pthread_t t;
    enum store_result result = STORE_WRITTEN;

    put("old");
    store_post(store, "settings", 1, "posted", 6);
    store_stop(store);
    expect(STORE_OK, "posted");
    assert_int_equal(pthread_create(&t, NULL, write_late, &result), 0);
    pthread_join(t, NULL);
    assert_int_equal(result, STORE_TIMEOUT);
    store_post(store, "settings", 1, "later", 5);
    expect(STORE_OK, "posted");
}

/* ---- events ---- */

static struct event_log *event_log;

static void open_log(void)
{
    event_log = event_log_open(store);
    assert_non_null(event_log);
}

static void close_log(void)
{
    store_close(store);
    store = NULL;
    event_log_close(event_log);
}

static uint32_t add(const char *object, bool notify)
{
    struct scm_event draft = {.type = notify ? EVENT_LIMIT_EXCEEDED : EVENT_LIMIT_UNKNOWN, .severity = EVENT_WARNING, .notify = notify,
                          .object = object, .text = "line\none", .value = "1.5", .metric = "h/p/t:v", .since_ms = 77, .code = 2};
    const struct scm_event *e = event_append(event_log, &draft, 1700000000000);
    uint32_t index = e->index;

    event_unref(e);
    return index;
}

static uint32_t next(uint32_t after)
{
    for (int i = 0; i < 1000; i++) { /* on disk first */
        const struct scm_event *e = event_next_undelivered(event_log, after);
        if (e) {
            uint32_t index = e->index;
            event_unref(e);
            return index;
        }
        usleep(10000);
    }
    return 0;
}

static void events_survive(void **state)
{
    open_log();
    assert_int_equal(add("a", true), 1);
    assert_int_equal(add("b\xff\"\\", false), 2);
    assert_int_equal(add("c", true), 3);
    assert_int_equal(next(0), 1);
    assert_int_equal(next(1), 3);
    event_delivered(event_log, 1);
    assert_int_equal(event_log_sent(event_log), 1);
    close_log();
    open_store();
    open_log();
    struct event_list *l = event_log_list(event_log);
    assert_int_equal(l->n, 3);
    assert_string_equal(l->events[0]->text, "line one");
    assert_string_equal(l->events[1]->object, "b?\"\\");
    assert_string_equal(l->events[2]->metric, "h/p/t:v");
    assert_int_equal(l->events[2]->code, 2);
    assert_true(l->events[2]->since_ms == 77 && l->events[2]->time_ms == 1700000000000);
    event_list_unref(l);
    assert_int_equal(next(0), 3); /* 1 was delivered */
    assert_int_equal(add("d", true), 4);
    close_log();
    open_store();
}

/* The machine's clock is stepped by an hour, forth and back: order and delivery are the index's. */
static void clock_steps_keep_the_order(void **state)
{
    static const int64_t times[] = {1700000000000, 1700003600000, 1699996400000, 1700000000001};

    open_log();
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct scm_event draft = {.type = EVENT_LIMIT_EXCEEDED, .severity = EVENT_WARNING, .notify = true, .object = "a", .text = "x"};
        event_unref(event_append(event_log, &draft, times[i]));
    }
    assert_int_equal(next(0), 1);
    close_log();
    open_store();
    open_log();
    struct event_list *l = event_log_list(event_log);
    assert_int_equal(l->n, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(l->events[i]->index == i + 1 && l->events[i]->time_ms == times[i]);
        assert_int_equal(next(i), i + 1);
        event_delivered(event_log, i + 1);
    }
    event_list_unref(l);
    close_log();
    open_store();
}

static void more_than_the_ring(void **state)
{
    open_log();
    for (int i = 0; i < 3 * EVENT_RING + 100; i++)
        add("x", i % 2 == 0);
    struct event_list *l = event_log_list(event_log), *same = event_log_list(event_log);
    assert_true(l == same); /* nothing happened: the same list */
    assert_int_equal(l->n, EVENT_RING);
    assert_int_equal(l->events[0]->index, 2 * EVENT_RING + 101);
    event_list_unref(l);
    event_list_unref(same);
    uint32_t first = next(0);
    assert_int_equal(event_log_suppressed(event_log), (3 * EVENT_RING + 100) / 2 - EVENT_RING);
    close_log();
    open_store();
    struct stat st;
    assert_int_equal(stat(path("events"), &st), 0);
    assert_true(st.st_size < 2000000); /* 12,388 records would be 2.5 MB: it was written anew */
    open_log();
    l = event_log_list(event_log);
    assert_int_equal(l->n, EVENT_RING);
    assert_int_equal(l->events[EVENT_RING - 1]->index, 3 * EVENT_RING + 100);
    event_list_unref(l);
    assert_int_equal(next(0), first);
    close_log();
    open_store();
}

static void torn_and_damaged_journal(void **state)
{
    open_log();
    for (int i = 0; i < 10; i++)
        add("x", true);
    close_log();
    int fd = open(path("events"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "12345678 {\"i\":11,", 17), 17);
    close(fd);
    open_store();
    open_log();
    assert_int_equal(add("y", true), 11);
    close_log();
    damage("events", 20, "Z"); /* the first record */
    open_store();
    open_log();
    struct event_list *l = event_log_list(event_log);
    assert_int_equal(l->events[0]->index, 2);
    assert_int_equal(l->events[l->n - 1]->type, EVENT_STORE); /* and it says so */
    assert_non_null(strstr(l->events[l->n - 1]->text, "1 damaged"));
    event_list_unref(l);
    close_log();
    fd = open(path("events"), O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, "rubbish\nall of it\n", 18), 18);
    close(fd);
    open_store();
    open_log();
    assert_true(there("events.corrupt-"));
    assert_true(add("z", true) > 1000000); /* no number that was given out before */
    close_log();
    open_store();
}

static void an_unreadable_journal_uses_no_number_again(void **state)
{
    open_log();
    assert_int_equal(add("x", true), 1);
    close_log();
    assert_int_equal(rename(path("events"), path("events.there")), 0);
    assert_int_equal(symlink("events.there", path("events")), 0); /* ours is no link: it is not opened */
    open_store();
    open_log();
    assert_true(add("y", true) > 1000000);
    close_log();
    open_store();
}

static void silence(void **state)
{
    event_log = event_log_open(NULL);
    event_log_silence(event_log, true);
    add("x", true);
    assert_null(event_next_undelivered(event_log, 0));
    assert_int_equal(event_log_suppressed(event_log), 1);
    event_log_silence(event_log, false);
    add("x", true);
    assert_int_equal(next(0), 2);
    event_log_close(event_log);
}

/* The agentx thread takes and acknowledges while the loop appends. */
static void *deliver_all(void *arg)
{
    uint32_t *last = arg;

    while (*last < 2000) {
        const struct scm_event *e = event_next_undelivered(event_log, *last);
        if (!e) {
            usleep(200);
            continue;
        }
        if (e->index != *last + 1)
            return arg;
        *last = e->index;
        event_delivered(event_log, e->index);
        event_unref(e);
    }
    return NULL;
}

static void taken_in_order_by_another_thread(void **state)
{
    pthread_t t;
    uint32_t last = 0;
    void *failed;

    open_log();
    assert_int_equal(pthread_create(&t, NULL, deliver_all, &last), 0);
    for (int i = 0; i < 2000; i++) {
        add("x", true);
        struct event_list *l = event_log_list(event_log);
        event_list_unref(l);
    }
    pthread_join(t, &failed);
    assert_null(failed);
    assert_int_equal(event_log_sent(event_log), 2000);
    close_log();
    open_store();
}

static void types_have_names(void **state)
{
    for (int i = 1; i <= EVENT_TYPE_LAST; i++)
        assert_non_null(event_type_name((enum event_type)i));
    assert_null(event_type_name((enum event_type)0));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(crc), T(written_is_read), T(damaged_goes_aside_and_the_backup_serves), T(damaged_both), T(newer_is_left_alone),
        T(posted_is_written_newest_wins), T(one_agent_per_directory), T(four_threads),
        T(what_comes_during_a_failing_round_is_tried_at_once), T(stopped_store_can_still_be_called),
        T(what_is_told_as_late_and_not_begun_is_withdrawn), T(events_survive),
        T(clock_steps_keep_the_order), T(more_than_the_ring), T(torn_and_damaged_journal),
        T(an_unreadable_journal_uses_no_number_again), T(silence),
        T(taken_in_order_by_another_thread), T(types_have_names),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
