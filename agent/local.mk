# agent: scalemond. Everything but main() is in one library, so that tests link the same objects.
noinst_LTLIBRARIES += libagent.la
libagent_la_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) $(INIH_CFLAGS) $(SECCOMP_CFLAGS) $(SYSTEMD_CFLAGS)
libagent_la_SOURCES =
libagent_la_LIBADD = libcommon.la $(EVENT_LIBS) $(JANSSON_LIBS) $(INIH_LIBS) $(SECCOMP_LIBS) $(SYSTEMD_LIBS) -lm

# what looks at collectd, and what is kept on disk
libagent_la_SOURCES += \
	%D%/announce.c %D%/announce.h \
	%D%/clock.h \
	%D%/eperf_rows.c %D%/eperf_rows.h \
	%D%/event.c %D%/event.h %D%/event_inner.h %D%/event_journal.c %D%/event_log.c \
	%D%/feed.c %D%/feed.h %D%/feed_inner.h %D%/feed_answers.c %D%/feed_requests.c \
	%D%/host.c %D%/host.h %D%/host_kernel.c %D%/host_kernel.h \
	%D%/limit.c %D%/limit.h \
	%D%/limits.c %D%/limits.h %D%/limits_inner.h %D%/limits_keep.c %D%/limits_tell.c \
	%D%/metric_spec.c %D%/metric_spec.h \
	%D%/metrics.c %D%/metrics.h %D%/metrics_inner.h %D%/metrics_read.c \
	%D%/monitor.c %D%/monitor.h \
	%D%/own_host.c %D%/selectors.c \
	%D%/puts.c %D%/puts.h \
	%D%/store.c %D%/store.h %D%/store_inner.h %D%/store_journal.c \
	%D%/store_file.c %D%/store_file.h %D%/store_thread.c \
	%D%/unixsock.c %D%/unixsock.h

unit_tests += tests/unit/test_unixsock tests/unit/test_metrics tests/unit/test_limit tests/unit/test_limits
tests_unit_test_unixsock_SOURCES = tests/unit/test_unixsock.c
tests_unit_test_unixsock_LDADD = libagent.la $(CMOCKA_LIBS)
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c
tests_unit_test_metrics_LDADD = libagent.la $(CMOCKA_LIBS)
tests_unit_test_limit_SOURCES = tests/unit/test_limit.c
tests_unit_test_limit_LDADD = libagent.la $(CMOCKA_LIBS)
tests_unit_test_limits_SOURCES = tests/unit/test_limits.c
tests_unit_test_limits_LDADD = libagent.la $(CMOCKA_LIBS)

bats_tests += tests/integration/eperf_rows.bats tests/integration/feed.bats tests/integration/limit.bats tests/integration/pool.bats \
	tests/integration/store.bats
EXTRA_DIST += tests/integration/unixsock.py tests/integration/fill_collectd.py tests/integration/power_cuts.sh
check_PROGRAMS += tests/integration/store_driver
tests_integration_store_driver_SOURCES = tests/integration/store_driver.c
tests_integration_store_driver_LDADD = libagent.la

unit_tests += tests/unit/test_announce tests/unit/test_eperf_rows tests/unit/test_host tests/unit/test_store
tests_unit_test_announce_SOURCES = tests/unit/test_announce.c
tests_unit_test_announce_LDADD = libagent.la $(CMOCKA_LIBS)
tests_unit_test_eperf_rows_SOURCES = tests/unit/test_eperf_rows.c
tests_unit_test_eperf_rows_LDADD = libagent.la $(CMOCKA_LIBS)
tests_unit_test_host_SOURCES = tests/unit/test_host.c
tests_unit_test_host_LDADD = libagent.la $(CMOCKA_LIBS)
thread_tests += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c
tests_unit_test_store_LDADD = libagent.la $(CMOCKA_LIBS)

