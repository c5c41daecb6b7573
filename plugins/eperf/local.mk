# eperf: the engine (libeperf.la: no collectd, no globals, no signals, no exit) and the command
noinst_LTLIBRARIES += libeperf.la
libeperf_la_SOURCES = %D%/eperf.h %D%/params.c %D%/params.h %D%/control.c %D%/control.h %D%/session.c %D%/session_io.c %D%/session.h \
	%D%/stream.c %D%/payload.c %D%/tcp.c %D%/tcp.h %D%/tcp_send.c %D%/udp.c %D%/udp_send.c %D%/udp.h %D%/datagram.c %D%/datagram.h %D%/sample.c %D%/results.c %D%/net.c %D%/net.h \
	%D%/resolve.c %D%/client.c %D%/server.c %D%/server_open.c %D%/server_udp.c %D%/tests.c %D%/server.h %D%/servertest.c %D%/server_policy.c %D%/report_json.c
libeperf_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libeperf_la_LIBADD = libcommon.la $(JANSSON_LIBS)

bin_PROGRAMS += eperf
eperf_SOURCES = %D%/cmd.c %D%/cmd.h %D%/cmd_options.c %D%/cmd_text.c %D%/cmd_trigger.c
eperf_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
eperf_LDADD = libeperfrun.la $(JANSSON_LIBS)

dist_man_MANS += %D%/eperf.1

# A server as a service of its own (for one inside collectd see collectd-eperf(5)).
systemdsystemunit_DATA += contrib/systemd/eperf.service
CLEANFILES += contrib/systemd/eperf.service
EXTRA_DIST += contrib/systemd/eperf.service.in
contrib/systemd/eperf.service: contrib/systemd/eperf.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@bindir[@]|$(bindir)|' $(srcdir)/contrib/systemd/eperf.service.in >$@.tmp && mv $@.tmp $@

eperf_units = tests/unit/test_eperf_control tests/unit/test_eperf_params tests/unit/test_eperf_datagram \
	tests/unit/test_eperf_net tests/unit/test_eperf_exchange tests/unit/test_eperf_sample tests/unit/test_eperf_session
unit_tests += $(eperf_units)
thread_tests += tests/unit/test_eperf_session
tests_unit_test_eperf_control_SOURCES = tests/unit/test_eperf_control.c
tests_unit_test_eperf_control_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_control_LDADD = libeperf.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_eperf_params_SOURCES = tests/unit/test_eperf_params.c
tests_unit_test_eperf_params_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_params_LDADD = libeperf.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_eperf_datagram_SOURCES = tests/unit/test_eperf_datagram.c
tests_unit_test_eperf_datagram_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_datagram_LDADD = libeperf.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_eperf_net_SOURCES = tests/unit/test_eperf_net.c
tests_unit_test_eperf_net_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_net_LDADD = libeperf.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_eperf_exchange_SOURCES = tests/unit/test_eperf_exchange.c
tests_unit_test_eperf_exchange_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_exchange_LDADD = libeperf.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_eperf_sample_SOURCES = tests/unit/test_eperf_sample.c
tests_unit_test_eperf_sample_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_sample_LDADD = libeperf.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_eperf_session_SOURCES = tests/unit/test_eperf_session.c
tests_unit_test_eperf_session_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_session_LDADD = libeperf.la $(JANSSON_LIBS) $(CMOCKA_LIBS)

fuzz_targets += tests/fuzz/fuzz_eperf_control tests/fuzz/fuzz_eperf_params tests/fuzz/fuzz_eperf_results \
	tests/fuzz/fuzz_eperf_datagram
tests_fuzz_fuzz_eperf_control_SOURCES = tests/fuzz/fuzz_eperf_control.c
tests_fuzz_fuzz_eperf_control_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_eperf_control_LDADD = libeperf.la $(JANSSON_LIBS)
tests_fuzz_fuzz_eperf_control_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_eperf_params_SOURCES = tests/fuzz/fuzz_eperf_params.c
tests_fuzz_fuzz_eperf_params_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_eperf_params_LDADD = libeperf.la $(JANSSON_LIBS)
tests_fuzz_fuzz_eperf_params_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_eperf_results_SOURCES = tests/fuzz/fuzz_eperf_results.c
tests_fuzz_fuzz_eperf_results_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_eperf_results_LDADD = libeperf.la $(JANSSON_LIBS)
tests_fuzz_fuzz_eperf_results_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_eperf_datagram_SOURCES = tests/fuzz/fuzz_eperf_datagram.c
tests_fuzz_fuzz_eperf_datagram_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_eperf_datagram_LDADD = libeperf.la $(JANSSON_LIBS)
tests_fuzz_fuzz_eperf_datagram_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# The plugin: when tests run and what becomes of them (libeperfrun.la: no collectd), and the one file that knows collectd.
noinst_LTLIBRARIES += libeperfrun.la
libeperfrun_la_SOURCES = %D%/sched.c %D%/sched.h %D%/config.c %D%/config_blocks.c %D%/config_value.c %D%/config.h %D%/config_reader.h \
	%D%/result_file.c %D%/result_file.h \
	%D%/runner.c %D%/runner.h %D%/run.c %D%/run.h %D%/measure.c %D%/measure.h %D%/clock.h %D%/serve.c %D%/serve.h %D%/trigger.c %D%/trigger.h
libeperfrun_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libeperfrun_la_LIBADD = libeperf.la

collectdplugin_LTLIBRARIES += eperf.la
eperf_la_SOURCES = %D%/eperf_plugin.c
eperf_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(COLLECTD_CPPFLAGS)
eperf_la_LDFLAGS = $(plugin_ldflags)
eperf_la_LIBADD = libeperfrun.la

unit_tests += tests/unit/test_eperf_sched tests/unit/test_eperf_config tests/unit/test_eperf_result \
	tests/unit/test_eperf_runner
thread_tests += tests/unit/test_eperf_result tests/unit/test_eperf_runner
tests_unit_test_eperf_runner_SOURCES = tests/unit/test_eperf_runner.c
tests_unit_test_eperf_runner_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_runner_LDADD = libeperfrun.la $(CMOCKA_LIBS)
tests_unit_test_eperf_sched_SOURCES = tests/unit/test_eperf_sched.c
tests_unit_test_eperf_sched_LDADD = libeperfrun.la $(CMOCKA_LIBS)
tests_unit_test_eperf_config_SOURCES = tests/unit/test_eperf_config.c
tests_unit_test_eperf_config_LDADD = libeperfrun.la $(CMOCKA_LIBS)
tests_unit_test_eperf_result_SOURCES = tests/unit/test_eperf_result.c
tests_unit_test_eperf_result_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_eperf_result_LDADD = libeperfrun.la $(CMOCKA_LIBS)

bats_tests += tests/integration/eperf_command.bats tests/integration/eperf_interop.bats tests/integration/eperf_hostile.bats \
	tests/integration/eperf_truth.bats tests/integration/eperf_plugin.bats
EXTRA_DIST += tests/integration/eperf.bash tests/integration/hostile.py tests/integration/iperf_agree.py \
	tests/integration/eperf_truth.py

dist_man_MANS += %D%/collectd-eperf.5
bats_tests += tests/integration/eperf_server.bats tests/integration/eperf_sender.bats
