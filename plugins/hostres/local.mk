# plugins/hostres: everything but *_plugin.c is a library that tests and fuzz targets link too.
noinst_LTLIBRARIES += libhostres.la
libhostres_la_SOURCES = \
	%D%/cadence.h %D%/clock.h %D%/complain.c %D%/complain.h %D%/cpustat.c %D%/cpustat.h %D%/dispatch.h %D%/iftrack.c %D%/iftrack.h \
	%D%/loadavg.c %D%/loadavg.h %D%/match.c %D%/match.h %D%/meminfo.c %D%/meminfo.h %D%/meter.h \
	%D%/netdev.c %D%/netdev.h %D%/net_source.c %D%/net_source.h %D%/options.h %D%/peaks.c %D%/peaks.h \
	%D%/pressure.c %D%/pressure.h %D%/procfile.c %D%/procfile.h %D%/report.c %D%/report.h \
	%D%/report_host.c %D%/report_host.h %D%/report_net.c %D%/report_net.h \
	%D%/rtmsg.c %D%/rtmsg.h %D%/rtnl.c %D%/rtnl.h %D%/sampler.c %D%/sampler.h %D%/scan.h \
	%D%/snapshot.c %D%/snapshot.h %D%/speed.c %D%/speed.h
libhostres_la_LIBADD = libcommon.la -lm

collectdplugin_LTLIBRARIES += hostres.la
hostres_la_SOURCES = %D%/hostres_plugin.c %D%/dispatch_plugin.c
hostres_la_CPPFLAGS = $(AM_CPPFLAGS) $(COLLECTD_CPPFLAGS)
hostres_la_LDFLAGS = $(plugin_ldflags)
hostres_la_LIBADD = libhostres.la

dist_man_MANS += %D%/collectd-hostres.5

unit_tests += tests/unit/test_hostres_parse tests/unit/test_hostres_rtmsg tests/unit/test_hostres_peaks \
	tests/unit/test_hostres_track tests/unit/test_hostres_source tests/unit/test_hostres_report \
	tests/unit/test_hostres_churn
thread_tests += tests/unit/test_hostres_source tests/unit/test_hostres_report
tests_unit_test_hostres_parse_SOURCES = tests/unit/test_hostres_parse.c tests/unit/hostres_data.h
tests_unit_test_hostres_parse_LDADD = libhostres.la $(CMOCKA_LIBS)
tests_unit_test_hostres_rtmsg_SOURCES = tests/unit/test_hostres_rtmsg.c
tests_unit_test_hostres_rtmsg_LDADD = libhostres.la $(CMOCKA_LIBS)
tests_unit_test_hostres_peaks_SOURCES = tests/unit/test_hostres_peaks.c
tests_unit_test_hostres_peaks_LDADD = libhostres.la $(CMOCKA_LIBS)
tests_unit_test_hostres_track_SOURCES = tests/unit/test_hostres_track.c
tests_unit_test_hostres_track_LDADD = libhostres.la $(CMOCKA_LIBS)
tests_unit_test_hostres_source_SOURCES = tests/unit/test_hostres_source.c
tests_unit_test_hostres_source_LDADD = libhostres.la $(CMOCKA_LIBS)
tests_unit_test_hostres_churn_SOURCES = tests/unit/test_hostres_churn.c
tests_unit_test_hostres_churn_LDADD = libhostres.la $(CMOCKA_LIBS)
tests_unit_test_hostres_report_SOURCES = tests/unit/test_hostres_report.c tests/unit/hostres_data.h
tests_unit_test_hostres_report_LDADD = libhostres.la $(CMOCKA_LIBS)

fuzz_targets += tests/fuzz/fuzz_hostres_netdev \
	tests/fuzz/fuzz_hostres_meminfo \
	tests/fuzz/fuzz_hostres_loadavg \
	tests/fuzz/fuzz_hostres_cpustat \
	tests/fuzz/fuzz_hostres_pressure \
	tests/fuzz/fuzz_hostres_speed \
	tests/fuzz/fuzz_hostres_rtmsg
tests_fuzz_fuzz_hostres_netdev_SOURCES = tests/fuzz/fuzz_hostres_netdev.c tests/fuzz/fuzz_hostres.h
tests_fuzz_fuzz_hostres_netdev_LDADD = libhostres.la
tests_fuzz_fuzz_hostres_netdev_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hostres_meminfo_SOURCES = tests/fuzz/fuzz_hostres_meminfo.c tests/fuzz/fuzz_hostres.h
tests_fuzz_fuzz_hostres_meminfo_LDADD = libhostres.la
tests_fuzz_fuzz_hostres_meminfo_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hostres_loadavg_SOURCES = tests/fuzz/fuzz_hostres_loadavg.c tests/fuzz/fuzz_hostres.h
tests_fuzz_fuzz_hostres_loadavg_LDADD = libhostres.la
tests_fuzz_fuzz_hostres_loadavg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hostres_cpustat_SOURCES = tests/fuzz/fuzz_hostres_cpustat.c tests/fuzz/fuzz_hostres.h
tests_fuzz_fuzz_hostres_cpustat_LDADD = libhostres.la
tests_fuzz_fuzz_hostres_cpustat_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hostres_pressure_SOURCES = tests/fuzz/fuzz_hostres_pressure.c tests/fuzz/fuzz_hostres.h
tests_fuzz_fuzz_hostres_pressure_LDADD = libhostres.la
tests_fuzz_fuzz_hostres_pressure_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hostres_speed_SOURCES = tests/fuzz/fuzz_hostres_speed.c tests/fuzz/fuzz_hostres.h
tests_fuzz_fuzz_hostres_speed_LDADD = libhostres.la
tests_fuzz_fuzz_hostres_speed_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hostres_rtmsg_SOURCES = tests/fuzz/fuzz_hostres_rtmsg.c tests/fuzz/fuzz_hostres.h
tests_fuzz_fuzz_hostres_rtmsg_LDADD = libhostres.la
tests_fuzz_fuzz_hostres_rtmsg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

bats_tests += tests/integration/hostres.bats tests/integration/hostres_net.bats
EXTRA_DIST += tests/integration/hostres.bash tests/integration/hostres_agree.py tests/integration/hostres_burst.py