# not tests: print what a round costs
check_PROGRAMS += tests/bench/agent/feed_bench tests/bench/agent/limits_bench
tests_bench_agent_feed_bench_SOURCES = tests/bench/agent/feed_bench.c
tests_bench_agent_feed_bench_LDADD = libagent.la
tests_bench_agent_limits_bench_SOURCES = tests/bench/agent/limits_bench.c
tests_bench_agent_limits_bench_LDADD = libagent.la

fuzz_targets += tests/fuzz/fuzz_unixsock tests/fuzz/fuzz_metric_spec tests/fuzz/fuzz_store
tests_fuzz_fuzz_unixsock_SOURCES = tests/fuzz/fuzz_unixsock.c
tests_fuzz_fuzz_unixsock_LDADD = libagent.la
tests_fuzz_fuzz_unixsock_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_metric_spec_SOURCES = tests/fuzz/fuzz_metric_spec.c
tests_fuzz_fuzz_metric_spec_LDADD = libagent.la
tests_fuzz_fuzz_metric_spec_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_store_SOURCES = tests/fuzz/fuzz_store.c
tests_fuzz_fuzz_store_LDADD = libagent.la
tests_fuzz_fuzz_store_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# the privileged parent: what there is to audit
libagent_la_SOURCES += \
	%D%/dirs.c %D%/dirs.h \
	%D%/keeper.c %D%/keeper.h \
	%D%/output.c %D%/output.h \
	%D%/procs.c %D%/procs.h \
	%D%/runner.c %D%/runner.h \
	%D%/runner_msg.c %D%/runner_msg.h \
	%D%/runs.c %D%/runs.h \
	%D%/script.c %D%/script.h \
	%D%/systemd.c %D%/systemd.h

# what the agent gives up; each file can be left out
libagent_la_SOURCES += %D%/landlock.c %D%/privileges.c %D%/sandbox.h %D%/seccomp.c

# the composition, its configuration, and portals
libagent_la_SOURCES += \
	%D%/agent.c %D%/agent.h %D%/agent_inner.h %D%/agent_state.c \
	%D%/config.c %D%/config.h %D%/config_inner.h %D%/config_section.c \
	%D%/config_value.c %D%/config_value.h \
	%D%/log.c %D%/log.h \
	%D%/portal.c %D%/portal.h %D%/portal_text.c \
	%D%/portals.c %D%/portals.h %D%/portals_inner.h %D%/portals_keep.c

unit_tests += tests/unit/test_agent_state
tests_unit_test_agent_state_SOURCES = tests/unit/test_agent_state.c
tests_unit_test_agent_state_LDADD = libagent.la $(CMOCKA_LIBS)

unit_tests += tests/unit/test_runner_msg
tests_unit_test_runner_msg_SOURCES = tests/unit/test_runner_msg.c
tests_unit_test_runner_msg_LDADD = libagent.la $(CMOCKA_LIBS)

unit_tests += tests/unit/test_sandbox
tests_unit_test_sandbox_SOURCES = tests/unit/test_sandbox.c
tests_unit_test_sandbox_LDADD = libagent.la $(CMOCKA_LIBS)

fuzz_targets += tests/fuzz/fuzz_scalemond_config tests/fuzz/fuzz_script_table tests/fuzz/fuzz_runner_msg
tests_fuzz_fuzz_scalemond_config_SOURCES = tests/fuzz/fuzz_scalemond_config.c
tests_fuzz_fuzz_scalemond_config_LDADD = libagent.la
tests_fuzz_fuzz_scalemond_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_script_table_SOURCES = tests/fuzz/fuzz_script_table.c
tests_fuzz_fuzz_script_table_LDADD = libagent.la
tests_fuzz_fuzz_script_table_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_runner_msg_SOURCES = tests/fuzz/fuzz_runner_msg.c
tests_fuzz_fuzz_runner_msg_LDADD = libagent.la
tests_fuzz_fuzz_runner_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# the runner alone, with an agent that a shell script speaks through
check_PROGRAMS += tests/integration/runner_driver
tests_integration_runner_driver_SOURCES = tests/integration/runner_driver.c
tests_integration_runner_driver_LDADD = libagent.la

unit_tests += tests/unit/test_portal
tests_unit_test_portal_SOURCES = tests/unit/test_portal.c
tests_unit_test_portal_LDADD = libagent.la $(CMOCKA_LIBS)

unit_tests += tests/unit/test_config
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_LDADD = libagent.la $(CMOCKA_LIBS)

# SCALEMON-MIB: the table engine and its tables, settings and views (no net-snmp), and the AgentX thread (all of net-snmp)
libagent_la_SOURCES += \
	%D%/agentx.c %D%/agentx.h \
	%D%/agentx_notify.c %D%/agentx_notify.h \
	%D%/agentx_reach.c %D%/agentx_reach.h \
	%D%/agentx_read.c %D%/agentx_read.h \
	%D%/agentx_serve.c %D%/agentx_serve.h \
	%D%/agentx_varbind.c %D%/agentx_varbind.h \
	%D%/mib.c %D%/mib.h %D%/mib_agent.c %D%/mib_event.c %D%/mib_limit.c %D%/mib_portal.c \
	%D%/notify.c %D%/notify.h \
	%D%/settings.c %D%/settings.h %D%/settings_hub.c %D%/settings_inner.h %D%/settings_json.c \
	%D%/table.c %D%/table.h %D%/table_set.c %D%/table_value.c \
	%D%/transaction.c %D%/transaction.h \
	%D%/view.c %D%/view.h %D%/view_text.c
libagent_la_CFLAGS += $(NETSNMP_AGENT_CFLAGS)
libagent_la_LIBADD += $(NETSNMP_AGENT_LIBS)

# the AgentX thread alone, with an invented world that a shell script speaks to
check_PROGRAMS += tests/integration/agentx_driver
tests_integration_agentx_driver_SOURCES = tests/integration/agentx_driver.c
tests_integration_agentx_driver_CFLAGS = $(AM_CFLAGS)
tests_integration_agentx_driver_LDADD = libagent.la

sbin_PROGRAMS += scalemond
scalemond_SOURCES = %D%/main.c
scalemond_LDADD = libagent.la

bats_tests += tests/integration/scalemond.bats tests/integration/runner.bats
EXTRA_DIST += tests/integration/agent.bash tests/integration/snmp_get_times.py tests/integration/loop_stall.py

unit_tests += tests/unit/test_mib
tests_unit_test_mib_SOURCES = tests/unit/test_mib.c
tests_unit_test_mib_LDADD = libagent.la $(CMOCKA_LIBS)

unit_tests += tests/unit/test_view
thread_tests += tests/unit/test_view
tests_unit_test_view_SOURCES = tests/unit/test_view.c
tests_unit_test_view_LDADD = libagent.la $(CMOCKA_LIBS)

unit_tests += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c
tests_unit_test_settings_LDADD = libagent.la $(CMOCKA_LIBS)

fuzz_targets += tests/fuzz/fuzz_mib tests/fuzz/fuzz_settings
tests_fuzz_fuzz_mib_SOURCES = tests/fuzz/fuzz_mib.c
tests_fuzz_fuzz_mib_LDADD = libagent.la
tests_fuzz_fuzz_mib_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c
tests_fuzz_fuzz_settings_LDADD = libagent.la
tests_fuzz_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

bats_tests += tests/integration/agentx.bats
EXTRA_DIST += tests/integration/agentx_storm.py tests/integration/snmp_raw.py

dist_man_MANS += %D%/scalemond.8 %D%/scalemond.conf.5
bats_tests += tests/integration/scalemond_portal.bats tests/integration/scalemond_ship.bats

bats_tests += tests/integration/mib.bats tests/integration/hang.bats
EXTRA_DIST += tests/integration/limit_sets.py tests/integration/mib_model.py tests/integration/mib_odd.py

# where loop, AgentX thread and store meet: SETs by the hundred, bursts of events, a snmpd that goes or hangs, kills
thread_tests += tests/integration/scalemond.bats tests/integration/agentx.bats tests/integration/mib.bats \
	tests/integration/hang.bats tests/integration/console_events.bats tests/integration/eperf_rows.bats
